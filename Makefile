# OpenBell's few commands. `make help` lists them; ARGS passes flags on: make up ARGS="--port 8100"
.DEFAULT_GOAL := help
.PHONY: help setup up test check bench proof fuzz mutants screenshots clean
SHELL := /bin/bash

BIN := .venv/bin
ARGS ?=
CORE := $(wildcard $(foreach d,core log node,src/openbell/$d/*.py src/openbell/$d/*.pxd))
WEB := $(shell [ -e web/package.json ] && git ls-files --cached --others --exclude-standard web)

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: .venv/.done web/dist/.done  ## bring uv, the Python environment with its compiled core, and the built app

.venv/.done: pyproject.toml uv.lock $(wildcard setup.py) scripts/drill.py $(CORE) scripts/setup-python
	@scripts/setup-python
	@touch $@

web/dist/.done: $(WEB) scripts/setup-web scripts/web | .venv/.done
	@scripts/setup-web
	@mkdir -p $(@D) && touch $@

up: setup  ## open the market at http://127.0.0.1:8000 (Ctrl-C closes it)
	@exec $(BIN)/openbell up $(ARGS)

check: setup  ## formatting, lint and types of every language
	@scripts/check

test: setup  ## everything that must hold: check, then all tests (ARGS are pytest's)
	@scripts/test $(ARGS)

bench: setup  ## one measurement: make bench ARGS="orders --rate 1000"
	@$(BIN)/openbell bench $(ARGS)

proof: setup  ## core against oracle for long: make proof ARGS="--commands 10000000"
	@$(BIN)/python -m tests.core.proof $(ARGS)

fuzz: setup  ## any bytes as commands until it is stopped: make fuzz ARGS="--seconds 600"
	@$(BIN)/python -X faulthandler -m tests.core.fuzz_run $(ARGS)

mutants: setup  ## which small changes of the core no test notices: make mutants ARGS="--count 200 --seed 1"
	@$(BIN)/python -m tests.core.mutants $(ARGS)

screenshots: setup  ## every screen of the app, as a picture, in web/screenshots
	@$(BIN)/python -m tests.web.screenshots

clean:  ## remove what setup made (never the data folder)
	rm -rf .venv .tools build web/node_modules web/dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -f src/openbell/{core,log,node}/*.{so,c} src/openbell/core/layouts.pxd
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
