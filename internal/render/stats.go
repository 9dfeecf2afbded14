package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/internal/render/escape"
	"github.com/eksaccess/eksaccess/plan"
)

// Stats are the calls of a run.
type Stats struct {
	Took  time.Duration
	Calls []CallCount // by service and operation
}

// A CallCount is of one operation.
type CallCount struct {
	Service, Operation       string
	Calls, Throttled, Failed int
	Time, Longest            time.Duration // from sending to the answer: of all together, and of one
}

// Write draws a table, or one line of JSON:
//
//	{"apiVersion": "eksaccess/v1", "kind": "Stats", "milliseconds": 812, "calls": 412, "throttled": 0, "failed": 1,
//	 "operations": [{"service": "EKS", "operation": "DescribeCluster", "calls": 1, "throttled": 0, "failed": 0,
//	                 "milliseconds": 41, "longestMilliseconds": 41}]}
func (s Stats) Write(w io.Writer, asJSON bool) error {
	if asJSON {
		return s.json(w)
	}
	return writeDocument(w, statsDocument(s), Options{})
}

func statsDocument(s Stats) *doc.Document {
	t := doc.Table{Right: true,
		Header: []string{"calls", "throttled", "failed", "time of all", "of one", "longest", "operation"}}
	all := CallCount{Operation: "all, in " + short(s.Took)}
	for _, c := range s.Calls {
		t.AddRaw(callRow(c)...)
		all.Calls, all.Throttled, all.Failed = all.Calls+c.Calls, all.Throttled+c.Throttled, all.Failed+c.Failed
		all.Time, all.Longest = all.Time+c.Time, max(all.Longest, c.Longest)
	}
	t.AddRaw(callRow(all)...)
	return &doc.Document{Top: []doc.Block{t}}
}

func callRow(c CallCount) []string {
	return []string{strconv.Itoa(c.Calls), strconv.Itoa(c.Throttled), strconv.Itoa(c.Failed), short(c.Time),
		short(c.Time / time.Duration(max(c.Calls, 1))), short(c.Longest),
		strings.TrimSpace(c.Service + " " + c.Operation)}
}

func short(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}

func (s Stats) json(w io.Writer) error {
	type operation struct {
		Service   string `json:"service"`
		Operation string `json:"operation"`
		Calls     int    `json:"calls"`
		Throttled int    `json:"throttled"`
		Failed    int    `json:"failed"`
		Time      int64  `json:"milliseconds"`
		Longest   int64  `json:"longestMilliseconds"`
	}
	out := struct {
		APIVersion string      `json:"apiVersion"`
		Kind       string      `json:"kind"`
		Took       int64       `json:"milliseconds"`
		Calls      int         `json:"calls"`
		Throttled  int         `json:"throttled"`
		Failed     int         `json:"failed"`
		Operations []operation `json:"operations"`
	}{plan.APIVersion, "Stats", s.Took.Milliseconds(), 0, 0, 0, []operation{}}
	for _, c := range s.Calls {
		out.Operations = append(
			out.Operations,
			operation{
				c.Service,
				c.Operation,
				c.Calls,
				c.Throttled,
				c.Failed,
				c.Time.Milliseconds(),
				c.Longest.Milliseconds(),
			},
		)
		out.Calls, out.Throttled, out.Failed = out.Calls+c.Calls, out.Throttled+c.Throttled, out.Failed+c.Failed
	}
	text, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("encoding JSON: %w", err)
	}
	_, err = w.Write(append(escape.JSON(text), '\n'))
	return err
}
