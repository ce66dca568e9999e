# Every target sets up what it needs; the two that matter are `make demo` and `make test`.

PYTHON ?= python3
# Which mutants are taken, and how many.
SEED ?= 1
SAMPLE ?= 200
VENV := .venv
BIN := $(VENV)/bin
SYSTEM_PACKAGES := slapd ldap-utils unixodbc libsqliteodbc odbc-postgresql tdsodbc postgresql
CHECKED := connector.py lib connectors converters sandbox benchmarks docs tests

# What `make matrix` tests on, and what pytest is told besides (PYTEST="tests/lib -x").
SUITES ?= bookworm trixie sid
PYTEST ?=

.PHONY: help demo test check coverage mutants faults faults-today matrix all-tests bench docs format system-packages clean

help:  ## Show what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(VENV)/requirements  ## Run the connector against the sandbox
	$(BIN)/python -m sandbox.demo

test: $(VENV)/requirements-dev system-packages check  ## Check the code and run every test
	$(BIN)/python -m pytest $(PYTEST)

check: $(VENV)/requirements-dev  ## Check style and types only
	$(BIN)/ruff format --check $(CHECKED)
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/mypy

coverage: $(VENV)/requirements-dev system-packages  ## Run every test and see what none of them reaches
	$(BIN)/python -m pytest --cov

mutants: $(VENV)/requirements-dev  ## Break the code in 200 places, and see which the tests notice
	$(BIN)/python -m tests.mutants --seed $(SEED) --sample $(SAMPLE)

faults: $(VENV)/requirements-dev system-packages  ## Break everything that can break, and count what is lost
	$(BIN)/python -m pytest tests/faults -m "faults or not faults" --timeout 1800 $(PYTEST)

faults-today: $(VENV)/requirements-dev system-packages  ## Run a tenth of the long ones, each day another
	$(BIN)/python -m pytest tests/faults -m faults --faults-share 10 --timeout 600 $(PYTEST)

matrix:  ## Run every test on Debian 12, 13 and unstable, each in a root of its own (needs root)
	tests/matrix.sh $(SUITES) -- $(PYTEST)

all-tests: test faults matrix  ## Run all that there is: takes an hour or two

bench: $(VENV)/requirements  ## Measure speed and write benchmarks/results.md
	$(BIN)/python -m benchmarks

docs: $(VENV)/requirements-dev  ## Write the tables in the docs and config.ini.example
	$(BIN)/python docs/generate.py

format: $(VENV)/requirements-dev  ## Put the code into its form
	$(BIN)/ruff check --fix-only $(CHECKED)
	$(BIN)/ruff format $(CHECKED)

# Real servers and drivers for the tests: OpenLDAP, PostgreSQL, ODBC. Without the right to install
# them, the tests that need them are skipped and say so.
system-packages:
	@missing=; for name in $(SYSTEM_PACKAGES); do \
	    dpkg -s $$name >/dev/null 2>&1 || missing="$$missing $$name"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	        apt-get install -y -qq --no-install-recommends $$missing; \
	else \
	    echo "Not installed:$$missing. The tests that need them will be skipped."; \
	fi

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/requirements: requirements.txt $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/requirements-dev: requirements-dev.txt requirements.txt $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/requirements

clean:  ## Remove what the targets have made
	rm -rf $(VENV) .sandbox .mypy_cache .ruff_cache .pytest_cache .matrix .coverage
