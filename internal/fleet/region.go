package fleet

import (
	"context"
	"fmt"
	"os"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/fault"
)

// DefaultRegion is how help texts name the region of clusters that are named
// without one.
const DefaultRegion = "AWS_REGION, or the profile's"

// defaultRegion is the region of what is named without a file and without
// --region: that of the environment or of the AWS profile, which is reported
// once. It is "" where nothing says one.
func (f *Fleet) defaultRegion(ctx context.Context) (string, error) {
	if f.region != "" {
		return f.region, nil
	}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if region := os.Getenv(name); region != "" {
			return f.regionFrom(region, name)
		}
	}
	profile, region := awsclient.ProfileRegion(ctx, f.options.AWS.Profile)
	if region == "" {
		return "", nil
	}
	return f.regionFrom(region, fmt.Sprintf("profile %q", profile))
}

// regionFrom reports a region that no flag named, and its source.
func (f *Fleet) regionFrom(region, source string) (string, error) {
	if err := CheckRegion(region); err != nil {
		return "", fault.WithHint(fmt.Errorf("%s: %w", source, err), "pass --region REGION")
	}
	if f.options.NoteRegion != nil {
		f.options.NoteRegion(region, source)
	} else {
		f.options.Report.Note("region " + region + " (from " + source + ")")
	}
	f.region = region
	return region, nil
}

// CheckRegion is an error where a text cannot be the name of a region.
func CheckRegion(region string) error {
	if !arn.IsRegion(region) {
		return fault.WithHint(fmt.Errorf("%q is not a region", region), `write a region such as "eu-west-1"`)
	}
	return nil
}
