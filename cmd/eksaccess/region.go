package main

import (
	"context"
	"fmt"

	"github.com/eksaccess/eksaccess/internal/awsclient"
)

// regionOf is the region of what is named without a file: that of --region, else
// of the environment or of the AWS profile, which is reported. It is "" where
// nothing says one.
func (p *program) regionOf(ctx context.Context, given, profile string) (string, error) {
	if given != "" {
		return given, nil
	}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if region := getenv(name); region != "" {
			return p.regionFrom(region, name)
		}
	}
	profile, region := awsclient.ProfileRegion(ctx, profile)
	if region == "" {
		return "", nil
	}
	return p.regionFrom(region, fmt.Sprintf("profile %q", profile))
}

// regionFrom reports a region that no flag named, and its source.
func (p *program) regionFrom(region, source string) (string, error) {
	if err := checkRegion(region); err != nil {
		return "", withHint(fmt.Errorf("%s: %w", source, err), "pass --region REGION")
	}
	p.complain("note", "region "+region+" (from "+source+")")
	return region, nil
}
