.DEFAULT_GOAL := help
PORT ?= 8000
BIN := .venv/bin

.PHONY: help serve test check data clean

help: ## say what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/.service: pyproject.toml
	test -x $(BIN)/python || python3 -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

.venv/.tests: pyproject.toml .venv/.service
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

serve: .venv/.service ## set up what is missing and serve this project (PORT=8123 for another port)
	$(BIN)/graphsvc serve --port $(PORT)

test: .venv/.tests check ## set up what is missing, check the code and run every test
	$(BIN)/python -m pytest -n 2

check: .venv/.tests ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy graphsvc

clean: ## remove what set-up and tests made
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache
