package ekssim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/seed"
	"sigs.k8s.io/yaml"
)

// controlRoutes are the paths below /_sim/; the package comment lists them.
func (s *Server) controlRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sim/world", func(w http.ResponseWriter, _ *http.Request) {
		data, err := s.World().YAML()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(data)
	})
	mux.HandleFunc("PUT /_sim/world", func(w http.ResponseWriter, r *http.Request) {
		var world World
		reply(w, readYAML(r, &world), func() error { return s.Load(world) })
	})
	mux.HandleFunc("GET /_sim/calls", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		since, _ := strconv.Atoi(q.Get("since"))
		writeLines(w, s.Calls(CallFilter{
			Mutating: q.Has("mutating"), Failed: q.Has("failed"), Since: since,
			Service: q.Get("service"), Operation: q.Get("operation"), Cluster: q.Get("cluster"),
		}))
	})
	mux.HandleFunc("DELETE /_sim/calls", func(w http.ResponseWriter, _ *http.Request) {
		s.ForgetCalls()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /_sim/faults", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.Faults()) })
	mux.HandleFunc("POST /_sim/faults", func(w http.ResponseWriter, r *http.Request) {
		var faults faultList
		reply(w, readYAML(r, &faults), func() error { return s.AddFault(faults...) })
	})
	mux.HandleFunc("DELETE /_sim/faults", func(w http.ResponseWriter, r *http.Request) {
		s.RemoveFaults(r.URL.Query().Get("name"))
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("PATCH /_sim/settings", func(w http.ResponseWriter, r *http.Request) {
		data, err := readBody(r)
		if err == nil {
			err = yaml.UnmarshalStrict(data, &Settings{})
		}
		reply(w, err, func() error {
			s.Change(func(v *Settings) { err = yaml.UnmarshalStrict(data, v) })
			return err
		})
	})
	mux.HandleFunc("POST /_sim/edit", func(w http.ResponseWriter, r *http.Request) {
		var e Edit
		reply(w, readYAML(r, &e), func() error { return s.Edit(e) })
	})
	mux.HandleFunc("GET /_sim/rights", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, s.rightsReport(r)) })
	mux.HandleFunc("GET /_sim/history", func(w http.ResponseWriter, _ *http.Request) { writeLines(w, s.History()) })
	mux.HandleFunc("GET /_sim/access", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, s.accessReport(r)) })
	mux.HandleFunc("GET /_sim/access-history", func(w http.ResponseWriter, _ *http.Request) {
		writeLines(w, s.AccessHistory())
	})
	mux.HandleFunc("GET /_sim/env", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, s.Exports(r.URL.Query().Get("key"), r.URL.Query().Get("region")))
	})
	return mux
}

// faultList is one rule or several.
type faultList []Fault

func (l *faultList) UnmarshalJSON(data []byte) error {
	if strings.HasPrefix(strings.TrimSpace(string(data)), "[") {
		return seed.DecodeStrict(data, (*[]Fault)(l))
	}
	*l = make(faultList, 1)
	return seed.DecodeStrict(data, &(*l)[0])
}

type rightsReport struct {
	Cluster      ClusterID        `json:"cluster"`
	LivingAdmins int              `json:"livingAdmins"`
	Principals   map[string]Right `json:"principals"`
}

func (s *Server) rightsReport(r *http.Request) []rightsReport {
	q := r.URL.Query()
	out := []rightsReport{}
	for _, c := range s.World().Clusters {
		if id := (ClusterID{c.Account, c.Region, c.Name}); matchesQuery(q, id) {
			out = append(out, rightsReport{id, len(s.LivingAdmins(id)), s.Rights(id)})
		}
	}
	return out
}

type accessReport struct {
	Cluster    ClusterID         `json:"cluster"`
	Admins     []string          `json:"admins"`
	Principals map[string]Access `json:"principals"`
}

func (s *Server) accessReport(r *http.Request) []accessReport {
	q := r.URL.Query()
	out := []accessReport{}
	for _, c := range s.World().Clusters {
		id := ClusterID{c.Account, c.Region, c.Name}
		if !matchesQuery(q, id) {
			continue
		}
		access := s.Access(id)
		if after, err := strconv.Atoi(q.Get("after")); err == nil {
			access = s.AccessAfter(id, after)
		}
		out = append(out, accessReport{id, adminsOf(access), access})
	}
	return out
}

// matchesQuery reports whether a cluster matches the patterns of a query.
func matchesQuery(q url.Values, id ClusterID) bool {
	return arns.Match(q.Get("cluster"), id.Name) && arns.Match(q.Get("account"), id.Account) &&
		arns.Match(q.Get("region"), id.Region)
}

// Exports are lines for a shell that point an AWS client here. An empty key
// means the first there is, an empty region that of the key's first cluster.
func (s *Server) Exports(key, region string) string {
	if key == "" {
		if creds := s.World().Credentials; len(creds) > 0 {
			key = creds[0].AccessKeyID
		}
	}
	var b strings.Builder
	for _, kv := range s.Env(key) {
		name, _, _ := strings.Cut(kv, "=")
		if region != "" && strings.HasSuffix(name, "REGION") {
			kv = name + "=" + region
		}
		b.WriteString("export " + kv + "\n")
	}
	return b.String()
}

func readBody(r *http.Request) ([]byte, error) {
	return io.ReadAll(http.MaxBytesReader(nil, r.Body, 64<<20))
}

func readYAML(r *http.Request, v any) error {
	data, err := readBody(r)
	if err != nil {
		return err
	}
	return yaml.UnmarshalStrict(data, v)
}

// reply does something unless reading what to do went wrong.
func reply(w http.ResponseWriter, err error, do func() error) {
	if err == nil {
		err = do()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(v)
}

func writeLines[T any](w http.ResponseWriter, items []T) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	e := json.NewEncoder(w)
	for _, v := range items {
		_ = e.Encode(v)
	}
}
