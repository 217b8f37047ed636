# make install     set up .venv, by uv if it is on PATH, else by pip
# make reproduce   set up and run `snakemake --cores all reproduce_tables`
# make test        set up and run the tests
# make test-all    the same, then the slow ones
PYTHON ?= python3
VENV ?= .venv
CORES ?= all
ARGS ?=
KILL ?=
VERBOSE ?=
SCALE ?= camvid
BIN := $(VENV)/bin
RUN := PATH="$(if $(filter /%,$(VENV)),,$(CURDIR)/)$(BIN):$$PATH"

STEPS := $(RUN) python -m workflow.artifacts

# uv also selects the CPU or GPU build of torch.
UV := $(shell command -v uv)
CREATE := $(if $(UV),$(UV) venv --quiet --seed --python $(PYTHON),$(PYTHON) -m venv)
INSTALL := $(if $(UV),$(UV) pip install --quiet --torch-backend auto --python $(BIN)/python,\
	$(BIN)/python -m pip install --quiet --disable-pip-version-check) --constraint requirements.lock --editable

.PHONY: install reproduce repro pull push commit-artifacts checkout-artifacts prune unlock test test-all slurm-test
.PHONY: continue-published published-report
.PHONY: lint format lock bench bench-gpu help

install: $(VENV)/.installed ## set up .venv: what make reproduce needs, by uv if it is on PATH, else by pip

reproduce: $(VENV)/.installed ## every number of the paper, at the scale that params.yaml picks (VERBOSE=1: Snakemake's own log)
	$(if $(VERBOSE),,AUTORTNET_PROGRESS=1) $(RUN) snakemake --cores $(CORES) reproduce_tables $(ARGS) || { status=$$?; $(RUN) python workflow/unlock.py --hint; exit $$status; }

unlock: $(VENV)/.installed ## after a crash: find jobs left behind (KILL=1 stops them) and clear the lock
	$(RUN) python workflow/unlock.py $(if $(KILL),--kill)

repro: $(VENV)/.installed ## the same through DVC, which then has the results
	$(RUN) dvc repro $(ARGS)

commit-artifacts: $(VENV)/.installed ## give DVC what plain snakemake made; nothing is run again
	$(STEPS) commit

push: $(VENV)/.installed ## commit-artifacts, then copy to the DVC remote what it lacks
	$(STEPS) push

pull: $(VENV)/.installed ## fetch the results that dvc.lock names; snakemake then has nothing to do
	$(STEPS) pull

checkout-artifacts: $(VENV)/.installed ## the results of this git commit from DVC's cache
	$(STEPS) checkout

continue-published: $(VENV)/.installed ## make what results/published/SCALE lacks, and what that needs; ARGS="--scale camvid"
	$(RUN) python -m workflow.continuing --cores $(CORES) $(ARGS)

published-report: $(VENV)/.installed ## check results/published/SCALE and make its report; SCALE=camvid
	$(RUN) autortnet verify results/published/$(SCALE) --report reports/published/$(SCALE)

prune: $(VENV)/.installed ## delete results of runs that params.yaml no longer names
	$(STEPS) prune $(ARGS)

# Modules stay on one worker, for what their tests share, and start in the order of `testpaths`: the longest first.
PYTEST := pytest -n auto --dist loadscope --no-loadscope-reorder

test: $(VENV)/.installed-test ## the tests, without those marked slow
	$(RUN) $(PYTEST) -m "not slow" $(ARGS)

test-all: test ## make test, then the tests marked slow: each names the reason why it may wait
	$(RUN) $(PYTEST) -m slow $(ARGS)

slurm-test: $(VENV)/.installed-test ## the workflow on a real SLURM of two nodes, started here (root); FULL=1: all of tiny
	bash tests/workflow/slurm/install.sh
	$(RUN) bash tests/workflow/slurm/run.sh $(ARGS)

lint: $(VENV)/.installed-lint ## ruff, mypy, snakefmt and snakemake --lint
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) snakefmt --check Snakefile workflow/rules
	$(RUN) snakemake --lint

format: $(VENV)/.installed-lint ## mend what the formatters can
	$(RUN) ruff check --fix .
	$(RUN) ruff format .
	$(RUN) snakefmt Snakefile workflow/rules

bench: $(VENV)/.installed ## ratios of what is fast to what is plain, in 12 minutes; reports/benchmarks.json
	$(RUN) python -m benchmarks.suite $(ARGS)

bench-gpu: $(VENV)/.installed ## one GPU in 10 minutes: table, networks, steps; docs/results/gpu.md
	$(RUN) python -m benchmarks.gpu $(ARGS)

lock: $(VENV)/.installed-lint ## write the exact versions in use to requirements.lock
	$(RUN) (echo "# Exact versions this project was last tested with (make lock). pip uses them as constraints."; python -m pip freeze --exclude-editable --exclude torch; echo "torch==2.13.0") > requirements.lock.new && mv requirements.lock.new requirements.lock

# The lock gives the versions; a GPU build of the same torch that is there already is kept.
$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(CREATE) $(VENV)

$(VENV)/.installed: pyproject.toml requirements.lock | $(VENV)/bin/python
	$(INSTALL) .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(INSTALL) '.[test]'
	touch $@

$(VENV)/.installed-lint: $(VENV)/.installed-test
	$(INSTALL) '.[test,lint]'
	touch $@

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14
