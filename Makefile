.DEFAULT_GOAL := help
PORT ?= 8000
# The source page that data/ is made from.
PAGE ?= ../shared/source/dg-cnect-page.txt
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help serve test check data conformance bench clean

help: ## say what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/.service: pyproject.toml
	test -x $(BIN)/python || python3 -m venv .venv
	$(PIP) -e .
	touch $@

.venv/.tests: pyproject.toml .venv/.service
	$(PIP) -e '.[test]'
	touch $@

# JavaScript clients for the tests; without npm those tests say that they are skipped.
.venv/.clients: tests/clients/package-lock.json .venv/.service
	! command -v npm >/dev/null || npm ci --prefix tests/clients --no-audit --no-fund --loglevel=error
	touch $@

serve: .venv/.service ## set up what is missing and serve this project (PORT=8123 for another port)
	$(BIN)/graphsvc serve --port $(PORT)

test: .venv/.tests .venv/.clients check ## set up what is missing, check the code and run every test
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: .venv/.tests ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy graphsvc

data: .venv/.service ## make data/ again from the source page (PAGE=… for another)
	$(BIN)/graphsvc ingest $(PAGE) -o data

conformance: .venv/.tests ## run the W3C's SPARQL tests and write the report that /conformance shows
	$(BIN)/python -m pytest tests/w3c/test_sparql11.py -k test_the_w3c_test_passes --report graphsvc/conformance/results.csv
	mkdir -p build
	$(BIN)/python -m graphsvc.conformance build/earl.ttl

bench: .venv/.tests ## measure the wall around a query, its hold under siege, lines, backups and the search; kill the service in rounds
	$(BIN)/python bench/overhead.py
	$(BIN)/python -m bench.siege
	$(BIN)/python bench/positions.py
	$(BIN)/python bench/durability.py
	$(BIN)/python bench/backup.py
	$(BIN)/python bench/search.py 10000 100000

clean: ## remove what set-up and tests made
	rm -rf .venv tests/clients/node_modules build .mypy_cache .ruff_cache .pytest_cache
