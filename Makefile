# Coffer: `make help` lists what there is.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

TARGET ?= $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
STATIC := $(TARGET)/static
STATIC_TRIPLE := $(shell uname -m)-unknown-linux-gnu
# `fast-release` skips link-time optimisation; `make image PROFILE=release` is what is shipped.
PROFILE ?= fast-release
SHIPPED := $(filter release,$(PROFILE))
DIALECT ?= secryn
PROGRAMS := $(STATIC)/$(STATIC_TRIPLE)/$(PROFILE)
BUILD_STATIC := RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --target $(STATIC_TRIPLE) --target-dir $(STATIC)
NODE := $(TARGET)/debug/coffer-node
XTASK := $(TARGET)/debug/xtask
# Tools of a pinned version that outlive the tree, as coffer-node keeps its own.
TOOLS := $(or $(COFFER_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/coffer)/tools
DENY_VERSION := 0.20.2
DENY := $(TOOLS)/cargo-deny-$(DENY_VERSION)/bin/cargo-deny
IMAGE := localhost/coffer:dev
export CARGO_TERM_COLOR ?= auto

.PHONY: help
help: ## This list.
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: test
test: ## Everything that must hold: CI runs this.
	.ci/stages

.PHONY: format
format: ## Formatting.
	cargo fmt --all --check

# One build for all debug programs and tests. Features are those of the packages named, so each `-p` would build
# kube, rustls and tokio once more with features of its own: everything here names the whole workspace.
.PHONY: build
build:
	cargo build --workspace --bins --tests --test cluster --locked

.PHONY: clippy
clippy: ## Lints, all warnings denied.
	cargo clippy --workspace --all-targets --locked -- -D warnings

.PHONY: chromium
chromium: ## Headless Chromium, for the tests of pages: Debian's, unless there is one.
	command -v chromium || command -v chromium-browser || command -v google-chrome || { apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends chromium fonts-dejavu-core; }

.PHONY: vault
vault: node-tool ## A Vault server, for the tests of what keeps secrets in one or speaks like one, and HashiCorp's client: from source, unless the cache has them.
	$(NODE) tools build vault kv2

.PHONY: gitops
gitops: node-tool ## Argo CD's engine and kstatus, for the tests of health and drift: from source, unless the cache has them.
	$(NODE) tools build gitops

.PHONY: unit
unit: chromium vault gitops ## Unit, contract and HTTP tests.
	cargo test --workspace --locked

.PHONY: acceptance
acceptance: ## A dialect's numbered cases: make acceptance DIALECT=secryn, against COFFER_ACCEPTANCE_URL and _TOKEN if they are set.
	cargo test --locked -p coffer-api-server --test acceptance -- $(subst -,_,$(DIALECT))

.PHONY: checks
checks: build ## Generated files are fresh, arrows between rooms hold, files are small.
	$(XTASK) generate --check
	$(XTASK) arrows
	$(XTASK) sizes

.PHONY: fuzz
fuzz: ## Fuzz targets for FOR seconds each (5), all or those of ONLY: make fuzz FOR=600 ONLY=canonical_uri.
	fuzz/run $(or $(FOR),5) $(ONLY)

.PHONY: deny
deny: $(DENY) ## Licences, sources and banned crates of everything we depend on.
	$(DENY) --locked check licenses bans sources

# Apart, because the database of advisories is a Git repository that is fetched anew: it needs the internet, and
# its answer changes with the day and not with the commit.
.PHONY: advisories
advisories: $(DENY) ## Known vulnerabilities of everything we depend on; fetches the RustSec database.
	$(DENY) --locked check advisories

# A debug build takes a quarter of the time of a release build, and checks in three seconds.
$(DENY):
	env -u CARGO_TARGET_DIR CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0 cargo install --quiet --locked --debug \
		--root $(patsubst %/bin/cargo-deny,%,$@) cargo-deny@$(DENY_VERSION)

.PHONY: generate
generate: ## Regenerate everything that is generated and committed.
	cargo xtask generate

.PHONY: programs
programs: ## The five programs, static, as they go into the image.
	$(BUILD_STATIC) --profile $(PROFILE) -p coffer-operator -p coffer-api-server -p coffer-cli $(if $(SHIPPED),,-p coffer-injector)
ifdef SHIPPED
	$(BUILD_STATIC) --profile injector -p coffer-injector
	cp -f $(STATIC)/$(STATIC_TRIPLE)/injector/coffer-injector $(PROGRAMS)/
endif
	$(BUILD_STATIC) --profile agent -p coffer-agent

.PHONY: image
image: programs node-tool ## One scratch image with all programs, as an archive.
	$(NODE) image --name $(IMAGE) -o $(STATIC)/coffer.tar \
		$(foreach p,coffer-operator coffer-api-server coffer-injector coffer,--add $(PROGRAMS)/$(p):/$(p)) \
		--add $(STATIC)/$(STATIC_TRIPLE)/agent/coffer-agent:/coffer-agent --entrypoint /coffer-operator

.PHONY: node-tool
node-tool:
	cargo build --locked --workspace --bin coffer-node

# With one's own cluster no node is needed.
.PHONY: tools
tools: node-tool ## Kubernetes and the chart's tools, from source, unless the cache has them.
	$(NODE) tools build $(if $(KUBECONFIG),helm helm-unittest kubeconform gitops)

.PHONY: e2e
e2e: image ## End-to-end tests on a real node (or on the cluster of KUBECONFIG).
	e2e/run

.PHONY: chart-test
chart-test: node-tool ## The chart: lint, render, unit tests, schemas, rights.
	PATH="$(abspath $(dir $(NODE))):$$PATH" charts/test.sh

.PHONY: demo
demo: image ## From nothing to a running pod that sees its secret, step by step.
	demo/run

.PHONY: demo-down
demo-down: node-tool ## End the demo's node.
	$(NODE) down --name coffer-demo

.PHONY: serve
serve: ## The api-server alone, on SQLite, without Kubernetes.
	cargo build --locked --release -p coffer-api-server -p coffer-cli
	test -e .data/kek || (umask 077; $(TARGET)/release/coffer bootstrap --data .data > .data-bootstrap.json)
	$(TARGET)/release/coffer-api-server --data .data --listen 127.0.0.1:8200 --insecure-http

.PHONY: bench
bench: image ## The figures of docs/BENCHMARKS.md, as a table with goals.
	bench/run all
