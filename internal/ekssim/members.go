package ekssim

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// members is a request body as sent. Unlike a struct it tells a member left
// out from an empty one, and matches names exactly, as EKS does. Members
// that no operation has are ignored.
type members map[string]json.RawMessage

// parseMembers reads a body. [U] the exception for one that is not JSON: the
// name is the one AWS's JSON front ends generally use.
func parseMembers(body string) (members, *awsapi.Error) {
	m := members{}
	if strings.TrimSpace(body) == "" {
		return m, nil
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return nil, &awsapi.Error{
			Code:    "SerializationException",
			Status:  400,
			Message: "ekssim: the body is not a JSON object: " + err.Error(),
		}
	}
	return m, nil
}

// has says whether a member was sent and is not null.
func (m members) has(name string) bool {
	raw, ok := m[name]
	return ok && string(raw) != "null"
}

func (m members) decode(name string, v any) *awsapi.Error {
	if !m.has(name) {
		return nil
	}
	if err := json.Unmarshal(m[name], v); err != nil {
		return &awsapi.Error{
			Code:    "SerializationException",
			Status:  400,
			Message: "ekssim: member " + strconv.Quote(name) + " has the wrong type",
		}
	}
	return nil
}

func (m members) text(name string) (string, *awsapi.Error) {
	var s string
	err := m.decode(name, &s)
	return s, err
}

func (m members) list(name string) ([]string, *awsapi.Error) {
	var s []string
	err := m.decode(name, &s)
	return s, err
}

// An epoch is a time as REST-JSON sends it: seconds, as a number.
type epoch time.Time

// MarshalJSON writes seconds with milliseconds behind the point.
func (t epoch) MarshalJSON() ([]byte, error) {
	ms := time.Time(t).UnixMilli()
	return strconv.AppendFloat(nil, float64(ms)/1000, 'f', -1, 64), nil
}
