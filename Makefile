# One command does what CI does. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TEMPLATES := src/offangle/web/templates
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev up check format test bench bench-gsi study docs lock assets assets-check clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.runtime ## Install Offangle and its locked dependencies into .venv
setup-dev: $(VENV)/.dev ## The same, with the tools that check and test it

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing Offangle (a minute or two the first time) …"
	$(PIP) install --require-hashes -r requirements/runtime.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "Installing the tools for development …"
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

up: setup ## Start Offangle and print its address
	@$(BIN)/offangle up

check: setup-dev ## Lint, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djangofmt --check --quiet $(TEMPLATES)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup-dev ## Bring the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djangofmt --quiet $(TEMPLATES)

test: setup-dev ## Everything CI runs: check, tests on SQLite and PostgreSQL, browser
	@BIN="$(BIN)" bash tools/test.sh

bench: setup-dev ## Figures: ratios against a peer in one run
	$(BIN)/python benchmarks/run.py

bench-gsi: setup-dev ## Posts of game clients: durable posts per second, slow clients, a plain view beside it
	$(BIN)/python benchmarks/bench_gsi.py

study: setup-dev ## How alike simulated and real matches are: plays 200, for hours; tables go to test-artifacts/study, where a run that was broken off goes on
	PYTHONPATH=studies $(BIN)/python -m distributions --simulate 200 --keep --out test-artifacts/study --plot docs/images/distributions.png

docs: setup-dev ## Write the reference pages that are made from the code
	OFFANGLE_DATA_DIR=$$(mktemp -d) $(BIN)/python -m offangle.cli.reference docs/reference

assets: ## Rebuild the viewer's files under web/static
	cd viewer && npm ci --no-audit --no-fund && npm run build

assets-check: assets ## Fail when the committed files differ from what the sources build
	git diff --exit-code -- src/offangle/web/static

lock: setup-dev ## Write the locks anew: versions and hashes, no addresses
	$(BIN)/$(LOCK) --group build -o requirements/runtime.txt
	$(BIN)/$(LOCK) --group build --group dev -o requirements/dev.txt

clean: ## Remove what the build and the tests left, not your data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-artifacts viewer/node_modules
