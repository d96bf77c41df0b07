PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
# readers who only build the book need none of the tools that test it
TEST_STAMP := $(VENV)/.installed-test
PORT ?= 8000
# the long runs: mutants, fuzzing, known vulnerabilities
TRUST_STAMP := $(VENV)/.installed-trust
# what is measured against lives apart, so that the project's own environment stays as locked
BENCH := .venv-bench
BENCH_PY := $(BENCH)/bin/python
BENCH_STAMP := $(BENCH)/.installed
SIZES ?= 38 500 2000 5000
THREADS ?= 1
CASES ?= 1000000
SEED ?= 1
# Notebooks and tests run side by side; threads of the linear algebra would only fight over the cores.
export OPENBLAS_NUM_THREADS := 1

# notebooks and tests use this tree's code, and none of the reader's own settings
export PYTHONPATH := $(CURDIR)
export IPYTHONDIR := $(CURDIR)/_build/settings
export MPLCONFIGDIR := $(CURDIR)/_build/settings
# a claim is shown on several pages: measured once
export SHANGHAI_CHAINS_KEEP := $(CURDIR)/_build/judged
export PYDEVD_DISABLE_FILE_VALIDATION := 1

.DEFAULT_GOAL := help
.PHONY: help book editions pdf epub anchors test test-browser verify-reproducible mutants-data mutants-outputs mutants-code coverage verification bench bench-ensemble bench-large serve notebooks elsewhere data named-sources ensemble fuzz licences audit-dependencies lint clean

help:  ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

book: $(STAMP)  ## Execute the notebooks and build the site
	@$(PY) -m book._tools.build

# the editions need a browser and what measures them, which are among the tools for tests
editions: $(TEST_STAMP)  ## Build the site with its PDF, EPUB and archive, ready for a web server (in _build/published)
	@$(PY) -m book._tools.editions

pdf: $(TEST_STAMP)  ## Print the whole book as one PDF (with Chromium)
	@$(PY) -m book._tools.editions pdf

epub: $(TEST_STAMP)  ## Make an EPUB of the whole book
	@$(PY) -m book._tools.editions epub

anchors: $(TEST_STAMP)  ## Add new pages, labels, figures and verdicts to the list of places that stay
	@$(PY) -m book._tools.anchors

# the tests of the site wait for it, and build it themselves if this has failed
test: $(TEST_STAMP)  ## Run all tests, the notebooks and the site included
	@$(PY) -m book._tools.build --stored & \
		$(PY) -m pytest -n auto --dist loadscope --no-loadscope-reorder --nbval --nbval-current-env --ignore tests/browser book tests; \
		status=$$?; wait; exit $$status

# four workers on any machine: most of the time they wait for the browser
test-browser: $(TEST_STAMP)  ## Read the site in a real browser (Chromium, or what CHROMIUM names; QUICK=1: each page in one view)
	-@$(PY) -m book._tools.editions --stored
	@$(PY) -m pytest -n 4 --dist worksteal tests/browser

verify-reproducible: $(TEST_STAMP)  ## Build site and editions twice under different conditions, compare the bytes (QUICK=1: few notebooks executed)
	@$(PY) -m book._tools.reproduce $(if $(QUICK),--quick)

mutants-data: $(TEST_STAMP)  ## Change one cell of the data at a time: what notices? (DRAWS=1000)
	@$(PY) -m tests.mutants.data --keep --draws $(or $(DRAWS),1000)

mutants-outputs: $(TEST_STAMP)  ## Change one stored output in every notebook: does nbval notice?
	@$(PY) -m tests.mutants.outputs --keep

# a hundred take half an hour on two cores; DRAWS=0 makes all there are, some 5,900
mutants-code: $(TEST_STAMP)  ## Change one operator in the core of analysis/ at a time: what notices? (DRAWS=300 SEED=8)
	@$(PY) -m tests.mutants.code --draws $(or $(DRAWS),300) --seed $(or $(SEED),8) --record

# apart from make test, which has a limit of time to keep
coverage: $(TEST_STAMP)  ## Measure which lines and branches of analysis/ the tests reach
	@$(PY) -m pytest -q -n auto --dist loadscope --cov --cov-report term-missing:skip-covered tests --ignore tests/site --ignore tests/notebooks --ignore tests/browser

verification: $(TEST_STAMP)  ## Record anew how far each function is off what it was compared with
	@$(PY) -m pytest -q --record-verification tests --ignore tests/site --ignore tests/notebooks --ignore tests/browser

bench: $(BENCH_STAMP)  ## Measure speed against LAPACK and other packages (SIZES="38 500 2000 5000", THREADS=1)
	@$(BENCH_PY) -m benchmarks.run --threads $(THREADS) $(SIZES)

# with the tools of the tests, among which is Dask
bench-ensemble: $(TEST_STAMP)  ## Measure what more processes, or a Dask cluster, save the ensemble
	@$(PY) -m benchmarks.ensemble

bench-large: $(TEST_STAMP)  ## Measure a system of 5000 sectors from the command line, against LAPACK
	@$(PY) -m benchmarks.large

serve: book  ## Build the site and show it on this machine (PORT=8000)
	@$(PY) -m book._tools.serve $(PORT)

notebooks: $(STAMP)  ## Execute notebooks and store their outputs (NB=path for one, FORCE=1 for unchanged ones too)
	@$(PY) -m book._tools.notebooks $(if $(FORCE),--force) $(NB)

elsewhere: $(STAMP)  ## Run chapters for another province (REGION=Jiangsu, YEAR=2012, IMPORTS="net inflow", CHAPTERS=names)
	@$(PY) -m book._tools.elsewhere $(if $(REGION),--region $(REGION)) $(if $(YEAR),--year $(YEAR)) \
		$(if $(IMPORTS),--imports "$(IMPORTS)") $(CHAPTERS)

data: named-sources $(STAMP)  ## Derive the tables of data/ from the source files (SOURCES=folder)
	@$(PY) data/derive.py "$(SOURCES)"

named-sources:
	@test -n "$(SOURCES)" || { echo "Name the folder of the source files: make data SOURCES=/path/to/sources"; exit 2; }

# Dask is among the tools for tests
ensemble: $(if $(SCHEDULER),$(TEST_STAMP),$(STAMP))  ## Estimate the interregional tables a thousand times and store the results (SCHEDULER=address of Dask)
	@$(PY) -m analysis.interregional $(if $(SCHEDULER),--scheduler $(SCHEDULER))

fuzz: $(TRUST_STAMP)  ## Throw broken input at all that reads (CASES=1000000, SEED=1; ATHERIS=1 follows the code it covers)
	@$(PY) -m tests.hostile.fuzz --cases $(CASES) --seed $(SEED) $(if $(ATHERIS),--atheris,--record)

licences: $(TEST_STAMP)  ## List the licences of all packages that the project leans on; refuse one that does not go with ours
	@$(PY) -m book._tools.dependencies licences

# asks a database in the network; exit code 3 says that it was not reached
audit-dependencies: $(TRUST_STAMP)  ## Ask whether a weakness of a locked package is known
	@$(PY) -m book._tools.dependencies audit

lint: $(TEST_STAMP)  ## Check the style of the code, and its types
	@$(PY) -m ruff check .
	@$(PY) -m mypy

clean:  ## Remove the site and what was kept to build it; the environment stays
	rm -rf _build .pytest_cache .hypothesis .ruff_cache .mypy_cache .coverage

# a lock names everything (--no-deps): nothing is left to resolve, and old versions of pip would get extras wrong
$(STAMP): requirements.lock pyproject.toml
	@echo "Setting up the environment in $(VENV) (about a minute, once)"
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PY) -m pip install --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(PY) -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# on top of the other lock, whose versions this one repeats: pip adds what is not there yet
$(TEST_STAMP): $(STAMP) requirements-test.lock
	@echo "Adding the tools for tests to $(VENV) (about a minute, once)"
	@$(PY) -m pip install --disable-pip-version-check --require-hashes --no-deps -r requirements-test.lock
	@touch $@

$(TRUST_STAMP): $(TEST_STAMP) requirements-trust.lock
	@echo "Adding the tools of the long runs to $(VENV) (about a minute, once)"
	@$(PY) -m pip install --disable-pip-version-check --require-hashes --no-deps -r requirements-trust.lock
	@touch $@

$(BENCH_STAMP): requirements-bench.lock pyproject.toml
	@echo "Setting up the environment of the benchmarks in $(BENCH) (a minute or two, once)"
	@$(PYTHON) -m venv --clear $(BENCH)
	@$(BENCH_PY) -m pip install --disable-pip-version-check --require-hashes --no-deps -r requirements-bench.lock
	@$(BENCH_PY) -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
