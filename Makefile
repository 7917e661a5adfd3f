# Everything a newcomer needs: each target makes the environment it wants.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Two test processes of one thread each; threads within a process only get in each other's way.
export OMP_NUM_THREADS ?= 1

.PHONY: help run quickstart report test lowest check format lint types layers docs constraints audit clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

# Installing is done anew only when the project's own requirements change.
$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "specbench needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

run: $(VENV)/.installed  ## run the small study and write its report
	$(BIN)/specbench run specs/taskonomy_small.toml
	$(BIN)/specbench report specs/taskonomy_small.toml

quickstart: $(VENV)/.installed  ## a first taste: three tasks, a few minutes
	$(BIN)/specbench run specs/quickstart.toml
	$(BIN)/specbench report specs/quickstart.toml

test: $(VENV)/.installed-dev  ## run the tests
	$(BIN)/python -m pytest -n 2 $(TESTS)

# The bounds are read off pyproject.toml each time; what they need in turn is the newest that fits.
lowest:  ## run the tests on the lowest versions that are allowed
	test -d .venv-lowest || $(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet uv
	.venv-lowest/bin/uv pip install --quiet --compile-bytecode --python .venv-lowest/bin/python \
		--resolution lowest-direct --editable '.[dev]'
	.venv-lowest/bin/python -m pytest -n 2 $(TESTS)

check: lint types layers test  ## everything that a change must pass

format: $(VENV)/.installed-dev  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.installed-dev  ## formatting and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.installed-dev  ## static types
	$(BIN)/mypy

layers: $(VENV)/.installed-dev  ## imports run one way
	$(BIN)/lint-imports

docs: $(VENV)/.installed-dev  ## regenerate what is generated in docs/
	$(BIN)/python -m specbench.spec.reference > docs/spec.md

constraints: $(VENV)/.installed-dev  ## pin the environment as it is in constraints.txt
	{ grep '^#' constraints.txt; $(BIN)/python -m pip freeze --exclude-editable; } > .constraints
	mv .constraints constraints.txt

audit: $(VENV)/.installed-dev  ## look the pinned packages up among known vulnerabilities
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/pip-audit --strict --requirement constraints.txt --no-deps --disable-pip

clean:  ## remove the environment and caches, never results
	rm -rf $(VENV) .venv-lowest .mypy_cache .ruff_cache .pytest_cache
