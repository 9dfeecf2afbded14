package awsapi

import (
	"errors"
	"regexp"
	"strconv"
	"testing"
)

func TestTokens(t *testing.T) {
	opaque := regexp.MustCompile(`^[A-Za-z0-9_-]*$`) // needs no escaping in a query
	for _, text := range []string{"", "1", "next page/2?", "arn:aws:iam::111122223333:role/a", "\x00\xff\xfe"} {
		token := SealToken(text)
		if !opaque.MatchString(token) || text != "" && token == text {
			t.Errorf("SealToken(%q) = %q", text, token)
		}
		if got := OpenToken(token); got != text {
			t.Errorf("OpenToken(SealToken(%q)) = %q", text, got)
		}
	}
	for _, token := range []string{"", "!", "a b", "YQ==", "+/+/", "A"} {
		if got := OpenToken(token); got != "" {
			t.Errorf("OpenToken(%q) = %q, want nothing", token, got)
		}
	}
}

func TestParseCount(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int
		err  error
	}{
		{"1", 1, nil},
		{"100", 100, nil},
		{"042", 42, nil},
		{"0", 0, strconv.ErrRange},
		{"101", 0, strconv.ErrRange},
		{"-1", 0, strconv.ErrRange},
		{"99999999999999999999", 0, strconv.ErrRange},
		{"", 0, strconv.ErrSyntax},
		{"ten", 0, strconv.ErrSyntax},
		{"1.5", 0, strconv.ErrSyntax},
		{" 1", 0, strconv.ErrSyntax},
	} {
		got, err := ParseCount(tt.text, 1, 100)
		if !errors.Is(err, tt.err) || err == nil && got != tt.want {
			t.Errorf("ParseCount(%q, 1, 100) = %d, %v, want %d, %v", tt.text, got, err, tt.want, tt.err)
		}
	}
}
