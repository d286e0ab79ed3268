# Coffer: `make help` lists what there is.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

TARGET ?= $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
STATIC := $(TARGET)/static
STATIC_TRIPLE := $(shell uname -m)-unknown-linux-gnu
# `fast-release` skips link-time optimisation; `make image PROFILE=release` is what is shipped.
PROFILE ?= fast-release
PROGRAMS := $(STATIC)/$(STATIC_TRIPLE)/$(PROFILE)
NODE := $(TARGET)/debug/coffer-node
IMAGE := localhost/coffer:dev
export CARGO_TERM_COLOR ?= auto

.PHONY: help
help: ## This list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: test
test: format clippy unit checks chart-test e2e ## Everything that must hold: CI runs this.

.PHONY: format
format: ## Formatting.
	cargo fmt --all --check

.PHONY: clippy
clippy: ## Lints, all warnings denied.
	cargo clippy --workspace --all-targets --locked -- -D warnings

.PHONY: unit
unit: ## Unit, contract and HTTP tests.
	cargo test --workspace --locked --exclude coffer-e2e

.PHONY: checks
checks: ## Generated files are fresh, arrows between rooms hold, files are small.
	cargo xtask generate --check
	cargo xtask arrows
	cargo xtask sizes

.PHONY: generate
generate: ## Regenerate everything that is generated and committed.
	cargo xtask generate

.PHONY: programs
programs: ## The five programs, static, as they go into the image.
	RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --profile $(PROFILE) --target $(STATIC_TRIPLE) --target-dir $(STATIC) \
		-p coffer-operator -p coffer-api-server -p coffer-injector -p coffer-cli
	RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --profile agent --target $(STATIC_TRIPLE) --target-dir $(STATIC) -p coffer-agent

.PHONY: image
image: programs node-tool ## One scratch image with all programs, as an archive.
	$(NODE) image --name $(IMAGE) -o $(STATIC)/coffer.tar \
		$(foreach p,coffer-operator coffer-api-server coffer-injector coffer,--add $(PROGRAMS)/$(p):/$(p)) \
		--add $(STATIC)/$(STATIC_TRIPLE)/agent/coffer-agent:/coffer-agent --entrypoint /coffer-operator

.PHONY: node-tool
node-tool:
	cargo build --locked -p coffer-node

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
