package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// natsService is a NATS server. A request is one that another client answers.
var natsService = service{name: "NATS", serve: serveNATS, dial: dialNATS}

func serveNATS(_ context.Context, dir string) (string, func(), error) {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoLog: true, NoSigs: true, StoreDir: dir})
	if err != nil {
		return "", nil, err
	}
	go s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		return "", nil, errors.New("the server is not ready after 10s")
	}
	return s.ClientURL(), s.Shutdown, nil
}

func dialNATS(addr string) (func(context.Context, int) error, func(), error) {
	answers, err := nats.Connect(addr)
	if err != nil {
		return nil, nil, err
	}
	asks, err := nats.Connect(addr)
	if err != nil {
		return nil, nil, err
	}
	subject := nats.NewInbox()
	if _, err := answers.Subscribe(subject, func(m *nats.Msg) { _ = m.Respond(m.Data) }); err != nil {
		return nil, nil, err
	}
	request := func(ctx context.Context, n int) error {
		_, err := asks.RequestWithContext(ctx, subject, fmt.Appendf(nil, "request %d", n))
		return err
	}
	return request, func() { asks.Close(); answers.Close() }, answers.Flush()
}
