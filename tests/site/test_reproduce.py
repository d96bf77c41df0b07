"""The comparison of two builds sees what differs."""

import hashlib

from book._tools import build, reproduce


def test_copies_hold_the_project_and_nothing_hidden(tmp_path):
    build.copy_inputs(build.ROOT, tmp_path / "copy")
    assert set(path.name for path in (tmp_path / "copy").iterdir()) == {
        name for name in build.INPUTS if (build.ROOT / name).exists()
    }
    assert not [path for path in (tmp_path / "copy").rglob("*") if path.name in ("__pycache__", ".venv", "_build")]


def test_the_digest_in_the_changelog_does_not_change_the_digest(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for name, digest in (("a", "0123456789abcdef" * 4), ("b", "f" * 64)):
        (tmp_path / name / "CHANGELOG.md").write_text(f"Digest: `{digest}`.\n", encoding="utf-8")
        reproduce.copy_without_digests(tmp_path / name, tmp_path / f"{name} copied")
    assert reproduce.digests(tmp_path / "a copied") == reproduce.digests(tmp_path / "b copied")
    assert (tmp_path / "a copied/CHANGELOG.md").read_text(encoding="utf-8") == f"Digest: `{'0' * 64}`.\n"


def test_digest_is_that_of_the_list_of_digests(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b/two.txt").write_text("2")
    (tmp_path / "one.txt").write_text("1")
    files = reproduce.digests(tmp_path)
    lines = [
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in (("b/two.txt", b"2"), ("one.txt", b"1"))
    ]
    assert reproduce.overall(files) == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_a_changed_file_and_a_failed_build_are_told(monkeypatch, capsys):
    monkeypatch.setattr(reproduce, "compare", lambda quick: ({"a.html": "1", "b.html": "2"}, ["b.html"]))
    assert reproduce.main([]) == 1
    assert "1 of 2 files differ:\n  b.html" in capsys.readouterr().err

    def fails(quick):
        raise RuntimeError("the build in 'here' failed:\nno such file")

    monkeypatch.setattr(reproduce, "compare", fails)
    assert reproduce.main([]) == 1
    assert "the build in 'here' failed" in capsys.readouterr().err
    monkeypatch.setattr(reproduce, "compare", lambda quick: ({"a.html": "1"}, []))
    assert reproduce.main(["--quick"]) == 0
    assert f"{reproduce.overall({'a.html': '1'})}  (not in the changelog)" in capsys.readouterr().out
