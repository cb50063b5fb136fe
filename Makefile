# What there is to do here: `make` lists it. Every target sets up what it needs; doing it again is quick.

.DEFAULT_GOAL := help
.PHONY: help run test lint types bench corpus kill scrape fuzz lock schemas man deb deb-trial release clean unit-trial
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VENV := .venv
BIN := $(VENV)/bin
CONFIG := config/gateway.yaml
# The distribution's own before another on the path: it is built with profile-guided optimization, and is what the package runs on.
USABLE := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
ifndef PYTHON
PYTHON := $(shell for one in /usr/bin/python3 python3; do $$one -c '$(USABLE)' 2>/dev/null && { echo $$one; exit; }; done; echo python3)
endif
# Debian packages that the tests start as real peers.
PEERS := dovecot-imapd postfix openssl opendkim opendmarc clamav-daemon postgresql mandoc groff-base systemd prometheus slapd pgbouncer
JOBS ?= 2
ROUNDS ?= 200
# A folder of messages with expected results; empty: ../shared/corpus.
CORPUS ?=
# One section of the bench alone; empty: all.
SECTION ?=

help:  ## list what there is to do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/ready  ## run the gateway on 127.0.0.1:8025 with sample accounts
	@test -s var/gateway.db || $(BIN)/gateway --config $(CONFIG) accounts import config/accounts.yaml
	@cat config/welcome.txt
	@exec $(BIN)/gateway --config $(CONFIG) run

test: lint types peers  ## run everything: lint, types and all tests
	$(BIN)/pytest -n $(JOBS)

lint: $(VENV)/ready  ## ruff and the floors of the architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache | tail -n +10

types: $(VENV)/ready  ## mypy, strict
	$(BIN)/mypy

bench: $(VENV)/ready .bench/ready peers  ## measure, each figure beside a peer's in the same run
	@$(BIN)/python tests/bench/run.py $(SECTION)

corpus: $(VENV)/ready  ## measure how real mail is read, where a collection of it lies beside this folder
	$(BIN)/python tests/measure/run.py $(CORPUS)

kill: $(VENV)/ready  ## kill -9 at each point of a message's way, then ROUNDS=200 times at random under load, then PAIR_ROUNDS=50 times two over PostgreSQL; HANG_ROUNDS=25 times let one hang
	PYTHONPATH=tests $(BIN)/python -m crash.rounds $(ROUNDS)
	PYTHONPATH=tests $(BIN)/python -m crash.pair $(PAIR_ROUNDS)
	PYTHONPATH=tests $(BIN)/python -m crash.hang $(HANG_ROUNDS)

scrape: $(VENV)/ready  ## what a scrape of the metrics costs among a million messages
	PYTHONPATH=tests $(BIN)/python tests/bench/scrape.py

fuzz: $(VENV)/ready  ## a million hostile inputs for each of what reads them
	$(BIN)/python tests/fuzz/run.py

unit-trial: $(VENV)/ready  ## the units under a real systemd, in namespaces of its own; wants root
	$(BIN)/python tests/trials/unit.py

lock: $(VENV)/ready  ## resolve the dependencies anew, with hashes and without addresses
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header tests/bench/requirements-peers.in -o tests/bench/requirements-peers.txt

schemas: $(VENV)/ready  ## write the published JSON Schemas anew, from the code
	$(BIN)/python -m gateway.config > docs/gateway.schema.json
	$(BIN)/python -m gateway.config policies > docs/policies.schema.json

man: $(VENV)/ready  ## write the manual pages to build/man, and what bash and zsh complete by to build/completion
	SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} $(BIN)/python -m contrib.man build/man
	@mkdir -p build/completion
	$(BIN)/gateway completion bash > build/completion/gateway
	$(BIN)/gateway completion zsh > build/completion/_gateway

deb: $(VENV)/ready  ## build the Debian package, dist/mail-gateway_VERSION_amd64.deb
	@rm -f dist/*.deb
	contrib/debian/build $(BIN)/python dist

deb-trial: deb  ## install that package in a Debian 12 of its own: a ticket, an upgrade, a purge (root, debootstrap)
	@command -v debootstrap >/dev/null || $(MAKE) --no-print-directory apt PACKAGES=debootstrap
	PYTHONPATH=tests $(BIN)/python -m package.trial

release: $(VENV)/ready  ## before a version's tag: write its database down, for the tests of later ones
	$(BIN)/python tests/store/release.py

clean:  ## remove what the targets made, the sample database too
	rm -rf $(VENV) .bench var dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/ready: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; $(PYTHON) is older" >&2; exit 1; }
	@$(PYTHON) -m venv --help >/dev/null 2>&1 && $(PYTHON) -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory apt PACKAGES=python3-venv
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What the bench compares us with has an environment of its own: nothing of it is ever imported by the gateway.
.bench/ready: tests/bench/requirements-peers.txt $(VENV)/ready
	@$(PYTHON) -m venv --clear .bench
	@.bench/bin/pip install -q --disable-pip-version-check --require-hashes -r tests/bench/requirements-peers.txt
	@touch $@

.PHONY: peers apt
peers:
	@missing=""; for one in $(PEERS); do dpkg -s $$one >/dev/null 2>&1 || missing="$$missing $$one"; done; \
	test -z "$$missing" || $(MAKE) --no-print-directory apt PACKAGES="$$missing" || \
	test "$$(id -u)" -ne 0

# Root installs; anybody else is told the one line. Nothing that is installed is ever removed for it.
apt:
	@if [ "$$(id -u)" -eq 0 ]; then \
	    export DEBIAN_FRONTEND=noninteractive; \
	    apt-get update -q >/dev/null && apt-get install -yq --no-remove --no-install-recommends $(PACKAGES) >/dev/null; \
	else \
	    echo "This needs Debian packages; have root run: apt-get install --no-remove --no-install-recommends $(PACKAGES)" >&2; \
	    exit 1; \
	fi
