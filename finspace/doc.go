// Package finspace is the managed-kdb API (service finspace, version
// 2021-03-12) in Go: the inputs and outputs of its 50 operations, its errors,
// the schema that describes them, and a client.
//
//	cfg, err := finspace.LoadConfig("")
//	…
//	client, err := finspace.New(cfg)
//	…
//	out, err := client.UpdateKxUser(ctx, &finspace.UpdateKxUserInput{
//		EnvironmentId: new("jlcenjvtkgzrdek2qqv7ic"),
//		UserName:      new("bob"),
//		IamRole:       new("arn:aws:iam::123456789012:role/trader"),
//	})
//
// In inputs and outputs scalars are pointers, nil when absent; an enum is
// absent when empty; lists and maps are absent when nil.
//
// The files whose names begin with zz are generated from the service's model.
package finspace

//go:generate go run -C ../internal/apigen . -root ../..
