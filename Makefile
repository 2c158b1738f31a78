# Every command that a developer or CI runs. `make` lists them. When a target runs for the first
# time, it downloads what it needs into .local/; after that it works without a network.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

ORIGIN := $(if $(ARCH),given,file)
ARCH ?= arm64
STAGE ?= dev
SEEDS ?= 10000
FUZZTIME ?= 30s
BENCH ?= .
PKG ?= ./...
OP ?=
NAME ?=
QUEUE ?=
AT ?=
WITH ?=
GOTESTFLAGS ?=

# All paths are relative to this folder, because its own path may have spaces.
LOCAL := .local
BIN := $(LOCAL)/bin
STAMPS := $(LOCAL)/stamps
VENV := $(LOCAL)/venv
LINTER := $(BIN)/golangci-lint
BENCHSTAT := $(BIN)/benchstat

# The architecture of a deployment is said and not guessed; make build has a default.
DEPLOY = ARCH=$(if $(filter file,$(ORIGIN)),,$(ARCH)) PATH="$$PWD/$(VENV)/bin:$$PATH" $(VENV)/bin/python infra/tools/deploy
NEED := @infra/tools/need
# The flags are the same for the local cloud and for AWS, so both run the same program.
GOBUILD := CGO_ENABLED=0 go build -trimpath -tags lambda.norpc -ldflags='-s -w'
# All tests of one run share one DynamoDB Local. gotestsum prints the output of failed tests only;
# GOTESTSUM_FORMAT=standard-verbose prints all.
GOTEST = go run ./infra/tools/withdb -- go tool -modfile=infra/tools/gotest/go.mod gotestsum -- $(GOTESTFLAGS)
export GOTESTSUM_FORMAT ?= pkgname
# The packages of slow suites, which have targets of their own.
SLOW := ^parley/infra/(e2e|rie|sam|model)(/|$$)
# $(call having,PATTERN) lists the packages that have a test whose name begins with PATTERN.
having = $$(grep -rlE --include='*_test.go' --exclude-dir=node_modules --exclude-dir=.local '^func ($(1))' . | xargs -r -n1 dirname | sort -u)
# What CI runs, on two cores. A plus joins targets that run at the same time (infra/tools/suite).
# The scenarios and the browser tests wait much of their time; then the fuzz targets, the Lambda
# emulator and the web packages run. The models leave half a core free. The linter uses it; on a
# new machine it is built first. What several targets need is installed before, because two of them
# at the same time would install it over each other.
SUITE := stale installed unit scenarios+fuzz browser+sam+web model+lint+tools

.PHONY: help run build test quick check race e2e faults web sdk browser sam cost generate lint tools format fuzz model bench deploy package smoke app sync env rollback canary uncanary redrive restore undeploy requirements clean

help: ## list the targets
	@sed -nE 's/^([a-z0-9]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: $(STAMPS)/web-build program ## the whole cloud on this machine, with a demo app (PORT=8080)
	$(NEED) go node java mvn
	@exec go run ./infra/local/cmd/parley-local

build: program ## the one program for this machine, and build/parley.zip for Lambda (ARCH=arm64)
	@GOOS=linux GOARCH=$(ARCH) $(GOBUILD) -o $(BIN)/bootstrap-$(ARCH) ./functions
	@go run ./infra/tools/zip build/parley.zip bootstrap=$(BIN)/bootstrap-$(ARCH)

test: ## everything CI runs, in about 30 minutes on 2 cores, 40 the first time
	$(NEED) go node java mvn python3 chromium
	@GOTESTFLAGS='-count=1 $(GOTESTFLAGS)' SEEDS=2000 FUZZTIME=4s go run ./infra/tools/suite $(SUITE)

quick: ## what to run while editing, in half a minute: vet, the rules of the tree, tests of the changed packages
	$(NEED) go node java
	@go vet ./...
	@go test ./infra/arch -run '^Test(Imports|Source|FileLength|Glossary|Citations)$$'
	@touched=$$(git status --porcelain --untracked-files=all | sed -nE 's/^...(.* -> )?(.*\.(go|txt))$$/\2/p' | sed -E 's:/testdata/.*:/x:; s:/[^/]*$$::' | sort -u | grep -vE '^infra/(arch|e2e|rie|sam|model)(/|$$)' || true); \
	  [ -z "$$touched" ] || $(GOTEST) $$(for folder in $$touched; do [ ! -d "$$folder" ] || echo "./$$folder"; done)

check: lint tools stale unit ## what to run before each commit: lint, check of generated files, unit tests and case tables

race: ## the same tests with the race detector
	$(NEED) go node java cc
	@$(GOTEST) -race $$(go list ./... | grep -vE '$(SLOW)')

e2e: ## scenarios over real HTTP and WebSocket on the local cloud
	$(NEED) go node java mvn
	@$(GOTEST) -timeout 45m ./infra/e2e/...

faults: ## every operation with every kind of fault of the local cloud; a part of make e2e
	$(NEED) go node java mvn
	@$(GOTEST) -timeout 45m -run '^TestEveryFault' ./infra/e2e

web: $(STAMPS)/web-build ## the web packages: build, types, format, tests
	@cd web && npm run check && npm test

sdk: $(STAMPS)/web program ## the TypeScript client against a local cloud that injects faults
	$(NEED) go node java mvn
	@cd web && npm run faults

browser: $(STAMPS)/web-build program ## the demo in a real browser
	$(NEED) go node java mvn chromium
	@cd web && npm run browser

sam: $(STAMPS)/venv ## sample events through the Lambda emulator and sam local invoke (OP=tencent.account.account_check)
	$(NEED) go node java
	@OPERATION=$(OP) PATH="$$PWD/$(VENV)/bin:$$PATH" $(GOTEST) -timeout 20m $(if $(OP),-run '^Test(Events|Operations)$$/^$(subst .,[.],$(OP))$$') ./infra/rie/... ./infra/sam/...

model: ## random sequences of calls, compared with a model of the domain (SEEDS=10000)
	$(NEED) go node java
	@MODEL_SEEDS=$(SEEDS) $(GOTEST) -timeout 0 -run '^TestModel' $(call having,TestModel)

fuzz: ## every fuzz target (FUZZTIME=30s)
	$(NEED) go node java
	@go run ./infra/tools/withdb -- go run ./infra/tools/fuzz $(FUZZTIME) .

cost: ## measure what every operation consumes, and rewrite the cost cases and the table
	$(NEED) go node java
	@$(GOTEST) -run '^TestOperations$$/./^cost:' $(call having,TestOperations) -update
	@$(GOTEST) -run '^TestCost' $(call having,TestCost) -update

bench: $(BENCHSTAT) program ## benchmarks and loads of pairs who chat, each with its goal and the last run's figure (BENCH=. PKG=./...)
	$(NEED) go node java
	@mkdir -p $(LOCAL)/bench && cd $(LOCAL)/bench && touch new.txt && mv new.txt old.txt
	@go run ./infra/tools/withdb -long -- go test -run '^$$' -bench '$(BENCH)' -benchmem -count 5 $(PKG) | tee $(LOCAL)/bench/new.txt
	@cd $(LOCAL)/bench && ../../$(BENCHSTAT) $$([ -s old.txt ] && echo old.txt) new.txt
	@$(if $(filter .,$(BENCH)),go run ./infra/bench)

generate: ## write the stacks, the reference, the sample events and the SDK's types from the catalog
	$(NEED) go
	@go run ./infra/gen

lint: $(LINTER) $(STAMPS)/venv ## gofmt, vet, go mod tidy, golangci-lint (with staticcheck), cfn-lint, sam validate
	@go vet ./...
	@go mod tidy -diff
	@$(LINTER) run ./...
	@infra/tools/lint-templates $(VENV)/bin

tools: $(STAMPS)/venv ## tests of the deployment, without AWS
	$(NEED) go java
	@PYTHONDONTWRITEBYTECODE=1 go run ./infra/tools/withdb -- $(VENV)/bin/python -m unittest discover --quiet --start-directory infra/tools/deploy --pattern '*_test.py'

format: $(LINTER) ## format the Go files and sort their imports
	@$(LINTER) fmt ./...

deploy: $(STAMPS)/venv ## build and deploy a stage (STAGE=dev ARCH=arm64 WITH="AlarmTopic=arn:...")
	@$(DEPLOY) check $(STAGE) $(WITH)
	@$(MAKE) build
	@$(DEPLOY) up $(STAGE) $(WITH)
	@$(DEPLOY) smoke $(STAGE)

package: $(STAMPS)/venv ## store the packaged templates for Terraform, CDK and others, and print their addresses (STAGE=prod ARCH=arm64)
	@$(MAKE) build
	@$(DEPLOY) package $(STAGE)

smoke: $(STAMPS)/venv ## check that a deployed stage answers (STAGE=dev)
	@$(DEPLOY) smoke $(STAGE)

app: $(STAMPS)/venv ## make an application in a deployed stage and print its secret (STAGE=dev NAME=first)
	@$(DEPLOY) app $(STAGE) NAME=$(NAME)

sync: $(STAMPS)/venv ## give one function of a stage for tests the program as it is here (OP=tencent.message.sendmsg STAGE=dev ARCH=arm64)
	@$(DEPLOY) check $(STAGE)
	@$(MAKE) build
	@$(DEPLOY) sync $(STAGE) OP=$(OP)

env: $(STAMPS)/venv ## print the file --env-vars of sam local invoke for a function (OP=client.message.history STAGE=dev)
	@$(DEPLOY) env $(STAGE) OP=$(OP)

rollback: $(STAMPS)/venv ## deploy the release before the one that runs (STAGE=dev)
	@$(DEPLOY) rollback $(STAGE)
	@$(DEPLOY) smoke $(STAGE)

canary: $(STAMPS)/venv ## make a second program on the data of a stage (STAGE=prod ARCH=arm64)
	@$(DEPLOY) check $(STAGE) $(WITH)
	@$(MAKE) build
	@$(DEPLOY) canary $(STAGE) $(WITH)

uncanary: $(STAMPS)/venv ## remove the second program (STAGE=prod)
	@$(DEPLOY) uncanary $(STAGE)

redrive: $(STAMPS)/venv ## move jobs that were given up back to their queues, or to one (STAGE=dev QUEUE=background)
	@$(DEPLOY) redrive $(STAGE) QUEUE=$(QUEUE)

restore: $(STAMPS)/venv ## make tables as they were at a second, beside those of a stage (STAGE=prod AT=2026-11-29T12:00:00Z)
	@$(DEPLOY) restore $(STAGE) AT=$(AT)

undeploy: $(STAMPS)/venv ## remove a stage with all its data (STAGE=dev)
	@$(DEPLOY) down $(STAGE)

clean: ## remove what was built; the downloads in .local stay
	@rm -rf build .aws-sam $(BIN)/parley $(BIN)/bootstrap-* $(STAMPS)/web-build web/*/dist

# `make` does not list the targets below. They are steps of the targets above.

.PHONY: unit
unit:
	$(NEED) go node java
	@$(GOTEST) -timeout 30m $$(go list ./... | grep -vE '$(SLOW)')

# Both targets wait much of their time.
.PHONY: scenarios
scenarios: e2e sdk

.PHONY: installed
installed: $(STAMPS)/web-build $(STAMPS)/venv

.PHONY: program
program:
	$(NEED) go
	@$(GOBUILD) -o $(BIN)/parley ./functions

.PHONY: stale
stale:
	@go run ./infra/gen -check

# Building golangci-lint takes minutes, so it is only built if a version in go.sum has changed.
$(LINTER) $(BENCHSTAT) &: infra/tools/pinned/go.sum
	$(NEED) go
	@echo 'building the linter (3 minutes, once)'
	@cd infra/tools/pinned && go build -ldflags='-s -w' -o ../../../$(BIN)/ github.com/golangci/golangci-lint/v2/cmd/golangci-lint golang.org/x/perf/cmd/benchstat
	@touch $(LINTER) $(BENCHSTAT)

$(STAMPS)/venv: infra/tools/pinned/requirements.txt
	$(NEED) python3
	@echo 'installing SAM CLI and cfn-lint (1 minute, once)'
	@rm -rf $(VENV) && python3 -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@mkdir -p $(@D) && touch $@

# Writes requirements.txt from requirements.in: all packages, with exact versions and hashes.
requirements:
	$(NEED) python3
	@rm -rf $(LOCAL)/piptools && python3 -m venv $(LOCAL)/piptools
	@$(LOCAL)/piptools/bin/pip install --quiet --disable-pip-version-check pip-tools
	@cd infra/tools/pinned && ../../../$(LOCAL)/piptools/bin/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe \
	  --no-emit-index-url --no-emit-find-links --no-header --output-file requirements.txt requirements.in

$(STAMPS)/web: web/package-lock.json
	$(NEED) node
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@mkdir -p $(@D) && touch $@

WEBSOURCES = $(wildcard $(shell git ls-files --cached --others --exclude-standard web))
$(STAMPS)/web-build: $(STAMPS)/web $(WEBSOURCES)
	@cd web && npm run build
	@touch $@
