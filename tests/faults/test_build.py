"""Whatever stops a build of the site, the last whole site stays, the reason is said, and the next build works."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from book._tools import build, notebooks

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small project whose pages are written by a stand-in for Sphinx, two pages one after the other."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "_toc.yml").write_text("root: one\n")
    monkeypatch.setattr(build, "_run_sphinx", write_pages)
    monkeypatch.setattr(build, "ROOT", folder)
    return folder


def write_pages(source, html, doctrees, between=lambda: None):
    text = (source / "_toc.yml").read_text()
    html.mkdir()
    (html / "one.html").write_text(text)
    between()
    (html / "two.html").write_text(text)


def pages(folder):
    return {p.name: p.read_text() for p in (folder / "_build/html").iterdir()}


def change(folder, text):
    (folder / "_toc.yml").write_text(f"root: one # {text}\n")


def built(folder):
    """Build once, and return the pages."""
    build.site(folder, stored=True)
    return pages(folder)


@pytest.mark.parametrize(
    "problem", [build.BuildError("a page has a fault"), OSError(28, os.strerror(28)), KeyboardInterrupt()]
)
def test_a_build_that_fails_leaves_the_last_site(problem, project, monkeypatch, capsys):
    before = built(project)
    change(project, "new")

    def stop():
        raise problem

    monkeypatch.setattr(build, "_run_sphinx", lambda *where: write_pages(*where, stop))
    with pytest.raises(type(problem)):
        build.site(project, stored=True)
    assert pages(project) == before
    monkeypatch.setattr(build, "site", lambda **_: stop())
    assert build.main(["--stored"]) in (1, 130)
    said = capsys.readouterr().err
    assert "Traceback" not in said and any(w in said for w in ("a page has a fault", os.strerror(28), "Stopped"))
    monkeypatch.undo()
    monkeypatch.setattr(build, "_run_sphinx", write_pages)
    after = built(project)
    assert after.keys() == {"one.html", "two.html"} and "new" in after["one.html"]


def test_a_build_on_a_full_disk_says_so(full_disk, monkeypatch, capsys):
    folder = full_disk.folder
    (folder / "_toc.yml").write_text("root: one\n")
    monkeypatch.setattr(build, "_run_sphinx", write_pages)
    before = built(folder)
    change(folder, "x" * 3000)
    full_disk.close()
    usual = build.site
    monkeypatch.setattr(build, "site", lambda **options: usual(folder, **options))
    assert build.main(["--stored"]) == 1
    said = capsys.readouterr().err
    assert "the site was not built" in said and os.strerror(28) in said and "The last one" in said
    assert pages(folder) == before


def test_a_build_in_a_folder_that_may_only_be_read_says_so(read_only, monkeypatch, capsys):
    (read_only.folder / "_toc.yml").write_text("root: one\n")
    read_only.close()
    usual = build.site
    monkeypatch.setattr(build, "site", lambda **options: usual(read_only.folder, **options))
    assert build.main(["--stored"]) == 1
    assert "the site was not built" in capsys.readouterr().err


SCRIPT = """
import sys, time
from pathlib import Path
from book._tools import build
from tests.faults.test_build import write_pages
root = Path(sys.argv[1])

def slowly(*where):
    write_pages(*where, lambda: (root / "halfway").write_text("") and None or time.sleep(float(sys.argv[2])))
    with (root / "order").open("a") as file:
        file.write(f"{sys.argv[3]}\\n")

build._run_sphinx = slowly
build.ROOT = root
usual = build.site
build.site = lambda **options: usual(root, **options)
sys.exit(build.main(["--stored"]))
"""


def start(folder, seconds, name):
    command = [sys.executable, "-c", SCRIPT, str(folder), str(seconds), name]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_for(path, process):
    begun = time.monotonic()
    while not path.exists():
        assert process.poll() is None and time.monotonic() - begun < 120, process.communicate()[0]
        time.sleep(0.02)


def test_a_killed_build_leaves_the_last_site_and_the_next_one_works(project):
    before = built(project)
    change(project, "new")
    process = start(project, 300, "killed")
    wait_for(project / "halfway", process)
    # a second one waits for the first, says so, and takes over when the first is dead
    second = start(project, 0, "second")
    line = second.stdout.readline()
    assert "Another build of this folder is running: waiting for it" in line
    assert pages(project) == before
    process.send_signal(signal.SIGKILL)
    process.communicate()
    said, _ = second.communicate(timeout=120)
    assert second.returncode == 0, said
    assert (project / "order").read_text() == "second\n"
    assert pages(project).keys() == {"one.html", "two.html"} and "new" in pages(project)["two.html"]
    assert sorted(p.name for p in (project / "_build").iterdir()) == ["html", "html.key", "lock", "source"]


def test_a_machine_that_stops_between_the_two_renames_keeps_a_site(project, monkeypatch):
    before = built(project)
    html = project / "_build/html"
    html.rename(html.with_name("html.old"))
    change(project, "new")

    def stop(*_):
        raise build.BuildError("stopped")

    monkeypatch.setattr(build, "_run_sphinx", stop)
    with pytest.raises(build.BuildError):
        build.site(project, stored=True)
    assert pages(project) == before


def test_a_notebook_is_stored_whole_or_not_at_all(full_disk, monkeypatch, capsys):
    path = full_disk.folder / "one.ipynb"
    path.write_text("the last outputs")
    full_disk.close()
    monkeypatch.setattr(notebooks, "execute", lambda paths, **_: dict.fromkeys(paths, "x" * 9000))
    assert notebooks.main([str(path)]) == 1
    assert os.strerror(28) in capsys.readouterr().err
    assert path.read_text() == "the last outputs"
