# `make` alone lists the tasks. Each sets up by itself what it needs.

PYTHON ?= python3
VENV := .venv/bin/python
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-all soak engine sandbox check docs bench clean

help: ## list these tasks
	@echo 'make <task>, where <task> is:'
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)$$/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

demo: ## a local AWS organization, set up by pulumi up, from nothing to the result
	@$(PYTHON) -m tools.venv --step 1/7
	@$(VENV) -m demo $(ARGS)

test: venv ## the tests but the slow ones (make test ARGS="-k plan" for some)
	@$(VENV) -m tools.engine >/dev/null
	$(VENV) -m pytest -n 2 --dist loadfile -m "not slow" $(ARGS)

test-all: venv ## every test, with the slow ones: half an hour
	@$(VENV) -m tools.engine >/dev/null
	$(VENV) -m pytest -n 2 --dist loadfile $(ARGS)

soak: venv ## random histories with faults and kills (make soak ARGS="--help" tells more)
	@$(VENV) -m tools.engine >/dev/null
	@$(VENV) -m tests.campaign $(ARGS)

engine: venv ## the Pulumi engine: found, downloaded or built, once; prints its folder
	@$(VENV) -m tools.engine $(ARGS)

sandbox: venv ## a local AWS organization to work with; .sandbox/env.sh sets up a terminal
	@$(VENV) -m demo.sandbox --env .sandbox/env.sh $(ARGS)

check: venv ## what CI checks beside the tests: ruff, mypy, the layers
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy
	.venv/bin/lint-imports --no-logo

docs: venv ## the tables of docs/guide.md, from the catalogue of messages
	$(VENV) -m tools.guide_tables

bench: venv ## how a run, the state and the sandbox grow to 50,000 members, as ratios
	@$(VENV) -m benchmarks.product_size
	@$(VENV) -m benchmarks.state_size
	@$(VENV) -m benchmarks.sandbox_size

clean: ## remove what was made in this folder (the engine's cache stays)
	rm -rf .venv .sandbox .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	@$(PYTHON) -m tools.venv
