# The commands of Vafa. Every target does the set-up it needs first; `make` lists them.
SHELL := /bin/sh
PYTHON := .venv/bin/python
# More words for a command: make demo ARGS="--seed 7 --cards 40"
ARGS ?=
PYTEST := $(PYTHON) -m pytest -n 2 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help setup run demo seeds bench test test-slow test-all lint format proto lock clean

help: ## Lists these targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## Installs everything that running and testing need.
	@sh tools/setup/ensure.sh test

run: ## Host, gateway, terminal and a tray of cards, standing, until Ctrl-C.
	@./vafa run $(ARGS)

demo: ## A day at two branches with cuts and torn cards, told and settled.
	@./vafa demo $(ARGS)

seeds: setup ## The demo over twenty seeds, and its planted faults.
	@$(PYTHON) -m tools.seeds $(ARGS)

bench: setup ## All benchmark suites.
	@./vafa bench all $(ARGS)

test: setup ## The quick tests.
	$(PYTEST) -m "not slow" $(ARGS)

test-slow: setup ## The tests that are too slow for `make test`.
	$(PYTEST) -m slow $(ARGS)

test-all: setup ## All tests.
	$(PYTEST) $(ARGS)

lint: setup ## Format, style, types of host and firmware, contracts.
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/mypy --config-file firmware/mypy.ini firmware
	.venv/bin/buf lint protos

format: setup ## Puts the code into its form.
	.venv/bin/ruff format
	.venv/bin/ruff check --fix-only --quiet

proto: setup ## Writes the code generated from protos/ anew.
	@$(PYTHON) -m tools.protogen

lock: setup ## Locks the newest packages that requirements/*.in allow.
	@$(PYTHON) -m tools.lock

clean: ## Removes environments and caches; the state of `make run` in var/ stays.
	rm -rf .venv .venvs .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
