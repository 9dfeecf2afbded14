package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser starts Chromium once for all tests; "" and why where there is none.
var browser = sync.OnceValues(func() (context.Context, error) {
	path, err := chromium()
	if err != nil {
		return nil, err
	}
	options := append(
		chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag(
			"disable-quic",
			true,
		),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("hide-scrollbars", false),
		chromedp.WindowSize(1440, 1000),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	// It knows no events newer than itself, and need not say so.
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	atEnd = func() { cancel(); stop() }
	return ctx, chromedp.Run(ctx)
})

var atEnd = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	atEnd()
	os.Exit(code)
}

func chromium() (string, error) {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no Chromium: install Debian's package chromium, or name one with CHROMIUM=/path")
}

// A tab is a page that is open, and what was seen of it besides its face.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	requests []string
	troubles []string // of the console, of scripts, of its policy; dialogs
}

// open shows a file and waits until its script has drawn it. What the page
// asks the network for, and any trouble it has, fails the test at its end.
func open(t *testing.T, file string, before ...chromedp.Action) *tab {
	t.Helper()
	root, err := browser()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	ctx, cancel := chromedp.NewContext(root)
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stop)
	tb := &tab{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, func(event any) {
		tb.mu.Lock()
		defer tb.mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			tb.requests = append(tb.requests, e.Request.URL)
		case *runtime.EventExceptionThrown:
			tb.troubles = append(tb.troubles, "exception: "+e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			tb.troubles = append(tb.troubles, "console: "+string(e.Type))
		case *log.EventEntryAdded:
			tb.troubles = append(tb.troubles, "log: "+e.Entry.Text)
		case *page.EventJavascriptDialogOpening:
			tb.troubles = append(tb.troubles, "dialog: "+e.Message)
			go chromedp.Run(ctx, page.HandleJavaScriptDialog(true))
		}
	})
	url := "file://" + file
	tb.run(network.Enable(), log.Enable(), runtime.Enable())
	tb.run(before...)
	tb.run(chromedp.Navigate(url), chromedp.WaitReady(`html[data-ready="1"]`, chromedp.ByQuery))
	t.Cleanup(func() {
		tb.mu.Lock()
		defer tb.mu.Unlock()
		for _, r := range tb.requests {
			if before, _, _ := strings.Cut(r, "#"); before != url {
				t.Errorf("the page asked for %q", r)
			}
		}
		for _, trouble := range tb.troubles {
			t.Error(trouble)
		}
	})
	return tb
}

func (tb *tab) run(actions ...chromedp.Action) {
	tb.t.Helper()
	if err := chromedp.Run(tb.ctx, actions...); err != nil {
		tb.t.Fatal(err)
	}
}

// eval is the value of an expression in the page.
func eval[T any](tb *tab, expression string) T {
	tb.t.Helper()
	var v T
	tb.run(chromedp.Evaluate(expression, &v))
	return v
}

// text is that of the first element, as it is seen.
func (tb *tab) text(selector string) string {
	tb.t.Helper()
	return eval[string](tb, fmt.Sprintf("document.querySelector(%q).innerText.trim()", selector))
}

// settle waits until the page has drawn what was asked for last.
func (tb *tab) settle() {
	tb.t.Helper()
	tb.run(
		chromedp.Evaluate(
			`new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))`,
			nil,
			func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) },
		),
	)
}

// fill types into a field in place of what is there.
func (tb *tab) fill(selector, value string) {
	tb.t.Helper()
	eval[bool](
		tb,
		fmt.Sprintf(`(() => { const f = document.querySelector(%q); f.focus(); f.select(); return true })()`, selector),
	)
	tb.run(chromedp.KeyEvent(value))
	tb.settle()
}

// choose sets a select, as its user would.
func (tb *tab) choose(selector, value string) {
	tb.t.Helper()
	eval[bool](
		tb,
		fmt.Sprintf(
			`(() => { const s = document.querySelector(%q); s.value = %q; s.dispatchEvent(new Event("input", {bubbles: true})); return s.value === %q })()`,
			selector,
			value,
			value,
		),
	)
	tb.settle()
}

// press sends keys to what has the focus.
func (tb *tab) press(keys ...string) {
	tb.t.Helper()
	for _, k := range keys {
		tb.run(chromedp.KeyEvent(k))
	}
	tb.settle()
}

// eksaccess runs the program and returns the file its output is in.
func eksaccess(t *testing.T, name string, args ...string) string {
	t.Helper()
	program, err := filepath.Abs("../../bin/eksaccess")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name)
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var stderr strings.Builder
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = out, &stderr
	// Where a cluster of the snapshot was not read, the exit code says so.
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != 5 && cmd.ProcessState.ExitCode() != 2 {
		t.Fatalf("eksaccess %v: %v\n%s", args, err, &stderr)
	}
	return file
}
