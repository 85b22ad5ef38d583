# make setup | test | verify | report | lint | bench | clean
# Another interpreter: make test PYTHON=python3.12. Extra options for pip: make setup PIP_FLAGS="--extra-index-url ...".

PYTHON ?= python3
PIP_FLAGS ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --constraint constraints.txt $(PIP_FLAGS)
REPORT := .driftproof/report.html

.PHONY: setup test verify report lint bench clean

setup: $(READY)

# torch comes first and by itself, so that the CPU wheel of a configured index is chosen and nothing pulls CUDA in later.
$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) torch
	$(PIP) --editable ".[test,dev]"
	touch $@

test: setup
	$(BIN)/python -m pytest -q

# The report is written whatever the verdicts are; the exit code is that of the comparison with the lock.
verify: setup
	$(BIN)/driftproof verify --report $(REPORT)

report: setup
	$(BIN)/driftproof report --output $(REPORT)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

bench: setup
	$(BIN)/python -m docs.benchmarks

clean:
	rm -rf $(VENV) .driftproof .pytest_cache .ruff_cache .hypothesis
