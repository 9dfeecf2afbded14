package awsclient

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// A process gets credentials from the credential_process of a profile. It does
// what the SDK's provider does, and ends the program together with the call
// that waits for it: the SDK leaves it running for a minute, and for ever what
// that started itself.
type process struct {
	sdk *processcreds.Provider

	mu   sync.Mutex
	stop context.CancelFunc // of the program that is running; nil for none
	done chan struct{}      // closed when it has ended
}

func newProcess(command string) *process {
	p := &process{}
	start := func(ctx context.Context) (*exec.Cmd, error) {
		ctx, cancel := context.WithCancel(ctx)
		p.mu.Lock()
		p.stop = cancel
		p.mu.Unlock()
		cmd, err := processcreds.DefaultNewCommandBuilder{Args: []string{command}}.NewCommand(ctx)
		if err != nil {
			return nil, err
		}
		cmd.Stdout = &limitedBuffer{}
		cmd.WaitDelay = time.Second // for what it started and left behind
		setProcessGroup(cmd)
		return cmd, nil
	}
	p.sdk = processcreds.NewProviderCommand(processcreds.NewCommandBuilderFunc(start))
	return p
}

// Retrieve runs the program.
func (p *process) Retrieve(ctx context.Context) (aws.Credentials, error) {
	done := make(chan struct{})
	defer close(done)
	p.mu.Lock()
	p.done = done
	p.mu.Unlock()
	return p.sdk.Retrieve(ctx)
}

// kill ends the program, if it runs.
func (p *process) kill() {
	p.mu.Lock()
	stop, done := p.stop, p.done
	p.mu.Unlock()
	if stop == nil || done == nil {
		return
	}
	stop()
	<-done
}

// A stoppable provider has a process somewhere behind it.
type stoppable struct {
	aws.CredentialsProvider // caches
	process                 *process
}

// Retrieve returns when ctx is done, and has ended the program then.
func (s stoppable) Retrieve(ctx context.Context) (aws.Credentials, error) {
	credentials, err := s.CredentialsProvider.Retrieve(ctx)
	if err != nil && ctx.Err() != nil {
		s.process.kill()
	}
	return credentials, err
}

// withStoppableProcess replaces the SDK's provider where the credentials of cfg
// come from a credential_process, also through roles that profiles name.
func withStoppableProcess(cfg aws.Config) aws.Config {
	if !aws.IsCredentialsProvider(cfg.Credentials, (*processcreds.Provider)(nil)) &&
		!aws.IsCredentialsProvider(cfg.Credentials, (*stscreds.AssumeRoleProvider)(nil)) {
		return cfg
	}
	for _, source := range cfg.ConfigSources {
		shared, ok := source.(config.SharedConfig)
		if !ok {
			continue
		}
		if command := processOf(&shared); command != "" {
			p := newProcess(command)
			cfg.Credentials = stoppable{aws.NewCredentialsCache(assumeChain(cfg, &shared, p)), p}
		}
		return cfg
	}
	return cfg
}

// processOf is the credential_process that the profile's credentials begin
// with; "" where they begin with something else. The order is the SDK's
// (package config, resolveCredsFromProfile).
func processOf(shared *config.SharedConfig) string {
	for shared.Source != nil {
		shared = shared.Source
	}
	if shared.Credentials.HasKeys() || shared.CredentialSource != "" || shared.WebIdentityTokenFile != "" ||
		shared.SSOAccountID != "" || shared.SSOSessionName != "" || shared.LoginSession != "" {
		return ""
	}
	return shared.CredentialProcess
}

// assumeChain are the credentials after the roles of a profile and of those it
// names as source_profile.
func assumeChain(cfg aws.Config, shared *config.SharedConfig, first aws.CredentialsProvider) aws.CredentialsProvider {
	provider := first
	if shared.Source != nil {
		provider = assumeChain(cfg, shared.Source, first)
	}
	if shared.RoleARN == "" {
		return provider
	}
	cfg = cfg.Copy()
	cfg.Credentials = aws.NewCredentialsCache(provider)
	return stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), shared.RoleARN, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = shared.RoleSessionName
		if d := shared.RoleDurationSeconds; d != nil && *d > stscreds.DefaultDuration {
			o.Duration = *d
		}
		if shared.ExternalID != "" {
			o.ExternalID = aws.String(shared.ExternalID)
		}
	})
}

// A limitedBuffer takes no more than credentials need.
type limitedBuffer struct{ bytes.Buffer }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > 1<<20 {
		return 0, errors.New("the program printed more than 1 MiB")
	}
	return b.Buffer.Write(p)
}
