package main

import (
	"context"
	"io"
	"net"
	"net/http"
)

// floor is the least that a server on net/http can do for a call: it reads the
// request and answers as many bytes as GetKxUser does, without looking at
// either. What a call costs beyond it is ours.
type floor struct {
	server http.Server
	lis    net.Listener
	served chan error
}

// opFloor stands for the floor among the operations that are measured.
const opFloor = "net/http alone"

func newFloor() (*floor, error) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &floor{lis: lis, served: make(chan error, 1)}
	f.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return // the connection is gone
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(floorReply) // as above
	})
	go func() { f.served <- f.server.Serve(lis) }()
	return f, nil
}

var floorReply = []byte(`{"userName":"user-000000","userArn":"arn:aws:finspace:us-east-1:123456789012:kxEnvironment/abcdefghijklmnopqrstuvwxyz/kxUser/user-000000","environmentId":"abcdefghijklmnopqrstuvwxyz","iamRole":"arn:aws:iam::123456789012:role/a"}`)

func (f *floor) addr() string { return f.lis.Addr().String() }

func (f *floor) close() error {
	err := f.server.Shutdown(context.Background())
	<-f.served
	return err
}
