.DEFAULT_GOAL := help
PORT ?= 8000
FUZZ_CASES ?= 2500
# The source page that data/ is made from.
PAGE ?= ../shared/source/dg-cnect-page.txt
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help serve test check fuzz data conformance bench bench-full bench-wall bench-durability bench-validation soak clean

help: ## say what each target does
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/.service: pyproject.toml
	test -x $(BIN)/python || python3 -m venv .venv
	$(PIP) -e '.[speed]' || $(PIP) -e .
	touch $@

.venv/.tests: pyproject.toml .venv/.service
	$(PIP) -e '.[test]'
	touch $@

# JavaScript clients for the tests; without npm those tests say that they are skipped.
.venv/.clients: tests/clients/package-lock.json .venv/.service
	! command -v npm >/dev/null || npm ci --prefix tests/clients --no-audit --no-fund --loglevel=error
	touch $@

# The editor of the query page; without npm the page is a plain form.
.venv/.frontend: $(wildcard graphsvc/web/frontend/*.json graphsvc/web/frontend/src/*.js) .venv/.service
	@if ! command -v npm >/dev/null; then touch $@; \
	elif npm ci --prefix graphsvc/web/frontend --no-audit --no-fund --loglevel=error \
		&& npm run --prefix graphsvc/web/frontend --silent build; then touch $@; \
	else echo "The editor was not built; the query page is a plain form." >&2; fi

serve: .venv/.service .venv/.frontend ## set up what is missing and serve this project (PORT=8123 for another port)
	$(BIN)/graphsvc serve --port $(PORT)

test: .venv/.tests .venv/.clients .venv/.frontend check ## set up what is missing, check the code and run every test
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: .venv/.tests ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy graphsvc

fuzz: .venv/.tests ## run the tests on random cases, with many more of them (FUZZ_CASES=20000 for another number)
	FUZZ_CASES=$(FUZZ_CASES) $(BIN)/python -m pytest -m fuzz

data: .venv/.service ## make data/ again from the source page (PAGE=… for another)
	$(BIN)/graphsvc ingest $(PAGE) -o data

conformance: .venv/.tests ## run the W3C's SPARQL tests and write the report that /conformance shows
	$(BIN)/python -m pytest tests/w3c/test_sparql11.py -k test_the_w3c_test_passes --report graphsvc/conformance/results.csv
	mkdir -p build
	$(BIN)/python -m graphsvc.conformance build/earl.ttl

# What is measured besides ours, where it can be had: an environment of its own, and a package of the system.
build/bench/.engines: Makefile
	mkdir -p build/bench
	-python3 -m venv build/bench/rdflib-endpoint \
		&& build/bench/rdflib-endpoint/bin/python -m pip install --quiet --disable-pip-version-check rdflib-endpoint uvicorn
	-command -v virtuoso-t >/dev/null || test "$$(id -u)" != 0 || { apt-get update -qq \
		&& apt-get install -y -qq --no-install-recommends virtuoso-opensource-7 >build/bench/apt.log 2>&1; }
	touch $@

bench: .venv/.tests build/bench/.engines ## measure the field side by side and write docs/benchmarks.md (under 15 minutes)
	$(BIN)/python -m bench.field

bench-full: .venv/.tests build/bench/.engines ## the same with a million instruments as well (an hour or two, 20 GB of memory)
	$(BIN)/python -m bench.field --full

bench-wall: .venv/.tests ## measure the wall around a query, its hold under siege, lines, backups, the search, pages and what the plan for scale needs; kill the service in rounds
	$(BIN)/python bench/overhead.py
	$(BIN)/python -m bench.profile
	$(BIN)/python -m bench.streaming
	$(BIN)/python -m bench.siege
	$(BIN)/python bench/positions.py
	$(BIN)/python bench/durability.py
	$(BIN)/python bench/backup.py
	$(BIN)/python bench/search.py 10000 100000
	$(BIN)/python -m bench.pages
	$(BIN)/python -m bench.replicas
	$(BIN)/python -m bench.scale measure

bench-durability: .venv/.tests ## kill the service 200 times while clients write, and count what is lost
	$(BIN)/python bench/durability.py 200

soak: .venv/.tests ## ten minutes of mixed load on each kind of store, every answer checked
	$(BIN)/python -m bench.soak 600 memory
	$(BIN)/python -m bench.soak 600 disk

bench-validation: .venv/.service ## measure validation, engine against engine (some minutes)
	-$(PIP) pyshacl-turbo pyshifty
	$(BIN)/python bench/validation.py

clean: ## remove what set-up and tests made
	rm -rf .venv tests/clients/node_modules graphsvc/web/frontend/node_modules graphsvc/web/static/built build .mypy_cache .ruff_cache .pytest_cache
