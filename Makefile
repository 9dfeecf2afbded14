# Two commands to know: make demo, make test. Both leave the work tree clean.

GO ?= go

.PHONY: build demo test soak race chaos e2e browser acceptance acceptance-sim lint fuzz golden bench bench-peers release-check

build: ## both programs into bin/
	$(GO) build -o bin/ ./cmd/eksaccess ./cmd/ekssim

demo: build ## the main commands, on a simulated AWS
	@examples/demo/demo.sh

test: ## all tests, with some random worlds
	$(GO) test -timeout 20m ./...

soak: ## many random worlds, and scripts in which each run is a process
	CHECKS=1000 $(GO) test -count=1 -timeout 30m ./cmd/eksaccess
	CHECKS=2000 $(GO) test -count=1 -timeout 20m ./plan ./apply ./spec ./internal/audit ./internal/ekssim

race: ## all tests under the race detector, with few random worlds
	CHECKS=20 $(GO) test -race -timeout 40m ./...

lint: ## what has to be quiet before a change lands
	@test -z "$$(gofmt -l .)" || { echo "gofmt would change:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags chaos ./cmd/eksaccess
	$(GO) vet -tags bench ./cmd/eksaccess
	$(GO) vet -tags acceptance ./internal/acceptance
	$(GO) test -run 'TestWords|TestNoFunctionIsAParticiple|TestLineLength|TestNoDecisionByProse' .
	$(GO) mod tidy -diff
	cd internal/browsertest && $(GO) vet ./... && $(GO) mod tidy -diff && $(GO) tool -modfile=../../go.mod staticcheck ./...
	$(GO) tool staticcheck ./...
	$(GO) tool staticcheck -tags chaos ./cmd/eksaccess
	$(GO) tool staticcheck -tags acceptance ./internal/acceptance
	@dead="$$($(GO) tool deadcode -test ./...)" && test -z "$$dead" || { echo "no test or program calls:"; echo "$$dead"; exit 1; }
	cd e2e && $(GO) vet ./... && $(GO) tool -modfile=../go.mod staticcheck ./...

chaos: ## kill the program at every write, let calls fail in random worlds; CHAOS_WORLDS=200 CHAOS_SEED=N
	cd cmd/eksaccess && $(GO) test -tags chaos -run '^TestChaos$$' -count=1 -timeout 12m

e2e: ## against a real Kubernetes API server and kubectl; builds both the first time, which takes minutes
	cd e2e && $(GO) test -count=1 -timeout 60m

browser: build ## the pages in a headless Chromium, which is installed where that is allowed
	@internal/browsertest/chromium.sh
	cd internal/browsertest && $(GO) test -count=1 ./...

bench: ## how fast it is, as in docs/performance.md; takes a quarter of an hour. BENCH='1 ×' BENCH_RATE=100
	@$(GO) test ./internal/live -run '^$$' -bench . -benchtime 3x
	@cd cmd/eksaccess && $(GO) test -tags bench -run '^TestBench$$' -count=1 -timeout 2h -v

bench-peers: ## what a loop of the aws command takes for the same, where there is one; takes minutes. BENCH_ENTRIES=20
	@cd cmd/eksaccess && $(GO) test -tags bench -run '^TestBenchPeers$$' -count=1 -timeout 2h -v

acceptance: ## on a real, disposable cluster: CLUSTER=… REGION=… PRINCIPAL=…; docs/acceptance.md first
	@cd internal/acceptance && CLUSTER='$(CLUSTER)' REGION='$(REGION)' PRINCIPAL='$(PRINCIPAL)' \
		$(GO) test -tags acceptance -run '^TestAcceptance$$' -v -count=1 -timeout 70m

acceptance-sim: ## the same on the simulator
	cd internal/acceptance && $(GO) test -tags acceptance -v -count=1 -timeout 10m -simulator

fuzz: ## each fuzz target for a short while; FUZZTIME=5m for longer
	$(GO) test ./spec -run '^$$' -fuzz FuzzDecode -fuzztime $(or $(FUZZTIME),20s)
	$(GO) test ./spec -run '^$$' -fuzz FuzzEncodeText -fuzztime $(or $(FUZZTIME),20s)
	$(GO) test ./internal/cani -run '^$$' -fuzz FuzzParse -fuzztime $(or $(FUZZTIME),20s)
	$(GO) test ./internal/terraform -run '^$$' -fuzz FuzzRead -fuzztime $(or $(FUZZTIME),20s)
	$(GO) test ./internal/eksctl -run '^$$' -fuzz FuzzRead -fuzztime $(or $(FUZZTIME),20s)
	$(GO) test ./internal/awsauth -run '^$$' -fuzz FuzzParse -fuzztime $(or $(FUZZTIME),20s)
	$(GO) test ./internal/awsauth -run '^$$' -fuzz FuzzManifest -fuzztime $(or $(FUZZTIME),20s)
	$(GO) test ./internal/transfer -run '^$$' -fuzz FuzzAWSAuth -fuzztime $(or $(FUZZTIME),20s)
	$(GO) test ./internal/journal -run '^$$' -fuzz FuzzParse -fuzztime $(or $(FUZZTIME),20s)
	$(GO) test ./internal/snapshot -run '^$$' -fuzz FuzzParse -fuzztime $(or $(FUZZTIME),20s)
	$(GO) test ./internal/kube -run '^$$' -fuzz FuzzKubeconfig -fuzztime $(or $(FUZZTIME),20s)

golden: ## rewrite the golden parts of tests, to be read before they are committed
	$(GO) test . ./internal/audit ./internal/render ./internal/terraform ./internal/cloudformation ./spec -update
	$(GO) test ./cmd/eksaccess -run "TestScript|TestManualPage" -update
	cd internal/acceptance && $(GO) test -tags acceptance -run '^TestAcceptance$$' -simulator -update

release-check: ## the release's configuration, where goreleaser is installed
	@if command -v goreleaser >/dev/null; then goreleaser check; else echo "goreleaser is not installed: .goreleaser.yaml was not checked"; fi
