package ekssim

import (
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// checkPrincipalExists refuses who IAM does not have, or EKS not yet: table row 2.
// [U] for accounts other than the cluster's: checked where the world knows
// them.
func (c *call) checkPrincipalExists(cl *cluster, arn string) *awsapi.Error {
	a, _ := arns.Parse(arn)
	if a.Partition != cl.Partition {
		return invalidParameter(textInvalidPrincipal) // [U] the text
	}
	p, known := c.st.Principal(arn)
	if known && p == nil {
		return invalidParameter(textInvalidPrincipal)
	}
	if p == nil || p.Propagation == nil {
		return nil
	}
	if p.Propagation.Calls > 0 {
		p.Propagation.Calls--
		c.server.isChanged = true
	} else if !c.Time.Before(p.Propagation.Until) {
		p.Propagation = nil
		return nil
	}
	return invalidParameter(textInvalidPrincipal)
}

// checkPrincipal judges the text of an ARN, before the cluster is looked up:
// table rows 3 and 4, cdk-preflight.
func checkPrincipal(arn string, modify bool) *awsapi.Error {
	a, ok := arns.Parse(arn)
	// [U] root: third parties say it is refused; the API reference's "every IAM
	// principal type" may mean otherwise.
	if !ok || a.Kind == "root" {
		return invalidParameter(textPrincipalFormat)
	}
	if modify && arns.IsServiceLinked(arn) {
		return invalidParameter(textServiceLinked)
	}
	return nil
}

var reservedPrefixes = []string{"system:", "eks:", "aws:", "amazon:", "iam:"}

// reservedPrefix finds which of the prefixes EKS keeps for itself s begins with.
// User guide: creating-access-entries; a closed list by cdk-preflight.
func reservedPrefix(s string) (string, bool) {
	for _, p := range reservedPrefixes {
		if strings.HasPrefix(s, p) {
			return p, true
		}
	}
	return "", false
}
