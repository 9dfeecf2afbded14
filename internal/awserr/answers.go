package awserr

import (
	"fmt"

	"github.com/eksaccess/eksaccess/internal/fault"
)

// throttled is AWS asking for fewer calls, still after all attempts.
func throttled(e *fault.Error, f facts, _ Call) bool {
	if !throttleCode(f.code) && f.status != 429 {
		return false
	}
	e.Hint = "AWS limits the calls of this account and region; try again later or with a lower --concurrency"
	return true
}

// missing is a cluster or an entry that is not there.
func missing(e *fault.Error, f facts, call Call) bool {
	switch {
	case noCluster(f.code, f.message):
		e.Code = fault.ClusterNotFound
		e.Hint = fmt.Sprintf(
			"account %s has no cluster %q in %s; see \"aws eks list-clusters --region %s%s\"",
			call.Cluster.Account,
			call.Cluster.Name,
			call.Cluster.Region,
			call.Cluster.Region,
			ProfileFlag(call.Profile),
		)
	case noEntry(f.code, f.message):
		e.Hint = "the cluster has no access entry of that principal; plan again"
	default:
		return false
	}
	return true
}

// wrongMode is a cluster that keeps its access in the ConfigMap aws-auth.
func wrongMode(e *fault.Error, f facts, _ Call) bool {
	if !configMapMode.fits(f.code, f.message) {
		return false
	}
	e.Hint = "the cluster has no access entries yet: declare \"authenticationMode: API_AND_CONFIG_MAP\" for it"
	return true
}

// busy is a cluster that is being changed by another update.
func busy(e *fault.Error, f facts, _ Call) bool {
	if !updateInProgress.fits(f.code, f.message) {
		return false
	}
	e.Hint = "wait until the update is done, then try again"
	return true
}

// serverFault is a failure on AWS's side, or of something between.
func serverFault(e *fault.Error, f facts, _ Call) bool {
	if f.status < 500 {
		return false
	}
	e.Hint = "AWS, or a proxy on the way, could not answer; try again"
	return true
}
