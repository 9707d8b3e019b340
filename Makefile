# `make` lists what can be asked for. Needs Python 3.11 or newer; uses uv where there is one, else venv and pip.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# Asked to run, not only looked up: pyenv leaves a `uv` on the path that fails for other Python versions.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)
FIT := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(shell for it in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$it -c '$(FIT)' 2>/dev/null && echo $$it; done))

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
CATALOGUES := $(wildcard locales/*/LC_MESSAGES/*.po)
PIP_QUIET := -qq --disable-pip-version-check --no-input

ifdef UV
fetch = uv pip install --quiet --python $(BIN)/python --require-hashes --requirements $(1)
enlist = uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
fetch = $(BIN)/python -m pip install $(PIP_QUIET) --require-hashes --requirement $(1)
enlist = $(BIN)/python -m pip install $(PIP_QUIET) --no-deps --no-build-isolation --editable .
endif

##@ Use
.PHONY: run test check fix
run: $(RUNTIME) compile ## install what is needed and serve the whole product with three phones to play
	@exec $(BIN)/python -m bot try $(ARGS)

test: install compile ## install, then run every test (ARGS="-n0 tests/test_flow.py" for some)
	$(BIN)/python -m pytest $(ARGS)

check: format lint types contracts catalogues documents ## format, lint, types, import contracts, catalogues, documents

fix: install ## format, and repair what can be repaired
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

##@ Work
.PHONY: install compile core messages prune bench faults fuzz screens supply dist lock clean help
install: $(DEV) ## make .venv with everything locked, for work on the code

compile: $(RUNTIME) ## compile the catalogues and the gazetteer
	@$(BIN)/python locales/compile.py >/dev/null
	@$(BIN)/python storage/gazetteer/build.py >/dev/null

core: install ## write storage/core.py, the tables of a running process, from the models
	$(BIN)/python -m storage.derive

messages: install ## bring the catalogues in line with the texts of the code
	$(BIN)/python -m locales.update

prune: install ## the same, and drop translations of texts that are gone
	$(BIN)/python -m locales.update --prune

bench: install compile ## measure, as `ntswatch bench` does
	$(BIN)/python -m bot bench $(ARGS)

faults: install compile ## break things in every way, at full length (`make test` has the short form)
	NTSWATCH_FAULTS=full $(BIN)/python -m pytest tests/faults $(ARGS)

fuzz: install compile ## throw what nobody expects at webhooks and web page, for minutes (ARGS="--seconds 600")
	@$(call fetch,requirements-fuzz.lock)
	$(BIN)/python -m tests.fuzz $(ARGS)

screens: install compile ## every screen of the page in every language as pictures, looked at for what is cut or broken (OUT=DIR)
	$(BIN)/python -m tests.screens $(if $(OUT),--out $(OUT)) $(ARGS)

supply: $(RUNTIME) ## a bill of materials (dist/sbom.json), and known holes where the service is reachable
	@.ci/supply

dist: install ## build the wheel and the source archive into dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile --quiet --universal --generate-hashes --upgrade --custom-compile-command "make lock" \
		pyproject.toml --output-file requirements.lock
	uv pip compile --quiet --universal --generate-hashes --upgrade --custom-compile-command "make lock" \
		pyproject.toml --group dev --constraints requirements.lock --output-file requirements-dev.lock
	uv pip compile --quiet --universal --generate-hashes --upgrade --custom-compile-command "make lock" \
		--group fuzz --constraints requirements-dev.lock --output-file requirements-fuzz.lock
	uv pip compile --quiet --universal --generate-hashes --upgrade --custom-compile-command "make lock" \
		--group supply --output-file requirements-supply.lock

clean: ## remove what was made, except .venv and data/
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis .import_linter_cache
	rm -f locales/*/LC_MESSAGES/*.mo storage/gazetteer/data/cells.bin
	find bot handlers locales storage tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

help: ## this list
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

##@ Parts of check
.PHONY: format lint types contracts catalogues documents
format: install ## the format is the formatter's
	$(BIN)/ruff format --check .

lint: install ## no rule of ruff is broken
	$(BIN)/ruff check .

types: install ## mypy, strictly
	$(BIN)/mypy

contracts: install ## imports only go down, decisions are pure
	$(BIN)/lint-imports --no-logo

catalogues: install ## every text is said in every language
	$(BIN)/python -m locales.update --check

documents: install compile ## the documents know every command and setting
	$(if $(wildcard tests/test_docs.py),$(BIN)/python -m pytest -n0 -q tests/test_docs.py)

$(VENV)/pyvenv.cfg:
	@test -n "$(UV)$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found on the path" >&2; exit 1; }
ifdef UV
	@uv venv --quiet --allow-existing --python '>=3.11' $(VENV)
else
	@$(PYTHON) -m venv $(VENV)
endif

$(RUNTIME): requirements.lock | $(VENV)/pyvenv.cfg
	@echo "installing into $(VENV) with $(or $(UV),pip) ..."
	@$(call fetch,requirements.lock)
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml hatch_build.py | $(VENV)/pyvenv.cfg
	@echo "installing into $(VENV) with $(or $(UV),pip) ..."
	@$(call fetch,requirements-dev.lock)
	@$(call enlist)
	@touch $(RUNTIME) $@
