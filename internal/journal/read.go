package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/readfile"
)

// A Journal is a file as it was read.
type Journal struct {
	Path string
	Runs []*History // in the order of the file; at least one
}

// A History is one run of a journal.
type History struct {
	Run
	Clusters []*ClusterHistory `json:"clusters"` // in the order of their first record
	Finished *Finished         `json:"finished"`
}

// A ClusterHistory is what a run did to one cluster.
type ClusterHistory struct {
	Cluster
	Writes   []*Write  `json:"writes"` // in the order sent
	Finished *Finished `json:"finished"`
	// Problems are where its records contradict each other, or lack something.
	Problems []string `json:"problems,omitempty"`
}

// A Write is a call with what became of it.
type Write struct {
	Begin
	End   *End   `json:"end"`             // nil: the run was killed before it was answered
	Found *Found `json:"found,omitempty"` // of a create
}

// Cluster returns what the run did to a cluster, or nil.
func (h *History) Cluster(clusterARN string) *ClusterHistory {
	for _, c := range h.Clusters {
		if c.ARN == clusterARN {
			return c
		}
	}
	return nil
}

// Run returns a run of the journal, or nil.
func (j *Journal) Run(id string) *History {
	for _, h := range j.Runs {
		if h.ID == id {
			return h
		}
	}
	return nil
}

// MaxSize is the largest journal that is read, in bytes. A write takes about a
// thousand, so a run of many thousand clusters fits.
const MaxSize = 512 << 20

// Read reads a journal.
func Read(path string) (*Journal, error) {
	data, err := readfile.All(path, MaxSize)
	if err != nil {
		return nil, err
	}
	runs, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("journal %q: %w", path, err)
	}
	return &Journal{Path: path, Runs: runs}, nil
}

// Parse reads the runs of a journal. A line that was cut off ends what a run
// that was killed has told: it is dropped at the end of the file, or before
// the next run.
func Parse(data []byte) ([]*History, error) {
	p := &parser{}
	torn := 0
	for n := 1; len(data) > 0; n++ {
		line, rest, whole := bytes.Cut(data, []byte("\n"))
		data = rest
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		err := p.line(line)
		switch {
		case err == nil && torn > 0 && !p.fresh:
			return nil, fmt.Errorf("line %d is damaged", torn)
		case err == nil:
			torn = 0
		case len(p.runs) == 0:
			return nil, fmt.Errorf("line %d: %w", n, err)
		case torn > 0 || whole && json.Valid(line):
			return nil, fmt.Errorf("line %d: %w", n, err)
		default:
			torn = n
		}
	}
	if len(p.runs) == 0 {
		return nil, fmt.Errorf("it is empty")
	}
	p.currentRun().checkRun(p.writes)
	return p.runs, nil
}

// A parser puts records together. Its current run is the last.
type parser struct {
	runs   []*History
	writes map[int]*Write
	fresh  bool // the last record may follow one that was cut off
}

func (p *parser) line(line []byte) error {
	var head struct{ Record, Cluster, Run string }
	if err := json.Unmarshal(line, &head); err != nil {
		return fmt.Errorf("it is no JSON that this program wrote: %w", err)
	}
	p.fresh = head.Record == ofRun || head.Record == ofFinished
	if head.Record == ofRun {
		return p.run(line)
	}
	if len(p.runs) == 0 {
		return fmt.Errorf("it does not begin as a journal does")
	}
	switch head.Record {
	case ofCluster:
		return p.cluster(line)
	case ofBegin:
		return p.readBegin(line)
	case ofEnd, ofFound:
		return p.readAnswer(head.Record, line)
	case ofFinished:
		return p.readFinish(line)
	}
	return fmt.Errorf("there is no record %q", head.Record)
}

func (p *parser) run(line []byte) error {
	h := &History{Clusters: []*ClusterHistory{}}
	if err := json.Unmarshal(line, &h.Run); err != nil {
		return err
	}
	if h.Kind != Kind || h.APIVersion != APIVersion {
		return fmt.Errorf("it is a %q of %q; this version reads a %s of %s", h.Kind, h.APIVersion, Kind, APIVersion)
	}
	if slices.ContainsFunc(p.runs, func(other *History) bool { return other.ID == h.ID }) {
		return fmt.Errorf("run %q begins twice", h.ID)
	}
	if len(p.runs) > 0 {
		p.currentRun().checkRun(p.writes)
	}
	p.runs, p.writes = append(p.runs, h), map[int]*Write{}
	return nil
}

func (p *parser) currentRun() *History { return p.runs[len(p.runs)-1] }

func (p *parser) cluster(line []byte) error {
	c := &ClusterHistory{Writes: []*Write{}}
	if err := json.Unmarshal(line, &c.Cluster); err != nil {
		return err
	}
	if first := p.currentRun().Cluster(c.ARN); first != nil {
		first.addProblem("there are several records of %s", c.ARN)
		return nil
	}
	c.checkCluster(line)
	p.currentRun().Clusters = append(p.currentRun().Clusters, c)
	return nil
}

func (p *parser) readBegin(line []byte) error {
	w := &Write{}
	if err := json.Unmarshal(line, &w.Begin); err != nil {
		return err
	}
	c := p.currentRun().Cluster(w.Cluster)
	if c == nil {
		return fmt.Errorf("a write to %s comes before that cluster's record", w.Cluster)
	}
	c.checkWrite(w)
	if p.writes[w.Begin.Write] != nil {
		c.addProblem("there are several writes with the number %d", w.Begin.Write)
		if other := p.currentRun().Cluster(p.writes[w.Begin.Write].Cluster); other != c {
			other.addProblem("there are several writes with the number %d", w.Begin.Write)
		}
		return nil
	}
	c.Writes = append(c.Writes, w)
	p.writes[w.Begin.Write] = w
	return nil
}

func (p *parser) readAnswer(record string, line []byte) error {
	var end End
	var found Found
	if err := json.Unmarshal(line, &end); err != nil {
		return err
	}
	w := p.writes[end.Write]
	if w == nil {
		return fmt.Errorf("there is no write %d that this would answer", end.Write)
	}
	c := p.currentRun().Cluster(w.Cluster)
	if record == ofEnd {
		c.checkEnd(w, &end)
		w.End = &end
		return nil
	}
	if err := json.Unmarshal(line, &found); err != nil {
		return err
	}
	c.checkFound(w, &found)
	w.Found = &found
	return nil
}

func (p *parser) readFinish(line []byte) error {
	f := &Finished{}
	if err := json.Unmarshal(line, f); err != nil {
		return err
	}
	i := slices.IndexFunc(p.runs, func(h *History) bool { return h.ID == f.Run })
	switch {
	case i < 0:
		return fmt.Errorf("there is no run %q that this would finish", f.Run)
	case f.Cluster == "":
		p.runs[i].Finished = f
	default:
		c := p.runs[i].Cluster(f.Cluster)
		if c == nil {
			return fmt.Errorf("there is no cluster %q in run %q that this would finish", f.Cluster, f.Run)
		}
		c.Finished = f
	}
	return nil
}

func stamp() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
