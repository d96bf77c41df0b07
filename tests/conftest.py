"""Settings for all tests."""

from hypothesis import settings

from tests.verification import pytest_addoption, tie  # noqa: F401

# The same examples on every run and every machine, however busy it is.
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("steady")
