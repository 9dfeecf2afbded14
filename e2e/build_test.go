package e2e

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// tools are where the programs of a run are.
type tools struct {
	bin                      string // of eksaccess and ekssim
	etcd, apiserver, kubectl string
}

// build makes everything there is to run. What comes from other modules is
// kept in the user's cache folder, by what it was made of: the first time
// takes minutes.
func build(dir string) (tools, error) {
	t := tools{bin: dir}
	if err := goBuild("..", nil, dir+string(filepath.Separator), "./cmd/eksaccess", "./cmd/ekssim"); err != nil {
		return t, err
	}
	cache, err := buildCache()
	if err != nil {
		return t, err
	}
	if t.etcd, err = kept(cache, "etcd", "go.etcd.io/etcd/server/v3"); err != nil {
		return t, err
	}
	if t.apiserver, err = kept(cache, "kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"); err != nil {
		return t, err
	}
	if t.kubectl, err = exec.LookPath("kubectl"); err != nil {
		t.kubectl, err = kept(cache, "kubectl", "k8s.io/kubernetes/cmd/kubectl")
	}
	return t, err
}

// buildCache is a folder for the binaries of these very sources.
func buildCache() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		sum.Write(data)
	}
	dir := filepath.Join(cache, "eksaccess-e2e", fmt.Sprintf("%x", sum.Sum(nil)[:8]))
	return dir, os.MkdirAll(dir, 0o755)
}

// kept is a binary that is there, or is built now.
func kept(dir, name, pkg string) (string, error) {
	file := filepath.Join(dir, name)
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	began := time.Now()
	fmt.Fprintf(os.Stderr, "building %s, once; this takes minutes\n", name)
	unfinished := fmt.Sprintf("%s.%d", file, os.Getpid())
	defer os.Remove(unfinished)                         // fails once it is renamed
	noCompiler := append(os.Environ(), "CGO_ENABLED=0") // none of C is needed
	if err := goBuild(".", noCompiler, unfinished, pkg); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "built %s in %s\n", name, time.Since(began).Round(time.Second))
	return file, os.Rename(unfinished, file)
}

func goBuild(dir string, env []string, out string, pkgs ...string) error {
	cmd := exec.Command("go", append([]string{"build", "-ldflags=-s -w", "-o", out}, pkgs...)...)
	cmd.Dir, cmd.Env, cmd.Stderr = dir, env, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go build %v: %w", pkgs, err)
	}
	return nil
}
