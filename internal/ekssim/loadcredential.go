package ekssim

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/iam"
)

func (st *state) addCredential(c iam.Credential, now time.Time) error {
	for _, d := range c.Policies {
		if err := d.Check(); err != nil {
			return err
		}
	}
	if c.AccessKeyID == "" {
		return fmt.Errorf("no accessKeyId")
	}
	if st.Credentials[c.AccessKeyID] != nil {
		return fmt.Errorf("listed twice")
	}
	if !strings.HasPrefix(c.Principal, "arn:") && st.Accounts[c.Account] == nil {
		return fmt.Errorf("account %q is not in this world", c.Account)
	}
	if a, ok := arns.Parse(c.Principal); ok {
		c.Account = a.Account
	}
	if st.Accounts[c.Account] == nil {
		if err := st.addAccount(Account{ID: c.Account}, nil, now); err != nil {
			return err
		}
	}
	arn, err := arns.Expand(c.Principal, st.Accounts[c.Account].Partition, c.Account)
	if err != nil {
		return err
	}
	c.Principal = arn
	a, _ := arns.Parse(arn)
	if c.BoundTo == "" {
		if err := st.ensure(arn, now); err != nil {
			return err
		}
		c.BoundTo = st.BoundID(arn)
	}
	switch {
	case a.Kind == "root":
		c.BoundTo = a.Account
	case a.Kind == "role":
		c.Session = cmp.Or(c.Session, "session")
	}
	c.ExpiresAt = millis(c.ExpiresAt)
	st.Credentials[c.AccessKeyID] = &c
	return nil
}
