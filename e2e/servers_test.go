package e2e

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// servers are the simulator, an etcd, and the API server in front of it.
type servers struct {
	running  []*process
	sim      string // URL
	endpoint string // URL of the API server
	ca       []byte // PEM
	master   string // a token of system:masters, for what tests need done in Kubernetes
}

// The cluster all of this is about.
const (
	account     = "111122223333"
	region      = "eu-west-1"
	clusterName = "prod"
	clusterARN  = "arn:aws:eks:" + region + ":" + account + ":cluster/" + clusterName
)

func (s *servers) stop() {
	for _, p := range s.running {
		p.stop()
	}
}

func (s *servers) start(name, log, program string, args ...string) (*process, error) {
	p, err := start(log, program, args...)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	s.running = append([]*process{p}, s.running...)
	return p, nil
}

// startServers starts all three. dir is for their files.
func startServers(t tools, dir string) (*servers, error) {
	s := &servers{}
	for _, f := range []func(tools, string) error{s.startSim, s.startKubernetes} {
		if err := f(t, dir); err != nil {
			s.stop()
			return nil, err
		}
	}
	return s, nil
}

func (s *servers) startSim(t tools, dir string) error {
	file := filepath.Join(dir, "sim-url")
	p, err := s.start(
		"the simulator",
		filepath.Join(dir, "ekssim.log"),
		filepath.Join(t.bin, "ekssim"),
		"-url-file",
		file,
	)
	if err != nil {
		return err
	}
	return p.until(20*time.Second, func() bool {
		data, err := os.ReadFile(file)
		s.sim = strings.TrimSpace(string(data))
		return err == nil && s.sim != ""
	})
}

func (s *servers) startKubernetes(t tools, dir string) error {
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	etcd, peer := fmt.Sprintf("http://127.0.0.1:%d", ports[0]), fmt.Sprintf("http://127.0.0.1:%d", ports[1])
	store, err := s.start(
		"etcd",
		filepath.Join(dir, "etcd.log"),
		t.etcd,
		"--data-dir="+filepath.Join(dir, "etcd"),
		"--unsafe-no-fsync",
		"--listen-client-urls="+etcd,
		"--advertise-client-urls="+etcd,
		"--listen-peer-urls="+peer,
		"--initial-advertise-peer-urls="+peer,
		"--initial-cluster=default="+peer,
	)
	if err != nil {
		return err
	}
	if err := store.until(time.Minute, func() bool { return answers(http.DefaultClient, etcd+"/health") }); err != nil {
		return err
	}

	key := filepath.Join(dir, "service-account.key")
	if err := writeKey(key); err != nil {
		return err
	}
	// The address gets ?timeout=30s behind it by the API server.
	hooks := map[string]string{}
	for _, name := range []string{"authenticate", "authorize"} {
		hooks[name] = filepath.Join(dir, name+".yaml")
		config := fmt.Sprintf(
			"apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n"+
				"users: [{name: x}]\nclusters: [{name: x, cluster: {server: %q}}]\n",
			s.sim+"/_webhook/"+account+"/"+region+"/"+clusterName+"/"+name,
		)
		if err := os.WriteFile(hooks[name], []byte(config), 0o600); err != nil {
			return err
		}
	}
	s.master = rand.Text()
	tokens := filepath.Join(dir, "tokens.csv")
	if err := os.WriteFile(tokens, []byte(s.master+`,master,master,"system:masters"`+"\n"), 0o600); err != nil {
		return err
	}
	s.endpoint = fmt.Sprintf("https://127.0.0.1:%d", ports[2])
	api, err := s.start(
		"the API server",
		filepath.Join(dir, "kube-apiserver.log"),
		t.apiserver,
		"--etcd-servers="+etcd,
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", ports[2]),
		"--cert-dir="+filepath.Join(
			dir,
			"certificates",
		),
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=10.0.0.0/24",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file="+key,
		"--service-account-signing-key-file="+key,
		"--token-auth-file="+tokens,
		"--authentication-token-webhook-version=v1",
		"--authentication-token-webhook-config-file="+hooks["authenticate"],
		"--authentication-token-webhook-cache-ttl=10ms",
		"--authorization-mode=Webhook,RBAC",
		"--authorization-webhook-version=v1",
		"--authorization-webhook-config-file="+hooks["authorize"],
		"--authorization-webhook-cache-authorized-ttl=10ms",
		"--authorization-webhook-cache-unauthorized-ttl=10ms",
	)
	if err != nil {
		return err
	}
	return api.until(2*time.Minute, func() bool {
		ca, err := os.ReadFile(filepath.Join(dir, "certificates", "apiserver.crt"))
		if err != nil {
			return false
		}
		s.ca = ca
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(ca)
		client := &http.Client{
			Timeout:   5 * time.Second,
			Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pool}},
		}
		return answers(client, s.endpoint+"/readyz")
	})
}

func answers(c *http.Client, url string) bool {
	res, err := c.Get(url)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// writeKey makes the key service accounts' tokens are signed with, which an
// API server does not start without.
func writeKey(file string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	return os.WriteFile(
		file,
		pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
		0o600,
	)
}
