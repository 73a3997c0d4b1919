# `make` alone lists the tasks. Each sets up by itself what it needs.

PYTHON ?= python3
VENV := .venv/bin/python
PYTEST := $(VENV) -m pytest -n 2 --dist worksteal
ARGS ?=
# Compiled modules are kept: a test starts many processes, and each imports the product.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help venv demo sandbox engine unit test test-all soak mutants bench bench-large check docs pictures lock release clean

help: ## list these tasks
	@echo 'make <task>, where <task> is:'
	@sed -n -e 's/^##@ \(.*\)$$/\n\1/p' -e 's/^\([a-z-]*\):.* ## \(.*\)$$/  \1\t\2/p' \
		$(MAKEFILE_LIST) | expand -t 14

##@ Try it

demo: ## a local AWS organization, set up by pulumi up, from nothing to the result
	@$(PYTHON) -m tools.venv --step 1/8
	@$(VENV) -m demo $(ARGS)

sandbox: venv ## a local AWS organization to work with; .sandbox/env.sh sets up a terminal
	@$(VENV) -m demo.sandbox --env .sandbox/env.sh $(ARGS)

engine: venv ## the Pulumi engine: found, downloaded or built, once; prints its folder
	@$(VENV) -m tools.engine $(ARGS)

##@ Test it

unit: venv ## the tests of the product's modules, in this process (ARGS="-k plan" for some)
	$(PYTEST) -m "not slow" tests/unit $(ARGS)

test: venv ## all tests but the slow ones
	@$(VENV) -m tools.engine >/dev/null
	$(PYTEST) -m "not slow" $(ARGS)

test-all: venv ## every test, with the slow ones: up to 55 minutes
	@$(VENV) -m tools.engine >/dev/null
	@$(VENV) -m tools.actionlint -version >/dev/null
	$(PYTEST) -n 3 $(ARGS) # engines wait for their plugins: two of them leave the cores idle

soak: venv ## random histories with faults and kills (ARGS="--help" lists the options)
	@$(VENV) -m tools.engine >/dev/null
	@$(VENV) -m tests.campaign $(ARGS)

docs: venv ## the tables of docs/guide.md, docs/iam and README's permissions
	$(VENV) -m tools.guide_tables
	$(VENV) -m tools.iam_policies

pictures: venv ## docs/images, of the coverage's page in Chromium
	$(VENV) -m tests.browser.pictures

mutants: venv ## changes the code that decides and writes, and sees whether a test fails
	@$(VENV) -m tools.mutants $(ARGS)

bench: venv ## what runs cost beside the least possible, into benchmarks/RESULTS.md: 15 minutes
	@$(VENV) -m benchmarks $(ARGS)

bench-large: venv ## the same at 50,000 members, in 34 regions and throttled: 15 minutes
	@$(VENV) -m benchmarks --large $(ARGS)

check: venv ## what CI checks beside the tests: code, layers of imports, workflows, scripts
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/zizmor --offline --no-progress --quiet --pedantic .github template/.github
	$(VENV) -m tools.actionlint -shellcheck .venv/bin/shellcheck -pyflakes= \
		.github/workflows/*.yml template/.github/workflows/*.yml
	.venv/bin/shellcheck .ci/* .github/scripts/*.sh packages/aws_plugin_stand_in/bin/*

##@ Keep it

lock: venv ## renew requirements.lock (ARGS=--upgrade takes the newest versions allowed)
	$(VENV) -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
	$(VENV) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-package guardduty-eks-audit-logs --no-emit-package aws-sandbox \
		--no-emit-package aws-plugin-stand-in --custom-compile-command 'make lock' \
		--output-file requirements.lock $(ARGS) requirements-dev.txt

release: venv ## the wheel and the sdist, in dist/
	rm -rf dist
	$(VENV) -m build --no-isolation --outdir dist

clean: ## remove what was made in this folder (the engine's cache stays)
	rm -rf .venv .sandbox .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	@$(PYTHON) -m tools.venv
