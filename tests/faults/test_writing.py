"""Whatever stops a command, what it was to replace stays whole, the reason is said, and the next run works."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from analysis.cli import REFUSED, cli
from analysis.data import DataError, read_pair, whole_files
from analysis.tables import read_table

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/communique_2023"
SHANGHAI = "Shanghai 2017"
# every way in which the command line writes a file, and the names of the files
WRITERS = {
    "convert to the tidy layout": (["convert", SHANGHAI, "{}/a.csv"], ["a.csv", "a.yaml"]),
    "convert to CSV as published": (["convert", SHANGHAI, "{}/a.csv", "--to", "published"], ["a.csv"]),
    "convert to a workbook": (["convert", SHANGHAI, "{}/a.xlsx"], ["a.xlsx"]),
    "convert for Eurostat": (["convert", SHANGHAI, "{}/a.csv", "--to", "eurostat"], ["a.csv"]),
    "results as CSV": (["compute", "linkages", SHANGHAI, "-o", "{}/a.csv"], ["a.csv"]),
    "results as Parquet": (["compute", "linkages", SHANGHAI, "-o", "{}/a.parquet"], ["a.parquet"]),
    "results as JSON": (["compute", "linkages", SHANGHAI, "-o", "{}/a.json"], ["a.json"]),
    "the page of an audit": (["audit", str(EXAMPLE), "-o", "{}/a.md"], ["a.md"]),
}
NEW = ["audit", "--new", "{}"]


def run(arguments, folder):
    return CliRunner().invoke(cli, [part.format(folder) for part in arguments], catch_exceptions=True)


def refused(result, reason):
    assert result.exit_code == REFUSED, result.output
    assert result.stderr.startswith("error: ") and "Traceback" not in result.stderr
    told = " ".join(result.stderr.split())
    assert "cannot be written: " in told and reason in told and told.endswith("; nothing was changed"), told


@pytest.mark.parametrize("case", WRITERS)
def test_on_a_full_disk_the_last_result_stays(case, full_disk):
    arguments, names = WRITERS[case]
    for name in names:
        (full_disk.folder / name).write_text("the last result")
    full_disk.close()
    refused(run(arguments, full_disk.folder), os.strerror(28))
    assert full_disk.content() == {name: b"the last result" for name in names}


@pytest.mark.parametrize("case", ["convert to the tidy layout", "results as JSON", "the page of an audit"])
def test_in_a_folder_that_may_only_be_read_the_last_result_stays(case, read_only):
    arguments, names = WRITERS[case]
    for name in names:
        (read_only.folder / name).write_text("the last result")
    read_only.close()
    result = run(arguments, read_only.folder)
    assert result.exit_code == REFUSED and "Traceback" not in result.stderr
    assert "cannot be written: " in result.stderr and "nothing was changed" in result.stderr
    assert read_only.content() == {name: b"the last result" for name in names}


def test_a_template_is_written_whole_or_not_at_all(full_disk, tmp_path):
    full_disk.close()
    refused(run(NEW, full_disk.folder), os.strerror(28))
    assert full_disk.content() == {}
    assert run(NEW, tmp_path / "new").exit_code == 0
    assert len(list((tmp_path / "new").iterdir())) == 3


@pytest.mark.parametrize("case", ["convert to the tidy layout", "results as JSON"])
def test_a_killed_command_leaves_the_last_result_and_the_next_run_works(case, tmp_path):
    arguments, names = WRITERS[case]
    for name in names:
        (tmp_path / name).write_text("the last result")
    # held up at the last moment before the new file takes its place
    script = (
        "import os, sys, time\nfrom analysis.cli import main\nos.fsync = lambda _: time.sleep(60)\nmain(sys.argv[1:])\n"
    )
    command = [sys.executable, "-c", script, *(part.format(tmp_path) for part in arguments)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        started = time.monotonic()
        while not any(p.stat().st_size for p in tmp_path.glob(f".{names[-1]}.*.part")):
            assert process.poll() is None and time.monotonic() - started < 60
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    visible = {p.name: p.read_text() for p in tmp_path.iterdir() if not p.name.startswith(".")}
    assert visible == dict.fromkeys(names, "the last result")
    assert run(arguments, tmp_path).exit_code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == names
    if case.startswith("convert"):
        assert read_table(tmp_path / names[0]).region == "Shanghai"


def test_a_pair_that_was_parted_is_told(tmp_path):
    """A machine that stops between the two renames leaves a new table with an old description: the seal says so."""
    run(WRITERS["convert to the tidy layout"][0], tmp_path)
    old = (tmp_path / "a.yaml").read_bytes()
    run(["convert", "Jiangsu 2017", "{}/a.csv"], tmp_path)
    (tmp_path / "a.yaml").write_bytes(old)
    with pytest.raises(DataError, match="do not belong together"):
        read_pair(tmp_path / "a.csv")
    assert run(["convert", "Jiangsu 2017", "{}/a.csv"], tmp_path).exit_code == 0
    assert read_table(tmp_path / "a.csv").region == "Jiangsu"


def test_files_are_written_through_links_and_keep_their_mode(tmp_path):
    real = tmp_path / "real.csv"
    real.write_text("old")
    real.chmod(0o640)
    (tmp_path / "link.csv").symlink_to(real)
    with whole_files(tmp_path / "link.csv") as (half,):
        half.write_text("new")
        assert real.read_text() == "old"
    assert real.read_text() == "new" and (tmp_path / "link.csv").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_a_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for name in ("pipe.csv", "."):
        with pytest.raises(DataError, match="no ordinary file"), whole_files(tmp_path / name):
            pytest.fail("nothing is to be written")
    with pytest.raises(DataError, match="there is no folder"), whole_files(tmp_path / "gone/a.csv"):
        pytest.fail("nothing is to be written")
    assert [p.name for p in tmp_path.iterdir()] == ["pipe.csv"]


def test_an_error_of_the_writer_passes_and_nothing_is_left(tmp_path):
    with pytest.raises(ZeroDivisionError), whole_files(tmp_path / "a.csv", tmp_path / "b.csv") as (first, _):
        first.write_text("half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_what_another_live_process_writes_is_left_alone(tmp_path):
    theirs = tmp_path / f".a.csv.{os.getppid()}.part"
    theirs.write_text("in progress")
    # no process has such a number, and no one knows whose it is
    (tmp_path / f".a.csv.{10**30}.part").write_text("whose")
    with whole_files(tmp_path / "a.csv") as (half,):
        half.write_text("mine")
    assert theirs.read_text() == "in progress" and (tmp_path / "a.csv").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 3
