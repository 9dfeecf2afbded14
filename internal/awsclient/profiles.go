package awsclient

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/readfile"
)

// Profiles lists the shared-config profiles of this machine that a glob fits,
// sorted. None is an error that names those there are.
func Profiles(_ context.Context, glob string) ([]string, error) {
	o := config.LoadSharedConfigOptions{
		ConfigFiles:      config.DefaultSharedConfigFiles,
		CredentialsFiles: config.DefaultSharedCredentialsFiles,
	}
	sharedFiles(&o)
	var names []string
	for _, file := range o.ConfigFiles {
		found, err := listSections(file, "profile ")
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	for _, file := range o.CredentialsFiles {
		found, err := listSections(file, "")
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	fits := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !arn.Match(glob, n) })
	if len(fits) > 0 {
		return fits, nil
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("--profiles %q: this machine has no AWS profile", glob)
	}
	return nil, fmt.Errorf(
		"--profiles %q fits none of this machine's profiles: %s",
		glob,
		strings.Join(names[:min(len(names), 10)], ", "),
	)
}

// ProfileRegion returns the region of a shared-config profile, and its name: by
// default that of AWS_PROFILE, else "default". A profile that is not there, or
// cannot be read, has none; what is wrong with it is for the first call to say.
func ProfileRegion(ctx context.Context, profile string) (name, region string) {
	name = cmp.Or(profile, os.Getenv("AWS_PROFILE"), os.Getenv("AWS_DEFAULT_PROFILE"), "default")
	shared, err := config.LoadSharedConfigProfile(ctx, name, sharedFiles)
	if err != nil {
		return name, ""
	}
	return name, shared.Region
}

// listSections are the profiles whose sections a file has: [NAME] in a credentials
// file, [profile NAME] or [default] in a config file, where other sections are
// no profiles (AWS SDKs and Tools reference, "Shared config and credentials
// files"). A file that is not there has none.
func listSections(file, prefix string) ([]string, error) {
	f, err := readfile.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", filepath.Base(file), errors.Unwrap(err))
	}
	defer f.Close()
	var names []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		name, ok := strings.CutPrefix(line, "[")
		end := strings.IndexByte(name, ']')
		if !ok || end < 0 {
			continue
		}
		name = strings.Join(strings.Fields(name[:end]), " ")
		switch rest, isProfile := strings.CutPrefix(name, prefix); {
		case isProfile && rest != "":
			names = append(names, strings.Trim(rest, `"'`))
		case name == "default":
			names = append(names, name)
		}
	}
	return names, lines.Err()
}
