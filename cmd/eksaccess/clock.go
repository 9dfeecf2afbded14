package main

import (
	"fmt"
	"time"
)

// clockTolerance is the difference between this machine's clock and that of AWS
// from which on there is a warning. EKS and STS refuse signatures that are more
// than five minutes off (IAM user guide, "Troubleshoot Signature Version 4 requests").
const clockTolerance = time.Minute

// machineNow is the time by this machine's clock.
func (p *program) machineNow() time.Time {
	if p.testOnlyNow != nil {
		return p.testOnlyNow()
	}
	return time.Now()
}

// warnOfClock prints, once a run, how far this machine's clock is from that of
// AWS, which ends and holds are judged by.
func (p *program) warnOfClock() {
	offset, _ := p.clock.Offset()
	if p.clockWarned || offset.Abs() < clockTolerance {
		return
	}
	p.clockWarned = true
	side := "behind"
	if offset < 0 {
		side = "ahead of"
	}
	p.complain(
		"warning",
		fmt.Sprintf("this machine's clock is %s %s that of AWS (%s); ends and holds are judged by AWS's time",
			offset.Abs().Round(time.Second), side, p.clock.Now().UTC().Format(time.RFC3339)),
	)
	p.complain("hint", "set this machine's clock, by the network's time; see \"timedatectl\" or \"date -u\"")
}
