"""Settings for all tests."""

import os

# As make does, before NumPy is loaded: the last digits depend on the number of threads, and processes side by side
# would fight over the cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.verification import pytest_addoption, tie  # noqa: F401

# The same examples on every run and every machine, however busy it is.
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=30)
settings.load_profile("steady")

# Folders whose tests share what is dear: tables made local, the site's pages parsed.
TOGETHER = ("tests/verdicts/", "tests/site/")
# What takes long goes first; the site's tests later, as the site is built meanwhile; small files fill the end.
ORDER = ("tests/verdicts/", "tests/notebooks/", "book/", "tests/site/", "")


class Together(LoadScopeScheduling):
    """Tests of a file, or of one of these folders, go to the same worker."""

    def _split_scope(self, nodeid):
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Schedule so where tests are to go by scope."""
    return Together(config, log) if config.getvalue("dist") == "loadscope" else None


def pytest_collection_modifyitems(items):
    """Put the items in this order, and leave it as it is within each."""
    items.sort(key=lambda item: next(k for k, start in enumerate(ORDER) if item.nodeid.startswith(start)))
