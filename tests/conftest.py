"""Settings for all tests."""

import os

# As make does, before NumPy is loaded: the last digits depend on the number of threads, and processes side by side
# would fight over the cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import settings

from tests.verification import pytest_addoption, tie  # noqa: F401

# The same examples on every run and every machine, however busy it is.
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=30)
settings.load_profile("steady")
