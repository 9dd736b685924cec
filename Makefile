# Every task of the house. `make` alone lists them.
#
# Everything runs from .venv, into which the *built wheel* is installed, never the checkout: what is tested is what is shipped.
# Two stamps keep a second call quick: one for each lock, one for the sources.

PYTHON   ?= python3.11
HOME_DIR ?= home
PORT     ?= 8000
DATA     ?= ../shared/data
JOBS     ?= 2
UPGRADE  ?=

VENV     := .venv
BIN      := $(VENV)/bin
PIP      := $(BIN)/python -m pip --disable-pip-version-check
LOCK     := $(VENV)/.lock-run
LOCK_DEV := $(VENV)/.lock-dev
WHEEL    := $(VENV)/.wheel

# Folders count too, so that a removed file is noticed; "seeds/." because the target of that name would be made each time.
SOURCES  := pyproject.toml $(shell find src collections seeds/. ! -path '*__pycache__*' 2>/dev/null)
PYTHONS  := $(wildcard src tests benchmarks demo)

UV_COMPILE := $(BIN)/uv pip compile pyproject.toml --no-config --universal --python-version 3.11 --generate-hashes \
              --no-header --no-emit-index-url --no-emit-find-links --quiet $(UPGRADE)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help run test lint format bench demo docs lock seeds realdata soak clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

run: $(WHEEL) ## serve an exchange from ./home, made on the first run (HOME_DIR, PORT)
	@test -f "$(HOME_DIR)/tocsin.toml" || $(BIN)/tocsin init "$(HOME_DIR)"
	@$(BIN)/tocsin --home "$(HOME_DIR)" seed
	@exec $(BIN)/tocsin --home "$(HOME_DIR)" serve --port $(PORT)

test: lint $(WHEEL) ## lint, then every test but the soak (JOBS)
	$(BIN)/pytest -n $(JOBS) --dist loadfile --durations 10

lint: $(LOCK_DEV) ## ruff (rules and format) and mypy
	$(BIN)/ruff check $(PYTHONS)
	$(BIN)/ruff format --check $(PYTHONS)
	$(BIN)/mypy

format: $(LOCK_DEV) ## write the code as ruff wants it
	$(BIN)/ruff check --fix $(PYTHONS)
	$(BIN)/ruff format $(PYTHONS)

bench: $(LOCK_DEV) $(WHEEL) ## measure the promises
	$(BIN)/python -m benchmarks

demo: $(LOCK_DEV) $(WHEEL) ## one provider notifies another, which verifies, acts and answers, with a kill in between
	@$(BIN)/python -m demo

docs: $(LOCK_DEV) $(WHEEL) ## check that every target, command and setting is in the docs
	$(BIN)/pytest tests/house/test_text.py tests/house/test_docs.py

seeds: $(WHEEL) ## compile the case files in seeds/, and write the extension definitions
	$(BIN)/tocsin case compile seeds/*.yaml
	@$(BIN)/python -c 'import json; from tocsin.model import extension as e; print(json.dumps(e.bundle(), indent=2, ensure_ascii=False))' > seeds/.extensions
	@mv seeds/.extensions seeds/extensions.json

realdata: $(LOCK_DEV) $(WHEEL) ## the tests on large public data sets (DATA: the folder that holds them)
	TOCSIN_REALDATA="$(abspath $(DATA))" $(BIN)/pytest -rs tests/realdata

soak: $(LOCK_DEV) $(WHEEL) ## the tests that run for minutes
	$(BIN)/pytest -m soak

lock: | $(BIN)/python ## write both locks anew from pyproject.toml (UPGRADE=--upgrade for newer releases)
	@test -x $(BIN)/uv || $(PIP) install --quiet --require-hashes -r requirements-dev.lock
	$(UV_COMPILE) --extra build -o requirements.lock
	$(UV_COMPILE) --extra build --extra dev --extra warninglists --constraint requirements.lock -o requirements-dev.lock
	@sed -i '1i # What Tocsin runs on, and what builds its wheel. Written by: make lock' requirements.lock
	@sed -i '1i # What Tocsin runs on, is built by and tested with. Written by: make lock' requirements-dev.lock

clean: ## remove .venv, builds and caches; ./home stays
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find src tests benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# A half-made environment is removed, so that the next call starts over.
$(BIN)/python:
	@python=$$(command -v $(PYTHON) || command -v python3) \
	  && "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Tocsin needs Python 3.11 or newer: install it, or say where it is with make PYTHON=/path/to/python3' >&2; exit 1; }; \
	"$$python" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(LOCK): requirements.lock | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements.lock
	@touch $@

# The development lock holds the other one whole (tests/house/test_packaging.py), so one installation does for both.
$(LOCK_DEV): requirements-dev.lock requirements.lock | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $(LOCK) $@

$(WHEEL): $(SOURCES) | $(LOCK)
	$(PIP) install --quiet --no-deps --no-build-isolation --force-reinstall .
	@touch $@
