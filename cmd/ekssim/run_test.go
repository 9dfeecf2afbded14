package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// serving runs the command until stop is called, which gives its exit code.
func serving(t *testing.T, args ...string) (url string, stop func() int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "url")
	ctx, cancel := context.WithCancel(context.Background())
	var out, errs bytes.Buffer
	code := make(chan int, 1)
	go func() { code <- run(ctx, &out, &errs, append(args, "-url-file", file)) }()
	stop = func() int {
		cancel()
		select {
		case c := <-code:
			code <- c
			if c != 0 {
				t.Log(errs.String())
			}
			return c
		case <-time.After(10 * time.Second):
			t.Fatal("does not end")
			return -1
		}
	}
	t.Cleanup(func() { stop() })
	for range 500 {
		if data, err := os.ReadFile(file); err == nil {
			return strings.TrimSpace(string(data)), stop
		}
		select {
		case c := <-code:
			code <- c
			t.Fatalf("ended with %d: %s", c, errs.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatal("no URL")
	return "", nil
}

func ask(t *testing.T, method, url, body string) string {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(
		"Authorization",
		"AWS4-HMAC-SHA256 Credential=AKIADEMOPLATFORM/20260501/eu-west-1/eks/aws4_request, Signature=0",
	)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode >= 300 {
		t.Errorf("%s %s: %d %s", method, url, res.StatusCode, data)
	}
	return string(data)
}

// The clock of AWS can be ahead of the machine's or behind it: the Date header
// says so, and the times of what is made.
func TestClockOffset(t *testing.T) {
	for _, offset := range []time.Duration{9 * time.Hour, -9 * time.Hour} {
		url, stop := serving(t, "-clock-offset", offset.String())
		res, err := http.Get(url + "/clusters")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		told, err := http.ParseTime(res.Header.Get("Date"))
		if d := told.Sub(time.Now().Add(offset)); err != nil || d.Abs() > time.Minute {
			t.Errorf("%s: the header says %q, %s from what it should", offset, res.Header.Get("Date"), d)
		}
		stop()
	}
}

// TestStateAndJournal: what was done is there again after a restart.
func TestStateAndJournal(t *testing.T) {
	dir := t.TempDir()
	state, journal := filepath.Join(dir, "state.yaml"), filepath.Join(dir, "calls")
	const create = `{"principalArn": "arn:aws:iam::111122223333:role/break-glass"}`

	url, stop := serving(t, "-state", state, "-journal", journal)
	ask(t, "POST", url+"/clusters/dev/access-entries", create)
	saved := func() bool {
		w, err := ekssim.LoadWorld(state)
		return err == nil && len(w.Clusters[0].Entries) == 7
	}
	for n := 0; !saved(); n++ {
		if n == 500 {
			t.Fatal("the change is not saved while the server runs")
		}
		time.Sleep(10 * time.Millisecond)
	}
	ask(t, "PATCH", url+"/_sim/settings", "{pageSize: 3}")
	if code := stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}

	url, stop = serving(t, "-state", state, "-journal", journal)
	var entries struct {
		AccessEntries []string `json:"accessEntries"`
		NextToken     string   `json:"nextToken"`
	}
	if err := json.Unmarshal([]byte(ask(t, "GET", url+"/clusters/dev/access-entries", "")), &entries); err != nil {
		t.Fatal(err)
	}
	if len(entries.AccessEntries) != 3 || entries.NextToken == "" ||
		entries.AccessEntries[0] != "arn:aws:iam::111122223333:role/break-glass" {
		t.Errorf("entries %+v", entries)
	}
	if code := stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	data, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "CreateAccessEntry") ||
		!strings.Contains(lines[1], "ListAccessEntries") {
		t.Errorf("journal %q", lines)
	}
}

func TestEnv(t *testing.T) {
	seed := filepath.Join(t.TempDir(), "seed.yaml")
	if err := os.WriteFile(seed, []byte("clusters: [{name: dev, region: us-east-2}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	url, stop := serving(t, "-seed", seed)
	got := ask(t, "GET", url+"/_sim/env", "")
	for _, want := range []string{
		"export AWS_ENDPOINT_URL=" + url + "\n",
		"export AWS_ACCESS_KEY_ID=AKIASIM111122223333\n",
		"export AWS_REGION=us-east-2\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	stop()

	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if code := run(ctx, &out, &errs, []string{"-env"}); code != 0 ||
		!strings.HasPrefix(out.String(), "export AWS_ENDPOINT_URL=http://127.0.0.1:") {
		t.Errorf("%d, %q, %q", code, out.String(), errs.String())
	}
}

func TestUsage(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("clusters: [{nam: dev}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-h"}, 0, "-seed"},
		{[]string{"-h"}, 0, "ekssim demo [flags]"},
		{[]string{"demo", "-h"}, 0, "-dir"},
		{[]string{"demo", "now"}, 2, "hint: ekssim demo -h"},
		{[]string{"-nonsense"}, 2, "nonsense"},
		{[]string{"seed.yaml"}, 2, `unexpected argument "seed.yaml"`},
		{[]string{"-addr", "0.0.0.0:0"}, 1, `listening on "0.0.0.0:0": not a loopback address`},
		{[]string{"-addr", "192.0.2.1:80"}, 1, "not a loopback address"},
		{[]string{"-seed", filepath.Join(dir, "none")}, 1, "no such file"},
		{[]string{"-seed", bad}, 1, `unknown field "nam"`},
		{[]string{"-state", bad}, 1, `unknown field "nam"`},
		{[]string{"-journal", filepath.Join(dir, "no", "such")}, 1, "no such file"},
	}
	for _, tt := range tests {
		var out, errs bytes.Buffer
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		code := run(ctx, &out, &errs, tt.args)
		cancel()
		if code != tt.code || !strings.Contains(errs.String(), tt.want) || out.Len() > 0 {
			t.Errorf("%q: %d, %q, %q", tt.args, code, out.String(), errs.String())
		}
	}
}
