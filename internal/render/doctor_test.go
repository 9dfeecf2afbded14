package render

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/doctor"
)

var doctorLooks = []struct {
	file string
	opts Options
}{
	{"80.txt", Options{Width: 80}},
	{"200.txt", Options{Width: 200}},
	{"wide.txt", Options{Width: 160, Wide: true}},
	{"color.txt", Options{Width: 120, Color: true}},
	{"md", Options{Format: Markdown}},
	{"json", Options{Format: Machine}}, // itself, byte for byte
}

func recordedReport(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/doctor/report.json")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestDoctorGolden(t *testing.T) {
	data := recordedReport(t)
	r := decode[doctor.Report](t, "report.json", data)
	r.Problem = r.Checks[2].Summary
	for _, look := range doctorLooks {
		t.Run(look.file, func(t *testing.T) {
			var got bytes.Buffer
			if err := Doctor(&got, r, look.opts); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", "doctor", "report."+look.file)
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got.String()); d != "" {
				t.Errorf("%s (-want +got), -update rewrites it:\n%s", file, d)
			}
		})
	}
	if err := Doctor(new(bytes.Buffer), r, Options{Format: GitHub}); err == nil {
		t.Error("a form that there is not")
	}
}
