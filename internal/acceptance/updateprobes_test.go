//go:build acceptance

package acceptance

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
)

// Questions about a cluster that is being updated. The update is of one log of
// the control plane, which is switched over and back again. The mode is never
// changed: what is asked for is the one the cluster has, which EKS refuses.

// updating is how long an update may take; AWS speaks of minutes.
const updating = 15 * time.Minute

// A duringUpdate is what was answered in the time of one update, which takes
// minutes: one for all questions.
type duringUpdate struct {
	answers [3]string
	err     error
}

func whileUpdating(n int) func(context.Context, *testing.T, *site) (string, error) {
	return func(ctx context.Context, t *testing.T, s *site) (string, error) {
		if !s.toggleLogging {
			return "", notAsked{"TOGGLE_LOGGING=1"}
		}
		if s.during == nil {
			s.during = &duringUpdate{}
			s.during.answers, s.during.err = s.updateOnce(ctx, t)
		}
		return s.during.answers[n], s.during.err
	}
}

// updateOnce switches the log over, asks, waits, and switches it back.
func (s *site) updateOnce(ctx context.Context, t *testing.T) (answers [3]string, err error) {
	c, err := s.describe(ctx)
	if err != nil {
		return answers, err
	}
	was := schedulerLogged(c)
	back := func(ctx context.Context) error { return s.log(ctx, was) }
	tidy(
		t,
		"the scheduler's log, which was "+onOrOff(was),
		fmt.Sprintf(
			`aws eks update-cluster-config --region %s --name %s --logging '{"clusterLogging":[{"types":["scheduler"],"enabled":%v}]}'`,
			s.region,
			s.cluster,
			was,
		),
		back,
	)
	out, err := s.eks.UpdateClusterConfig(
		ctx,
		&eks.UpdateClusterConfigInput{Name: &s.cluster, Logging: schedulerLog(!was)},
	)
	if err != nil {
		return answers, err
	}
	for i, ask := range []func(context.Context, bool) (string, error){s.createNow, s.logNow, s.modeNow} {
		if answers[i], err = ask(ctx, !was); err != nil {
			return answers, err
		}
		// What was answered after its end says nothing of the time before.
		now, err := s.eks.DescribeUpdate(ctx, &eks.DescribeUpdateInput{Name: &s.cluster, UpdateId: out.Update.Id})
		if err != nil {
			return answers, err
		}
		if now.Update.Status != types.UpdateStatusInProgress {
			answers[i] = "not known: the update was over too soon"
		}
	}
	return answers, back(ctx)
}

func schedulerLog(on bool) *types.Logging {
	return &types.Logging{
		ClusterLogging: []types.LogSetup{{Types: []types.LogType{types.LogTypeScheduler}, Enabled: &on}},
	}
}

// log has a log on or off, in however many tries that takes while updates run.
func (s *site) log(ctx context.Context, on bool) error {
	return eventually(ctx, updating, func() (string, error) {
		c, err := s.describe(ctx)
		if err != nil {
			return "", err
		}
		if running, err := s.running(ctx); err != nil || running != "" || c.Status != types.ClusterStatusActive {
			return fmt.Sprintf("the cluster is %s, with update %q", c.Status, running), err
		}
		if schedulerLogged(c) == on {
			return "", nil
		}
		_, err = s.eks.UpdateClusterConfig(
			ctx,
			&eks.UpdateClusterConfigInput{Name: &s.cluster, Logging: schedulerLog(on)},
		)
		return "the log is being switched back", err
	})
}

// running is the id of an update in progress, or "".
func (s *site) running(ctx context.Context) (string, error) {
	pages := eks.NewListUpdatesPaginator(s.eks, &eks.ListUpdatesInput{Name: &s.cluster})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, id := range page.UpdateIds {
			out, err := s.eks.DescribeUpdate(ctx, &eks.DescribeUpdateInput{Name: &s.cluster, UpdateId: &id})
			if err != nil {
				return "", err
			}
			if out.Update.Status == types.UpdateStatusInProgress {
				return id, nil
			}
		}
	}
	return "", nil
}

func schedulerLogged(c *types.Cluster) bool {
	return c.Logging != nil && slices.ContainsFunc(c.Logging.ClusterLogging, func(l types.LogSetup) bool {
		return aws.ToBool(l.Enabled) && slices.Contains(l.Types, types.LogTypeScheduler)
	})
}

func onOrOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func (s *site) createNow(ctx context.Context, _ bool) (string, error) {
	c, err := s.describe(ctx)
	if err != nil {
		return "", err
	}
	_, err = s.eks.CreateAccessEntry(
		ctx,
		&eks.CreateAccessEntryInput{ClusterName: &s.cluster, PrincipalArn: &s.principal},
	)
	answer, err := verdict(err)
	return fmt.Sprintf("%s, cluster %s", answer, c.Status), err
}

func (s *site) logNow(ctx context.Context, on bool) (string, error) {
	_, err := s.eks.UpdateClusterConfig(ctx, &eks.UpdateClusterConfigInput{Name: &s.cluster, Logging: schedulerLog(on)})
	return verdict(err)
}

// modeNow asks for the mode the cluster was just read to have. Modes go one way
// and never to themselves, so nothing can come of it but a refusal. EKS user
// guide, setting-up-access-entries.
func (s *site) modeNow(ctx context.Context, _ bool) (string, error) {
	if _, err := s.describe(ctx); err != nil {
		return "", err
	}
	_, err := s.eks.UpdateClusterConfig(ctx, &eks.UpdateClusterConfigInput{Name: &s.cluster,
		AccessConfig: &types.UpdateAccessConfigRequest{AuthenticationMode: types.AuthenticationMode(s.mode)}})
	return verdict(err)
}
