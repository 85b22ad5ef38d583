# make setup | test | verify | report | lint | bench | peers | nightly | clean
# Another interpreter: make test PYTHON=python3.12. Extra options for pip: make setup PIP_FLAGS="--extra-index-url ...".

PYTHON ?= python3
PIP_FLAGS ?=
WORKERS ?= auto
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LINTERS := $(VENV)/.linters
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-compile --constraint constraints.txt $(PIP_FLAGS)
# Modules of libraries that nothing here imports; should one be, Python compiles it then.
NOT_COMPILED := /tests/|/pip/|/torchgen/|/torch/testing/_internal/
REPORT := .driftproof/report.html

.PHONY: setup test verify report lint bench peers nightly clean

setup: $(READY)

# torch comes first and by itself, so that the CPU wheel of a configured index is chosen and nothing pulls CUDA in later.
# pip would compile every module, on one core; here all cores compile what may be imported.
$(READY): pyproject.toml constraints.txt
	@echo "setting up $(VENV) (about a minute and a half): Python environment, torch, the rest, driftproof itself"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) torch
	$(PIP) --editable ".[test,images]"
	-$(BIN)/python -m compileall -q -j 0 -x '$(NOT_COMPILED)' $(VENV)/lib
	touch $@

$(LINTERS): $(READY)
	$(PIP) --editable ".[dev]" || { echo "make lint: ruff and pyright could not be installed (see above); they need a package index once."; exit 1; }
	touch $@

# One process a core; `make test WORKERS=0` runs in one process. Compiled modules are kept: tests start many processes.
test: setup
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

# The report is written whatever the verdicts are; the exit code is that of the comparison with the lock.
verify: setup
	$(BIN)/driftproof verify --report $(REPORT)

report: setup
	$(BIN)/driftproof report --output $(REPORT)

lint: $(LINTERS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

# Paired timings, and figures at the paper's size (about half an hour on two cores); peers that are not installed
# (make peers) are named and left out. Figure 11 multiplies small matrices, for which one thread is fastest.
bench: setup
	PYTHONPATH=. $(BIN)/python docs/benchmarks/collapse_thresholds.py
	PYTHONPATH=. $(BIN)/python docs/benchmarks/double_well.py
	PYTHONPATH=. $(BIN)/python docs/benchmarks/special_functions.py
	PYTHONPATH=. $(BIN)/python docs/benchmarks/figure_1.py
	PYTHONPATH=. $(BIN)/python docs/benchmarks/figure_2.py --compare
	PYTHONPATH=. $(BIN)/python docs/benchmarks/figure_5.py
	PYTHONPATH=. OPENBLAS_NUM_THREADS=1 $(BIN)/python docs/benchmarks/figure_11.py
	PYTHONPATH=. $(BIN)/python docs/benchmarks/layer_programs.py
	PYTHONPATH=. $(BIN)/python docs/benchmarks/noise_equilibria.py
	PYTHONPATH=. $(BIN)/python docs/benchmarks/equilibria_from_starts.py
	PYTHONPATH=. $(BIN)/python docs/benchmarks/theory_speed.py
	PYTHONPATH=. $(BIN)/python docs/benchmarks/depth_modes.py
	PYTHONPATH=. $(BIN)/python docs/benchmarks/deep_linear_modes.py
	PYTHONPATH=. $(BIN)/python docs/benchmarks/textbook_diffusions.py
	PYTHONPATH=. $(BIN)/python docs/benchmarks/passage_numbers.py

peers: setup
	$(PIP) --editable ".[peers]"

# What takes too long for CI: every claim at 1 % resolution, the tests marked slow, more examples for all others,
# breakages, true claims by the thousand, and kills.
nightly: setup
	$(BIN)/driftproof verify --resolution 0.01 --store .driftproof/nightly.db --report .driftproof/nightly.html
	$(BIN)/python -m pytest -q -m slow
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal --hypothesis-profile night
	$(BIN)/python -m tests.nightly.sabotage
	$(BIN)/python -m tests.nightly.null_batteries
	$(BIN)/python -m tests.nightly.kill_storm 200 --claims

clean:
	rm -rf $(VENV) .driftproof .pytest_cache .ruff_cache .hypothesis
