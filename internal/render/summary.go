package render

import (
	"fmt"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/plan"
)

// onlyDeclared says what a plan is silent about; "" where it isn't.
func onlyDeclared(s plan.Summary) string {
	if s.DeclaredOnly == 0 {
		return ""
	}
	return "Only what is declared was looked at: unmanaged entries, and those that are owned and no longer declared, " +
		"are not in this plan."
}

// planSummary is the last line of every plan:
//
//	2 clusters: 1 to create, 1 to update, 1 to delete; 9 unchanged, 1 unmanaged
func planSummary(s plan.Summary) string {
	todo := counts(counted{s.Create, "to create"}, counted{s.Update, "to update"}, counted{s.Replace, "to replace"},
		counted{s.Rekey, "to rekey"}, counted{s.Delete, "to delete"})
	if s.ModeChanges > 0 {
		todo = phrase.Join(", ", todo, phrase.Count(s.ModeChanges, "authentication mode")+" to change")
	}
	switch {
	case todo != "":
	case s.Failed > 0 && s.Failed == s.Clusters: // nobody knows
	case s.Failed > 0:
		todo = "nothing to change where it could be read"
	default:
		todo = "nothing to change"
	}
	rest := counts(
		counted{s.Unchanged, "unchanged"},
		counted{s.Unmanaged, "unmanaged"},
		counted{s.Held, "held"},
		counted{s.NotUndone, "not undone"},
		counted{s.System, "system"},
		counted{s.Ignored, "ignored"},
	)
	if s.DeclaredOnly > 0 {
		rest = phrase.Join(", ", rest, fmt.Sprintf("%d others not looked at", s.Unread))
	}
	bad := ""
	if s.Refused > 0 {
		bad = phrase.Count(s.Refused, "cluster") + " refused"
	}
	switch {
	case s.Failed > 0 && s.Failed == s.Clusters:
		bad = "failed"
		if s.Failed > 1 {
			bad = "all failed"
		}
	case s.Failed > 0:
		bad = phrase.Join(", ", bad, phrase.Count(s.Failed, "cluster")+" failed")
	}
	return phrase.Count(s.Clusters, "cluster") + ": " + phrase.Join("; ", todo, rest, bad)
}

// resultSummary is the last line of every result:
//
//	3 clusters: 1 applied, 1 in sync, 1 failed; 7 steps done, 1 failed, 2 not tried
func resultSummary(s apply.Summary) string {
	clusters := counts(
		counted{s.Applied, "applied"},
		counted{s.Unconfirmed, "not yet as planned"},
		counted{s.Incomplete, "incomplete"},
		counted{s.InSync, "in sync"},
		counted{s.Drifted, "with undeclared entries"},
		counted{
			s.Watched,
			"only watched",
		},
		counted{s.Refused, "refused"},
		counted{s.Failed, "failed"},
		counted{s.Interrupted, "interrupted"},
		counted{s.Skipped, "not begun"},
	)
	if clusters == "" {
		clusters = "nothing to do"
	}
	steps := ""
	if s.Done+s.StepsFailed+s.NotTried > 0 {
		steps = phrase.Join(", ",
			phrase.Count(s.Done, "step")+" done",
			counts(counted{s.StepsFailed, "failed"}, counted{s.NotTried, "not tried"}),
		)
	}
	return phrase.Count(s.Clusters, "cluster") + ": " + phrase.Join("; ", clusters, steps)
}
