# What there is to make; `make help` lists it.
#
# The servers that demo, test and bench run are real, private and unpacked
# without root below ~/.cache/dbservers by scripts/servers.sh.

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
TOOLS    := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/pgchameleon/bin
LINTER   := $(TOOLS)/golangci-lint-2.15.0
SCRIPTS  := scripts/servers.sh .ci/run
PACKAGES ?= ./...
FUZZTIME ?= 10s

export CGO_ENABLED := 0

.DEFAULT_GOAL := help

.PHONY: build
build: ## build bin/chameleon, one static binary
	$(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/chameleon ./cmd/chameleon

.PHONY: man
man: build ## write the manual pages of all commands into bin/man
	bin/chameleon man --dir bin/man

.PHONY: demo
demo: build ## replicate a sample database on private servers and prove it equal (KEEP=1 leaves them up)
	$(GO) build -o bin/demo ./internal/demo/cmd/demo
	@bin/demo

.PHONY: test
test: build ## run every test on private real servers (PACKAGES=./internal/x/... for some)
	$(GO) build -o bin/withservers ./internal/testserver/cmd/withservers
	bin/withservers $(GO) test -count=1 -p 2 -parallel 3 -timeout 60m $(PACKAGES)

.PHONY: test-quick
test-quick: ## run the tests of the packages that need no server
	@$(GO) list -f '{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}' $(PACKAGES) | \
		grep -v testserver | cut -d' ' -f1 | xargs $(GO) test

FUZZED := internal/typemap internal/ddl/parse

.PHONY: fuzz
fuzz: ## give damaged values and texts to the decoders and parsers (FUZZTIME=10m for each of them)
	@for package in $(FUZZED); do \
		$(GO) test -c -fuzz=Fuzz -o bin/fuzz ./$$package || exit 1; \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\)(f .*/\1/p' $$package/*_test.go); do \
			echo "$$target for $(FUZZTIME)"; \
			(cd $$package && $(CURDIR)/bin/fuzz -test.run='^$$' -test.fuzz="^$$target\$$" -test.fuzztime=$(FUZZTIME) -test.fuzzcachedir=$(CURDIR)/bin/fuzz.cache) || exit 1; \
		done; \
	done

SEED  ?= 0
STEPS ?= 5000

.PHONY: walk
walk: ## walk at random through definitions and rows on each MySQL and MariaDB (SEED=1 for a certain walk, STEPS=5000)
	$(GO) test ./internal/e2e -run TestRandomWalk -count=1 -v -timeout 0 -walk.seed $(SEED) -walk.steps $(STEPS) \
		-walk.servers 'mariadb-10.11 mysql-9.7 mariadb-11.8 mysql-5.6' -walk.shrink 30m

CASES    ?=
ROUNDS   ?= 3
SCALE    ?= 1
DURATION ?= 1h

.PHONY: bench
bench: build ## measure all against the yardsticks, in half an hour; writes docs/benchmarks.md (CASES=copy,apply/hot-row ROUNDS=1 SCALE=0.1 prints some)
	$(GO) build -o bin/bench ./internal/bench/cmd/bench
	@bin/bench -cases '$(CASES)' -rounds $(ROUNDS) -scale $(SCALE)

.PHONY: bench-growth
bench-growth: build ## measure tables of up to 20 million rows, and an hour's load; writes docs/benchmarks-growth.md (DURATION=1h, CASES, SCALE)
	$(GO) build -o bin/bench ./internal/bench/cmd/bench
	@bin/bench -growth -cases '$(CASES)' -scale $(SCALE) -duration $(DURATION)

.PHONY: lint
lint: $(LINTER) ## check the format and the lint rules
	@test -z "$$(gofmt -l cmd internal)" || { echo "not formatted (make fmt): $$(gofmt -l cmd internal)"; exit 1; }
	$(GO) vet ./...
	$(LINTER) run ./...
	@if command -v shellcheck >/dev/null; then shellcheck $(SCRIPTS); else echo "shellcheck is not installed: scripts are not checked"; fi

$(LINTER):
	mkdir -p $(TOOLS)
	cd / && GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	mv $(TOOLS)/golangci-lint $@

.PHONY: fmt
fmt: ## format all Go files
	gofmt -w cmd internal

.PHONY: clean
clean: ## remove what was built (the cached servers stay)
	rm -rf bin

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "%-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
