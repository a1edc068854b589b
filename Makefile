# One environment, .venv, made from requirements.lock. Nothing here runs `uv run`, `uv sync` or
# `uv lock`: they write uv.lock, which names a registry.

PYTHON ?= python3
BIN := .venv/bin
LOCKED := pyproject.toml --extra lab --group dev --universal --python-version 3.11 \
	--no-emit-index-url --generate-hashes --output-file requirements.lock
N ?= 50
ABREAST := -n 2 --dist loadfile --no-loadscope-reorder
# What a wheel can break: a file that is missing, an entry point, a migration, the page of JupyterLab.
ELSEWHERE := $(addprefix tests/,journeys/test_demo.py workbench/cli/test_faces.py \
	workbench/mcp/test_guide.py workbench/storage/test_migrations.py extension/test_launch.py \
	tui/test_service_desk.py)

.PHONY: help install demo tui lab test check fix docs pictures bench torture mails score hundred serve lock wheel elsewhere
.DEFAULT_GOAL := help

help: ## show what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: .venv/ready ## make the environment from the lock

demo: .venv/ready ## the main job, end to end, in a home under .demo/
	$(BIN)/python tests/journeys/demo.py

# The faces open the home that `make demo` left, unless the environment names another.
tui lab: export TOOLVET_HOME := $(or $(TOOLVET_HOME),$(wildcard $(CURDIR)/.demo/home))
tui lab: export TOOLVET_CONFIG := $(or $(TOOLVET_CONFIG),$(wildcard $(CURDIR)/.demo/config))

tui: .venv/ready ## review in the terminal what the demo left for you
	$(BIN)/toolvet tui

lab: .venv/lab ## review it in JupyterLab
	$(BIN)/toolvet lab

test: .venv/lab ## set up, then every test; pass arguments as ARGS="-k name"
	$(BIN)/python tests/setup.py
	$(BIN)/pytest -q $(ABREAST) $(ARGS)

check: .venv/ready ## every gate but the tests and the wheel
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python extension/make_wire.py --check

fix: .venv/ready ## what can be repaired by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/ready ## write docs/reference.md and the help in README.md from the code
	$(BIN)/python docs/make_reference.py

pictures: .venv/lab ## take the pictures of README.md anew, from the product as it is
	$(BIN)/python docs/pictures/make_tui.py
	$(BIN)/python docs/pictures/make_lab.py

bench: .venv/lab ## measure, with peers in the same run; writes bench/latest.json
	$(BIN)/python bench

torture: .venv/ready ## kill -9 the service at N=50 random moments of the demo; nothing is lost
	$(BIN)/python tests/journeys/torture.py $(N)

mails: .venv/ready ## a campaign of 5,000 mails, killed with -9 in the middle and called again
	PYTHONPATH=tests $(BIN)/python tests/journeys/mailing.py

score: .venv/ready ## how well verification tells bad tools from good ones, over the labelled corpus
	$(BIN)/python tests/setup.py
	PYTHONPATH=tests $(BIN)/python tests/journeys/score.py $(ARGS)

hundred: .venv/ready ## a hundred items decided by keys alone in the terminal app; fewer with ARGS=10
	PYTHONPATH=tests $(BIN)/python tests/journeys/hundred.py $(ARGS)

serve: .venv/ready ## a service for the home in TOOLVET_HOME, on http://127.0.0.1:8420
	$(BIN)/toolvet serve

lock: .venv/ready ## pin the dependencies again; newer ones with ARGS=--upgrade
	$(BIN)/uv pip compile --quiet $(LOCKED) $(ARGS)

wheel: .venv/ready ## build through the sdist, install in an empty environment, try it there
	rm -rf dist
	$(BIN)/uv build --quiet
	away=$$(mktemp -d) && trap 'rm -rf "$$away"' EXIT \
	&& chmod 755 "$$away" && cp -r tests examples pyproject.toml "$$away" \
	&& $(BIN)/uv venv --quiet --python "$$($(BIN)/python -c 'import sys; print(sys._base_executable)')" "$$away/.venv" \
	&& $(BIN)/uv pip install --quiet --python "$$away/.venv" --require-hashes --requirement requirements.lock \
	&& $(BIN)/uv pip install --quiet --python "$$away/.venv" --no-deps dist/*.whl \
	&& cd "$$away" && .venv/bin/python tests/setup.py && .venv/bin/pytest -q $(ABREAST) $(ELSEWHERE) $(ARGS)

elsewhere:
	@echo $(ELSEWHERE)

.venv/ready: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	TOOLVET_WITHOUT_LAB=1 $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

# Building the JupyterLab extension takes a minute the first time; `make demo` does without.
.venv/lab: .venv/ready $(shell find extension -not -path '*/node_modules*' -not -path '*/.yarn*' \
		\( -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name '*.json' -o -name yarn.lock \) \
		-not -path '*/labextension/*' -not -path '*/lib/*' 2>/dev/null)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@
