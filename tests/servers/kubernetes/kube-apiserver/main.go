// kube-apiserver with an etcd of its own in the same process, for tests: one binary, one process, loopback only.
//
//	kube-apiserver --embedded-etcd=DIR [any flag of kube-apiserver except --etcd-servers]
package main

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

const flag = "--embedded-etcd="

// startEtcd serves a single-member etcd from dir and returns the URL that clients reach it by.
func startEtcd(dir string) (string, error) {
	loopback := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	config := embed.NewConfig()
	config.Dir = dir
	config.ListenClientUrls, config.AdvertiseClientUrls = loopback, loopback
	config.ListenPeerUrls, config.AdvertisePeerUrls = loopback, loopback
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.UnsafeNoFsync = true
	config.LogLevel = "error"
	server, err := embed.StartEtcd(config)
	if err != nil {
		return "", err
	}
	select {
	case <-server.Server.ReadyNotify():
		return "http://" + server.Clients[0].Addr().String(), nil
	case err := <-server.Err():
		return "", err
	case <-time.After(30 * time.Second):
		server.Close()
		return "", fmt.Errorf("etcd was not ready after 30 s")
	}
}

func main() {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], flag) {
		endpoint, err := startEtcd(strings.TrimPrefix(os.Args[1], flag))
		if err != nil {
			fmt.Fprintln(os.Stderr, "embedded etcd:", err)
			os.Exit(1)
		}
		os.Args[1] = "--etcd-servers=" + endpoint
	}
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
