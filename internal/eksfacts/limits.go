package eksfacts

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	MaxEntries = 3000 // access entries a cluster, not adjustable (guide, service-quotas)
	PageSize   = 100  // largest and default page of every List (model)
	MaxTags    = 50   // an entry (model, TagMap)
	maxTagKey  = 128  // (model, TagKey)
	maxTagVal  = 256  // (model, TagValue)
)

// TagCharacters says in words what a tag's key and value may hold.
const TagCharacters = "letters, digits, spaces and + - = . _ : / @"

var tagText = regexp.MustCompile(`^[\p{L}\p{N}\p{Zs}+\-=._:/@]*$`)

// CheckTag says why AWS would refuse the tag, or nil
// (AWS General Reference, "Tagging your AWS resources").
func CheckTag(key, value string) error {
	switch {
	case key == "":
		return fmt.Errorf("a tag's key is empty")
	case utf8.RuneCountInString(key) > maxTagKey:
		return fmt.Errorf("the tag key %q is longer than %d characters", key, maxTagKey)
	case utf8.RuneCountInString(value) > maxTagVal:
		return fmt.Errorf("the value of tag %q is longer than %d characters", key, maxTagVal)
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return fmt.Errorf("the tag key %q begins with \"aws:\", which is AWS's own", key)
	case !tagText.MatchString(key):
		return fmt.Errorf("the tag key %q holds a character AWS refuses; it takes %s", key, TagCharacters)
	case !tagText.MatchString(value):
		return fmt.Errorf(
			"the value %q of tag %q holds a character AWS refuses; it takes %s",
			value,
			key,
			TagCharacters,
		)
	}
	return nil
}

// TagValue is s as AWS takes it for a tag's value: with "-" for each character
// it refuses, and cut off where it is too long.
func TagValue(s string) string {
	out := []rune(s)
	out = out[:min(len(out), maxTagVal)]
	for i, r := range out {
		if r == utf8.RuneError || !tagText.MatchString(string(r)) {
			out[i] = '-'
		}
	}
	return string(out)
}
