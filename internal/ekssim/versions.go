package ekssim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// A clusterVersion is a Kubernetes version of EKS. User guide:
// kubernetes-versions, the release calendar.
type clusterVersion struct {
	name, patch, platform   string
	released, standard, end string // dates: release, end of standard and of extended support
}

var clusterVersions = []clusterVersion{
	{"1.34", "1.34.1", "eks.4", "2025-10-02", "2026-12-02", "2027-12-02"},
	{"1.33", "1.33.5", "eks.18", "2025-05-29", "2026-07-29", "2027-07-29"},
	{"1.32", "1.32.9", "eks.25", "2025-01-23", "2026-03-23", "2027-03-23"},
	{"1.31", "1.31.13", "eks.41", "2024-09-26", "2025-11-26", "2026-11-26"},
	{"1.30", "1.30.14", "eks.49", "2024-05-23", "2025-07-23", "2026-07-23"},
	{"1.29", "1.29.15", "eks.52", "2024-01-23", "2025-03-23", "2026-03-23"},
	{"1.28", "1.28.15", "eks.58", "2023-09-26", "2024-11-26", "2025-11-26"},
}

// defaultVersion is that of clusters whose world names none. [U] which version
// EKS takes now.
const defaultVersion = "1.33"

// status by the time of the simulator. botocore service model 2017-11-01:
// VersionStatus.
func (v clusterVersion) status(now time.Time) string {
	switch {
	case now.Before(date(v.standard)):
		return "STANDARD_SUPPORT"
	case now.Before(date(v.end)):
		return "EXTENDED_SUPPORT"
	}
	return "UNSUPPORTED"
}

func date(s string) time.Time {
	t, _ := time.Parse(time.DateOnly, s)
	return t
}

func (v clusterVersion) view(now time.Time) map[string]any {
	status := v.status(now)
	return map[string]any{"clusterVersion": v.name, "clusterType": "eks", "defaultPlatformVersion": v.platform,
		"defaultVersion": v.name == defaultVersion, "kubernetesPatchVersion": v.patch,
		"releaseDate":              epoch(date(v.released)),
		"endOfStandardSupportDate": epoch(date(v.standard)), "endOfExtendedSupportDate": epoch(date(v.end)),
		"versionStatus": status, "status": strings.ToLower(strings.ReplaceAll(status, "_", "-"))}
}

// describeClusterVersions leaves out what is not supported any more, unless all
// are asked for or some by name. EKS API reference, DescribeClusterVersions;
// [U] how the filters go together.
func describeClusterVersions(c *call) (any, *awsapi.Error) {
	q := c.r.URL.Query()
	flag := func(name string) bool { b, _ := strconv.ParseBool(q.Get(name)); return b }
	if kind := q.Get("clusterType"); kind != "" && kind != "eks" {
		return listAnswer("clusterVersions", []any{}, ""), nil
	}
	asked := strings.ToUpper(strings.ReplaceAll(cmp.Or(q.Get("versionStatus"), q.Get("status")), "-", "_"))
	keys, by := []string{}, map[string]clusterVersion{}
	for _, v := range clusterVersions {
		status := v.status(c.Time)
		wanted := flag("includeAll") || status != "UNSUPPORTED"
		if names := q["clusterVersions"]; len(names) > 0 {
			wanted = slices.Contains(names, v.name)
		}
		if asked != "" {
			wanted = asked == status
		}
		if wanted && (!flag("defaultOnly") || v.name == defaultVersion) {
			keys, by[v.name] = append(keys, v.name), v
		}
	}
	page, next, err := c.page(c.st.sortKeys(keys), strings.Join(keys, " "))
	if err != nil {
		return nil, err
	}
	views := []any{}
	for _, name := range page {
		views = append(views, by[name].view(c.Time))
	}
	return listAnswer("clusterVersions", views, next), nil
}
