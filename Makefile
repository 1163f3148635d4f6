# Everything runs in .venv, made from constraints.txt on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint clean

demo: $(STAMP)  ## Plan land, restoration and energy of the bundled Weihai instance, write results/weihai
	$(BIN)/sanqu solve weihai --gap 1e-6 --out results/weihai --lang zh --force
	@echo "Report: results/weihai/report.html"

# Compiled modules are kept, whatever the shell says: many tests start processes of their own.
test: $(STAMP)  ## Run the test suite
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(STAMP)  ## Style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) results

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@
