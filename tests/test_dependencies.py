"""What the project leans on: locks that let nothing else in, licences that go with ours, known weaknesses."""

import csv
import json
import re

import pytest

from book._tools import dependencies
from book._tools.dependencies import AUDITED, ROOT, entries


def versions(lock):
    found = {}
    for entry in entries(ROOT / lock):
        found.setdefault(entry.requirement.name, set()).add(entry.version)
    return found


def test_every_lock_is_known():
    assert sorted(path.name for path in ROOT.glob("requirements*.lock")) == sorted(AUDITED)


@pytest.mark.parametrize("lock", AUDITED)
def test_every_package_of_a_lock_has_hashes(lock):
    for entry in entries(ROOT / lock):
        # a source and at least a wheel, or the one file that there is
        assert len(set(entry.hashes)) == len(entry.hashes) > 0, entry.requirement.name
        assert re.search(r"\d", entry.version)


@pytest.mark.parametrize("lock", AUDITED)
def test_no_lock_names_a_host(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host|git\+", text)
    assert not re.search(r"^\s*-", re.sub(r"^ +--hash=sha256:[0-9a-f]{64}( \\)?$", "", text, flags=re.MULTILINE), re.M)


@pytest.mark.parametrize("lock", ["requirements-test.lock", "requirements-trust.lock"])
def test_locks_on_top_repeat_the_versions_of_the_first(lock):
    """Of the packages that both name; pip would otherwise change what the book was built with."""
    base, more = versions("requirements.lock"), versions(lock)
    shared = set(base) & set(more)
    assert len(shared) > 10
    assert {name: more[name] for name in shared} == {name: base[name] for name in shared}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("numpy==2.4.6", "no hashes"),
        ("numpy>=2 --hash=sha256:" + "0" * 64, "no package of one version"),
        ("numpy @ https://example.org/numpy.whl --hash=sha256:" + "0" * 64, "no package of one version"),
        ("--index-url https://example.org/simple", "no package of one version"),
        ("numpy==2.4.6 --hash=sha256:" + "0" * 63, "no hashes"),
        ("numpy==2.4.6 --hash=md5:" + "0" * 64, "no hashes"),
    ],
)
def test_a_line_that_lets_something_else_in_is_refused(tmp_path, line, message):
    (tmp_path / "some.lock").write_text(f"# a comment\n\n{line}\n")
    with pytest.raises(ValueError, match=f"some.lock, entry 3: .*{message}"):
        list(entries(tmp_path / "some.lock"))


def test_table_of_licences_is_fresh():
    with (ROOT / dependencies.TABLE).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == dependencies.HEADER
    assert [tuple(row) for row in rows] == dependencies.licences(), "run make licences"


def test_table_of_licences_names_every_package_and_no_unknown_licence():
    with (ROOT / dependencies.TABLE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    named = {name for lock in dependencies.LOCKS.values() for name in versions(lock)}
    assert {row["Package"] for row in rows} == named
    assert [row for row in rows if "UNKNOWN" in row["Licence"].upper() or len(row["Licence"]) < 3] == []


@pytest.mark.parametrize(
    ("name", "licence", "fits"),
    [
        ("anything", "MIT", True),
        ("anything", "Apache-2.0 OR BSD-2-Clause", True),
        ("anything", "GPL-3.0-or-later OR MIT", True),
        ("anything", "MIT AND MPL-2.0", True),
        ("pymrio", "LGPL-3.0-only", True),
        ("anything", "LGPL-3.0-only", False),
        ("anything", "MIT AND GPL-3.0-or-later", False),
        ("anything", "AGPL-3.0-only", False),
        ("anything", "Proprietary", False),
        ("anything", "UNKNOWN", False),
    ],
)
def test_licences_are_judged(name, licence, fits):
    fault = dependencies.unfit(name, licence)
    assert (fault == "") is fits
    assert fits or fault.startswith(f"{name}: its licence is ")


def test_a_package_without_a_known_licence_is_refused(tmp_path):
    line = "no-such-package==1.0 --hash=sha256:" + "0" * 64
    for lock in dependencies.LOCKS.values():
        (tmp_path / lock).write_text(line)
    with pytest.raises(dependencies.LicenceError, match="no-such-package: its licence is unknown"):
        dependencies.licences(tmp_path)


def test_only_what_tests_use_is_less_than_permissive_and_linked():
    """Readers who build the book install nothing under the LGPL."""
    assert "pymrio" in versions("requirements-test.lock")
    assert "pymrio" not in versions("requirements.lock")


FOUND = {
    "dependencies": [
        {"name": "safe", "version": "1.0", "vulns": []},
        {"name": "weak", "version": "2.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["2.1"]}]},
    ]
}
CLEAN = {"dependencies": FOUND["dependencies"][:1]}
SKIPPED = {"dependencies": [{"name": "odd", "skip_reason": "Dependency not found on PyPI"}]}
UNREACHED = """Traceback (most recent call last):
requests.exceptions.ConnectionError: HTTPSConnectionPool(host='example.org', port=443): Max retries exceeded"""


@pytest.mark.parametrize(
    ("output", "complaint", "code", "words"),
    [
        (json.dumps(CLEAN), "No known vulnerabilities found", 0, "no weakness is known of its 1 packages"),
        (json.dumps(FOUND), "Found 1 known vulnerability", 1, "weak 2.0: PYSEC-2026-1, mended in 2.1"),
        (json.dumps(SKIPPED), "No known vulnerabilities found", 3, "1 of 1 packages are not in the database"),
        ("", UNREACHED, 3, "the database of weaknesses was not reached (requests.exceptions.ConnectionError"),
        ("", "usage: pip-audit\npip-audit: error: unrecognized arguments", 2, "pip-audit failed"),
    ],
)
def test_what_is_found_decides_the_exit_code(output, complaint, code, words):
    got, said = dependencies.judge("some.lock", output, complaint)
    assert got == code
    assert said.startswith("some.lock: ") and words in said


def test_the_worst_finding_is_the_exit_code(monkeypatch, capsys):
    codes = iter([0, 3, 1, 0])
    monkeypatch.setattr(dependencies, "judge", lambda lock, output, complaint: (next(codes), lock))
    monkeypatch.setattr(
        dependencies.subprocess, "run", lambda *_, **__: type("Done", (), {"stdout": "", "stderr": ""})()
    )
    assert dependencies.main(["audit"]) == 3
    assert capsys.readouterr().out.split() == list(AUDITED)
