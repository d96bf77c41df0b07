"""The verification record: what each public function was compared with, and how far off it was.

A test that holds a function against a published number, an identity or a second implementation does so through the
fixture ``tie``, which compares as ``numpy.testing.assert_allclose`` does and keeps the largest difference. The record,
``data/verification/record.csv``, states these differences; a run of the tests checks that no tie is missing from it and
none is further off than it says. ``pytest --record-verification`` writes the rows of the test files that it runs anew.
"""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from analysis.data import data_directory, read, seal

RECORD = "verification/record"
KEY = ["function", "kind", "source", "test", "measure"]
COLUMNS = [*KEY, "difference", "tolerance"]
KINDS = ("published", "computed", "identity", "naive")
# Below this, a difference is the rounding of the machine, which differs from one linear algebra library to the next.
ROUNDING = 1e-12


def stated(difference: float, kind: str, tolerance: float) -> float:
    """Round a difference up to what any machine will find, and never above the tolerance that it passed.

    Differences from printed numbers are those of the digits that were not printed: one significant digit. All others
    are noise: the next power of ten, and ten times that.
    """
    if difference > 1e-11 and kind in ("published", "computed"):
        exponent = math.floor(math.log10(difference))
        rounded = float(f"{math.ceil(difference / 10.0**exponent - 1e-6)}e{exponent}")
    elif difference > ROUNDING / 10:
        rounded = float(f"1e{math.ceil(math.log10(difference)) + 1}")
    else:
        rounded = ROUNDING
    return min(rounded, tolerance) if tolerance else rounded


def name(function) -> str:
    """Package and name of a public function or method, such as ``linkages.ras``."""
    return f"{function.__module__.split('.')[1]}.{function.__qualname__}"


class Ties:
    """What the tests of this run compared, and what the record says about it."""

    def __init__(self, known: pd.DataFrame | None):
        """Check against known rows, or only collect if there are none."""
        self.known = None if known is None else known.set_index(KEY)["difference"].to_dict()
        self.found: dict[tuple, tuple[float, float]] = {}

    def __call__(self, function, actual, expected, *, kind: str, source: str, rtol: float = 0.0, atol: float = 0.0):
        """Compare what a function gave with what it should give; text must agree in every cell."""
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
        actual, expected = np.asarray(actual), np.asarray(expected)
        if expected.dtype.kind not in "biuf":
            np.testing.assert_array_equal(actual, expected)
            difference = 0.0
        else:
            np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol)
            difference = _largest(actual.astype(float), expected.astype(float), rtol, atol)
        test = os.environ["PYTEST_CURRENT_TEST"].partition(" (")[0].partition("[")[0]
        key = (name(function), kind, source, test, "relative" if rtol else "absolute")
        before = self.found.get(key, (0.0, 0.0))
        self.found[key] = (max(before[0], difference), max(before[1], rtol or atol))
        if self.known is not None:
            self._check(key, difference)

    def _check(self, key, difference):
        if key not in self.known:
            pytest.fail(f"{key} is not in data/{RECORD}.csv: run `make verification`")
        if difference > self.known[key] * (1 + 1e-6):
            pytest.fail(f"{key[0]} is {difference:.3g} off, and the record says {self.known[key]:g} at most")

    def rows(self) -> pd.DataFrame:
        """The record of this run."""
        rows = [
            {**dict(zip(KEY, key, strict=True)), "difference": stated(d, key[1], t), "tolerance": t}
            for key, (d, t) in self.found.items()
        ]
        return pd.DataFrame(rows, columns=COLUMNS)


def _largest(actual, expected, rtol, atol) -> float:
    """Largest difference, as a share of |expected| + atol / rtol if there is a relative tolerance: allclose's own."""
    actual, expected = np.broadcast_arrays(actual, expected)
    off = ~((actual == expected) | (np.isnan(actual) & np.isnan(expected)))
    if not off.any():
        return 0.0
    gap = np.abs(actual[off] - expected[off])
    return float((gap / (np.abs(expected[off]) + atol / rtol) if rtol else gap).max())


def write(ties: Ties, files: set[str]) -> None:
    """Replace the rows of the test files that ran, and seal the record."""
    path = data_directory() / f"{RECORD}.csv"
    kept = pd.read_csv(path) if path.is_file() else ties.rows().iloc[:0]
    kept = kept[~kept["test"].str.split("::").str[0].isin(files)]
    table = pd.concat([frame for frame in (kept, ties.rows()) if len(frame)]).sort_values(KEY)
    path.write_bytes(table.to_csv(index=False, lineterminator="\n").encode())
    seal(RECORD)


def public_functions() -> list[str]:
    """Every function that must be tied: those that compute, not those that read or write."""
    import analysis.growth
    import analysis.interregional
    import analysis.linkages
    import analysis.regression
    import analysis.scenarios
    import analysis.structure
    import analysis.uncertainty
    from analysis.tables import InputOutputTable, InterregionalTable, from_pymrio, interregional_from_pymrio

    packages = [analysis.growth, analysis.linkages, analysis.regression, analysis.scenarios, analysis.structure]
    packages += [analysis.uncertainty, analysis.interregional]
    functions = [getattr(package, found) for package in packages for found in package.__all__]
    functions = [f for f in functions if inspect.isfunction(f)]
    methods = [InputOutputTable.aggregate, InputOutputTable.local, InputOutputTable.local_shares]
    methods += [InterregionalTable.region, InterregionalTable.total, InterregionalTable.trade]
    methods += [from_pymrio, interregional_from_pymrio]
    return sorted(map(name, [*functions, *methods]))


# --- pytest's side, taken over by conftest.py


def pytest_addoption(parser):
    parser.addoption("--record-verification", action="store_true", help=f"write data/{RECORD}.csv from the tests run")


@pytest.fixture(scope="session")
def tie(request) -> Iterator[Ties]:
    """Compare, and keep how far off it was; see :class:`Ties`."""
    recording = request.config.getoption("--record-verification")
    if recording and hasattr(request.config, "workerinput"):
        raise pytest.UsageError("--record-verification needs one process: leave out -n")
    ties = Ties(None if recording else read(RECORD))
    yield ties
    if recording and not request.session.testsfailed:
        write(ties, {item.nodeid.partition("::")[0] for item in request.session.items})
