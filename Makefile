PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

$(STAMP): requirements.lock pyproject.toml
	@echo "Setting up the environment in $(VENV) (about a minute, once)"
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PY) -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
