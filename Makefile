# Two commands are enough: `make demo` shows what memeci does, `make test` proves it. Each sets up what it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help setup demo test check format clean

help:
	@echo "make demo    a whole run on real reviews in a temporary repository"
	@echo "make test    every test"
	@echo "make check   lint, types and architecture"
	@echo "make format  put the source in order"

$(STAMP): setup.cfg pyproject.toml Makefile
	$(PYTHON) -c 'import sys; sys.exit("memeci needs Python 3.10 or newer; set PYTHON=…" if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,fonts,test,check]'
	@touch $@

setup: $(STAMP)

demo: $(STAMP)
	$(BIN)/memeci demo

test: $(STAMP)
	$(BIN)/python -m pytest -n auto

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
