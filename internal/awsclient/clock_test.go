package awsclient

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	start := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	type answer struct {
		date           string // time of day
		sent, received time.Duration
	}
	for _, test := range []struct {
		name    string
		answers []answer
		want    time.Duration
		known   bool
	}{
		{name: "no answer"},
		{name: "same clock", answers: []answer{{"08:00:00", 0, time.Second}}, known: true},
		{name: "same clock, whole seconds", answers: []answer{{"08:00:00", 900 * time.Millisecond,
			950 * time.Millisecond}}, known: true},
		{name: "AWS is ahead", answers: []answer{{"17:00:00", 0, 400 * time.Millisecond}}, want: 9 * time.Hour,
			known: true},
		{name: "AWS is behind", answers: []answer{{"07:30:00", 0, 0}}, want: -30 * time.Minute, known: true},
		{name: "a slow answer changes nothing", answers: []answer{{"17:00:00", 0, 400 * time.Millisecond},
			{"17:00:20", 5 * time.Second, 35 * time.Second}},
			want: 9 * time.Hour, known: true},
		{name: "a quick answer corrects a slow one",
			answers: []answer{{"08:00:30", 0, 30 * time.Second},
				{"17:01:00", 60 * time.Second, 60400 * time.Millisecond}},
			want: 9 * time.Hour, known: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			now := start
			c := Clock{Machine: func() time.Time { return now }}
			for _, a := range test.answers {
				date, err := time.Parse(time.DateTime, "2026-11-30 "+a.date)
				if err != nil {
					t.Fatal(err)
				}
				c.update(date, start.Add(a.sent), start.Add(a.received))
			}
			if got, known := c.Offset(); got != test.want || known != test.known {
				t.Errorf("offset %s, known %v; want %s, %v", got, known, test.want, test.known)
			}
			if got := c.Now(); !got.Equal(start.Add(test.want)) {
				t.Errorf("now is %s", got)
			}
		})
	}
}
