package live

import (
	"errors"
	"slices"

	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
)

// Regions are those to look round in. They are a table and not asked for: that
// would need another right and another service (account:ListRegions or
// ec2:DescribeRegions), and a region that is not enabled says so itself.
func Regions(partition string) []string { return eksfacts.Regions(partition) }

// IsClosed reports whether a region is not there for an account: it is not
// enabled, so that keys are unknown in it (AWS Account Management reference,
// "Enable or disable AWS Regions in your account"), or a policy keeps the
// account from looking.
func IsClosed(err error) bool {
	var e *fault.Error
	return awserr.IsAccessDenied(err) ||
		errors.As(err, &e) &&
			slices.Contains(
				[]string{
					"UnrecognizedClientException",
					"InvalidClientTokenId",
					"OptInRequired",
					"RegionDisabledException",
				},
				e.Code,
			)
}
