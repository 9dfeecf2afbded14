package ekssim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/kubeapi"
)

// A Server is a running simulator, and an http.Handler.
type Server struct {
	clock    func() time.Time
	offset   atomic.Int64 // of settings.clockOffset, in nanoseconds
	control  http.Handler
	webhooks http.Handler

	mu      sync.Mutex
	st      *state
	faults  []*Fault
	buckets map[bucketKey]*bucket
	random  *rand.Rand
	journal journal
	history []RightsChange

	accessHistory []AccessChange
	hooks         []Hook
	isChanged     bool     // something changed that no mutating call asked for
	onChange      []func() // told, without the lock, after every change

	kube       *kubeapi.Listeners
	inProcess  atomic.Pointer[string] // authority of the Kubernetes endpoints, PEM; nil for none; see Transport
	httpServer *http.Server
	listener   net.Listener
	done       chan struct{} // closed by Close
	closeOnce  sync.Once
}

// An Option changes how a Server runs.
type Option func(*Server)

// WithClock makes the simulator live in another time. Latency is still slept
// in real time.
func WithClock(now func() time.Time) Option { return func(s *Server) { s.clock = now } }

// now is the time of the simulator: that of its clock and the offset in the
// settings. It is in every time that the simulator tells, in the Date header
// too.
func (s *Server) now() time.Time { return s.clock().Add(time.Duration(s.offset.Load())) }

// WithJournal also gives every call to write, in order, as it is recorded.
// The function must not call the server.
func WithJournal(write func(Call)) Option {
	return func(s *Server) { s.journal.write = write }
}

// New makes a simulator that listens nowhere yet.
func New(w World, options ...Option) (*Server, error) {
	s := &Server{clock: time.Now, done: make(chan struct{})}
	for _, o := range options {
		o(s)
	}
	s.control, s.webhooks = s.controlRoutes(), s.webhookRoutes()
	s.kube = kubeapi.NewListeners(http.HandlerFunc(s.serveKube), s.wrongCertificate)
	if err := s.Load(w); err != nil {
		return nil, err
	}
	return s, nil
}

// Start makes a simulator and lets it listen on a free port of 127.0.0.1.
func Start(w World, options ...Option) (*Server, error) {
	s, err := New(w, options...)
	if err != nil {
		return nil, err
	}
	if err := s.Listen("127.0.0.1:0"); err != nil {
		return nil, err
	}
	return s, nil
}

// Load puts another world in the place of the present one. The journal stays.
func (s *Server) Load(w World) error {
	s.offset.Store(int64(w.Settings.ClockOffset))
	st, err := newState(w, s.now())
	if err != nil {
		return fmt.Errorf("loading world: %w", err)
	}
	faults := make([]*Fault, len(w.Faults))
	for i, f := range w.Faults {
		if err := f.check(); err != nil {
			return fmt.Errorf("loading world: %w", err)
		}
		faults[i] = &f
	}
	s.mu.Lock()
	s.st, s.faults = st, faults
	s.buckets = map[bucketKey]*bucket{}
	s.random = rand.New(rand.NewPCG(uint64(st.settings.Seed), 0x9e3779b97f4a7c15))
	s.history, s.accessHistory = nil, nil
	for _, c := range st.clusters {
		st.initRights(c)
		s.recordAll(c, cause{})
	}
	s.mu.Unlock()
	s.notifyChange()
	return nil
}

// World is the present world, with every default filled in.
func (s *Server) World() World {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.st.clusters {
		s.endDueUpdate(c)
	}
	faults := make([]Fault, len(s.faults))
	for i, f := range s.faults {
		faults[i] = *f
	}
	return s.st.world(faults)
}

// Listen serves on a loopback address. Others are refused: every client that reaches
// the port is believed to be whom they say they are.
func (s *Server) Listen(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("listening on %q: %w", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("listening on %q: not a loopback address", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return errors.Join(fmt.Errorf("listening on %q: not a loopback address", addr), l.Close())
	}
	s.listener = l
	// Clients that come and go in one process, as in tests, would keep their
	// idle connections for a minute and run out of files.
	s.httpServer = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute, IdleTimeout: time.Second}
	go func() { _ = s.httpServer.Serve(l) }() // ends when the server is closed
	return nil
}

// URL is where the simulator listens.
func (s *Server) URL() string {
	if s.listener == nil {
		return ""
	}
	return "http://" + s.listener.Addr().String()
}

// Close stops listening and cuts every connection.
func (s *Server) Close() error {
	s.closeOnce.Do(func() { close(s.done) })
	s.kube.Close()
	if s.httpServer == nil {
		return nil
	}
	return s.httpServer.Close()
}

// Shutdown stops listening and lets calls in flight end.
func (s *Server) Shutdown(ctx context.Context) error {
	if s.httpServer == nil {
		return nil
	}
	s.kube.Close()
	return s.httpServer.Shutdown(ctx)
}

// Env is the environment in which an AWS client speaks to this simulator as
// the owner of the access key, in the region of the first cluster that
// account has.
func (s *Server) Env(accessKey string) []string {
	return []string{
		"AWS_ENDPOINT_URL=" + s.URL(),
		"AWS_ACCESS_KEY_ID=" + accessKey,
		"AWS_SECRET_ACCESS_KEY=simulated",
		"AWS_REGION=" + s.regionFor(accessKey),
		"AWS_DEFAULT_REGION=" + s.regionFor(accessKey),
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

func (s *Server) regionFor(accessKey string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	cred := s.st.Credentials[accessKey]
	region := ""
	for id := range s.st.clusters {
		a := arns.IAM{}
		if cred != nil {
			a, _ = arns.Parse(cred.Principal)
		}
		if a.Account == id.Account && (region == "" || id.Region < region) {
			region = id.Region
		}
	}
	return cmp.Or(region, defaultRegion)
}

// OnChange has f called after every change of the world, without locks held
// and possibly from several goroutines at once.
func (s *Server) OnChange(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onChange = append(s.onChange, f)
}

func (s *Server) notifyChange() {
	s.mu.Lock()
	fs := s.onChange
	s.mu.Unlock()
	for _, f := range fs {
		f()
	}
}
