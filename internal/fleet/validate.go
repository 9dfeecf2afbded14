package fleet

import (
	"io"
	"time"

	"github.com/eksaccess/eksaccess/spec"
)

// A Validity is what files that have no errors declare.
type Validity struct {
	Clusters   int // that the choice selects
	Principals int // declared in these, one named in several places counted once a cluster
	Answers    int // of access tests of the files
}

// Validate checks the files of a choice and what they lead to: the ends of
// temporary access, and their access tests. It sends nothing.
func Validate(c Choice, stdin io.Reader, report Report, now time.Time) (Validity, error) {
	files, err := LoadFiles(c.Files, stdin, report)
	if err != nil {
		return Validity{}, err
	}
	ends, tests := files.CheckEnds(now), files.RunTests(now)
	where := inTests
	if ends.Failed() {
		where = "in the files of -f"
	}
	err = report.Problems(spec.Problems{
		Errors:   append(ends.Errors, tests.Problems.Errors...),
		Warnings: append(ends.Warnings, tests.Problems.Warnings...),
	}, where)
	if err != nil {
		return Validity{}, err
	}
	clusters, err := files.Choose(c)
	if err != nil {
		return Validity{}, err
	}
	v := Validity{Clusters: len(clusters), Answers: tests.Passed}
	for _, cluster := range clusters {
		principals := map[spec.PrincipalRef]bool{}
		for _, item := range cluster.Items {
			principals[item.Principal] = true
		}
		v.Principals += len(principals)
	}
	return v, nil
}

const inTests = "in the tests of the files"

// LoadTested reads the files of a choice, whose access tests must hold: a plan
// is about what files lead to. It reports the ends of access as guards.
func (f *Fleet) LoadTested(c Choice) (Files, []*spec.Cluster, error) {
	files, err := LoadFiles(c.Files, f.options.Stdin, f.options.Report)
	if err != nil {
		return Files{}, nil, err
	}
	tests := files.RunTests(f.options.Begun)
	if err := f.options.Report.Problems(tests.Problems, inTests); err != nil {
		return Files{}, nil, err
	}
	clusters, err := files.Choose(c)
	return files, clusters, err
}
