package main

import "time"

// machineNow is the time by this machine's clock.
func (p *program) machineNow() time.Time {
	if p.testOnlyNow != nil {
		return p.testOnlyNow()
	}
	return time.Now()
}
