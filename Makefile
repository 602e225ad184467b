# Every way to build, try, test and deploy. `make` alone lists them; CI calls the same targets.
#
# Needed: Rust by rustup, Node 20.19 or newer, Python 3.10 or newer with its venv module, a C compiler. Everything else is
# brought in by scripts/setup. `sam-local` needs Docker as well, `deploy` the AWS CLI.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export SAM_CLI_TELEMETRY := 0
SAM := PATH="$(CURDIR)/.venv/bin:$$PATH" sam
DENY := $(or $(shell command -v cargo-deny),target/tools/bin/cargo-deny)
PORTAL_SOURCES := $(shell find portal shared/locales \( -name node_modules -o -path portal/dist \) -prune -o -type f -print)

.PHONY: help
help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

.PHONY: run
run: portal/dist/index.html ## Portal, API and a local AWS on this machine, in the foreground (PORT, LOCAL_AWS_PORT, LOCAL_DATA, TLS=1)
	cargo build --locked --package local
	exec target/debug/local run

.PHONY: demo
demo: portal/dist/index.html ## The main job as a transcript; fails unless every step was checked
	cargo build --locked --package local
	target/debug/local demo

.PHONY: test
test: ## Everything that can be tested here, with counts
	scripts/run-tests

.PHONY: test-deep
test-deep: ## The long tests, hours of them; stop and go on as you like. Report in docs/evidence
	scripts/test-deep

.PHONY: openapi
openapi: ## The API's document and the portal's types, from the code
	cargo run --locked --quiet --package local -- openapi > docs/api/openapi.json.new
	mv docs/api/openapi.json.new docs/api/openapi.json
	scripts/setup portal
	npm --prefix portal run api

.PHONY: bars
bars: ## What may never happen at sign-in, tried over and over, as one table (DEEP=1: ten times as often)
	@printf '| Bar | What was tried | What came of it |\n|---|---|---|\n'
	@cargo test --locked --quiet --package api-tests --test bars --test canaries -- --nocapture --test-threads 1 | sed -n 's/^[^|]*| L/| L/p; /^test result/p; /panicked/p'

.PHONY: check
check: ## Formatting, lints, licences, template, generated files
	scripts/setup portal sam cargo-deny
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings
	scripts/check-imports
	$(DENY) --log-level error check --allow unused-wrapper bans licenses sources
	if $(DENY) --log-level off fetch db; then $(DENY) --log-level error check advisories; \
	else echo "SKIP advisories: the advisory database cannot be reached"; fi
	npm --prefix portal run check
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint
	.venv/bin/cfn-lint --regions us-east-1 -- template.yaml infra/*.yaml
	scripts/check-template

.PHONY: bench
bench: ## Speed, memory, size and price, each with what limits it
	scripts/bench

.PHONY: build
build: ## Every function for AWS (ARCHITECTURE=arm64 or x86_64)
	scripts/setup sam
	$(SAM) build --parameter-overrides Architecture=$${ARCHITECTURE:-arm64}
	scripts/check-sizes

.PHONY: sam-local
sam-local: ## The built functions in Lambda's container, against the local AWS; needs Docker
	scripts/setup sam
	cargo build --locked --package local
	scripts/sam-local

.PHONY: deploy
deploy: build portal/dist/index.html ## To AWS: the stack, then the portal. Asks for the parameters the first time
	$(SAM) deploy $(if $(shell grep -s '^parameter_overrides' samconfig.toml),,--guided)
	scripts/upload-portal

portal/dist/index.html: $(PORTAL_SOURCES)
	scripts/setup portal
	npm --prefix portal run build
	touch $@
