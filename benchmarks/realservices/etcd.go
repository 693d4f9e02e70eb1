package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
)

// etcdService is a cluster of one member. Of ten requests one writes.
var etcdService = service{name: "etcd", serve: serveEtcd, dial: dialEtcd}

func serveEtcd(ctx context.Context, dir string) (string, func(), error) {
	config := embed.NewConfig()
	config.Dir, config.LogLevel, config.UnsafeNoFsync = dir, "error", true // the disk is not what is measured
	local := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{local}, []url.URL{local}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{local}, []url.URL{local}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	member, err := embed.StartEtcd(config)
	if err != nil {
		return "", nil, err
	}
	select {
	case <-member.Server.ReadyNotify():
		return member.Clients[0].Addr().String(), member.Close, nil
	case <-ctx.Done():
		return "", nil, ctx.Err()
	case <-time.After(20 * time.Second):
		return "", nil, errors.New("the member is not ready after 20s")
	}
}

func dialEtcd(addr string) (func(context.Context, int) error, func(), error) {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{addr}, DialTimeout: 10 * time.Second})
	if err != nil {
		return nil, nil, err
	}
	request := func(ctx context.Context, n int) error {
		key := fmt.Sprintf("key %d", n%1000)
		if n%10 == 0 {
			_, err := client.Put(ctx, key, "the value of a key")
			return err
		}
		_, err := client.Get(ctx, key)
		return err
	}
	return request, func() { _ = client.Close() }, nil
}
