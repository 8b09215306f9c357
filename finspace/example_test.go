package finspace_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/quoinhq/quoin/finspace"
)

// newClient is configured as other AWS tools are.
func newClient() (*finspace.Client, error) {
	cfg, err := finspace.LoadConfig("")
	if err != nil {
		return nil, err
	}
	return finspace.New(cfg)
}

func ExampleClient_UpdateKxUser() {
	client, err := newClient()
	if err != nil {
		log.Fatal(err)
	}
	out, err := client.UpdateKxUser(context.Background(), &finspace.UpdateKxUserInput{
		EnvironmentId: new("jlcenjvtkgzrdek2qqv7ic"),
		UserName:      new("bob"),
		IamRole:       new("arn:aws:iam::123456789012:role/trader"),
	})
	var missing *finspace.ResourceNotFoundException
	switch {
	case errors.As(err, &missing):
		fmt.Println("there is no bob:", missing.Message)
	case err != nil:
		log.Fatal(err)
	default:
		fmt.Println(*out.UserArn, "connects as", *out.IamRole)
	}
}

func ExampleClient_KxUsers() {
	client, err := newClient()
	if err != nil {
		log.Fatal(err)
	}
	for user, err := range client.KxUsers(context.Background(), &finspace.ListKxUsersInput{
		EnvironmentId: new("jlcenjvtkgzrdek2qqv7ic"),
	}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(*user.UserName, *user.IamRole)
	}
}

func ExampleClient_WaitKxCluster() {
	client, err := newClient()
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.WaitKxCluster(context.Background(), &finspace.GetKxClusterInput{
		EnvironmentId: new("jlcenjvtkgzrdek2qqv7ic"),
		ClusterName:   new("hdb"),
	}, finspace.KxClusterStatusRunning)
	var failed *finspace.WaitError
	if errors.As(err, &failed) {
		fmt.Println("the cluster did not start:", failed.Reason)
	}
}
