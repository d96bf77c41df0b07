"""Work in chunks: equal on one process, several and a cluster, continued where it was stopped, never held in memory."""

import os
import signal
import sys
import tracemalloc
from functools import partial

import dask
import distributed
import pytest

from analysis.data import DataError, chunks, compute_chunks
from tests.data.work import always_die, big, die, never, solve

# A busy machine may take long to start a process.
PATIENT = {"distributed.comm.timeouts.connect": "180s", "distributed.comm.timeouts.tcp": "180s"}


def values(work, count=8, **how):
    return [document["values"] for document in compute_chunks(work, range(count), {"about": "solve"}, **how)]


@pytest.fixture(scope="module")
def alone():
    return [solve(20, number)["values"] for number in range(8)]


def test_numbers_and_texts_come_back_to_the_last_bit(alone):
    found = list(compute_chunks(partial(solve, 20), range(8), {}))
    assert [document["values"] for document in found] == alone
    assert found[0]["text"] == "江苏 <&>" and found[0]["none"] is None and found[0]["infinite"] == float("inf")


def test_progress_is_told_from_the_start():
    told = []
    list(compute_chunks(big, range(3), {}, progress=lambda *numbers: told.append(numbers)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_cluster_whose_worker_is_killed_halfway_gives_the_same(alone):
    with (
        dask.config.set(PATIENT),
        distributed.LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as cluster,
    ):
        before = {worker.pid for worker in cluster.workers.values()}
        killed = []

        def halfway(done, total):
            if done == total // 2 and not killed:
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        found = values(partial(solve, 20), scheduler=cluster.scheduler_address, progress=halfway)
        assert killed and set(killed) < before
    assert found == alone


def test_a_process_that_is_killed_is_replaced(alone, tmp_path):
    assert values(partial(die, str(tmp_path)), workers=2) == alone
    assert (tmp_path / "3").exists()


def test_processes_that_keep_dying_are_an_error_and_what_is_done_is_kept(tmp_path, monkeypatch):
    finished = values(big, 2, keep=tmp_path)
    monkeypatch.setattr(chunks, "_DEATHS", 1)
    with pytest.raises(DataError, match="processes died, 1 in turn: too little memory"):
        values(always_die, 3, workers=2, keep=tmp_path)
    assert values(never, 2, keep=tmp_path) == finished


def test_finished_chunks_are_not_done_again(alone, tmp_path):
    values(partial(solve, 20), 5, keep=tmp_path)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    told = []
    found = list(
        compute_chunks(partial(solve, 20), range(8), {"about": "solve"}, keep=tmp_path,
                       progress=lambda done, _: told.append(done))
    )  # fmt: skip
    assert [document["values"] for document in found] == alone and told[0] == 5
    assert all(path.stat().st_mtime_ns == at for path, at in files.items())
    assert values(never, keep=tmp_path) == alone


def test_whatever_determines_a_result_is_in_its_name(tmp_path, monkeypatch):
    values(big, 2, keep=tmp_path)
    with pytest.raises(AssertionError):
        list(compute_chunks(never, range(2), {"about": "something else"}, keep=tmp_path))
    chunks.fingerprint.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(chunks, "version", lambda name: f"another {name}")
        with pytest.raises(AssertionError):
            values(never, 2, keep=tmp_path)
        chunks.fingerprint.cache_clear()
    values(never, 2, keep=tmp_path)


@pytest.mark.parametrize("damage", [lambda text: text[: len(text) // 2], lambda text: text.replace("1.0", "1.1", 1)])
def test_a_damaged_chunk_is_done_again(tmp_path, damage):
    expected = values(big, 2, keep=tmp_path)
    for path in tmp_path.iterdir():
        path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert values(big, 2, keep=tmp_path) == expected


def test_a_chunk_that_is_changed_while_the_run_goes_on_is_an_error(tmp_path):
    found = compute_chunks(big, range(2), {}, keep=tmp_path)
    next(found)
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(DataError, match="changed or removed"):
        next(found)


def test_memory_does_not_grow_with_the_number_of_chunks():
    def most(count):
        tracemalloc.start()
        for _ in compute_chunks(big, range(count), {}):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    most(2)
    # a document is about thirty kilobytes as text and six times that as numbers: fifteen more would be seen
    assert most(20) < most(5) * 1.5


def test_few_tasks_are_under_way_on_a_cluster(monkeypatch):
    with distributed.LocalCluster(1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0") as cluster:
        at_once = []
        submit = distributed.Client.submit

        def counted(client, *arguments, **options):
            future = submit(client, *arguments, **options)
            at_once.append(len(client.futures))
            return future

        monkeypatch.setattr(distributed.Client, "submit", counted)
        assert len(values(big, 30, scheduler=cluster.scheduler_address)) == 30
    assert max(at_once) <= chunks._AHEAD + 1


def test_what_cannot_be_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot hold finished chunks"):
        values(big, 2, keep=tmp_path / "file")
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        monkeypatch.setattr(chunks, "_PATIENCE", "1s")
        with pytest.raises(DataError, match="no Dask scheduler answers there"):
            values(big, 2, scheduler="tcp://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DataError, match="needs Dask"):
        values(big, 2, scheduler="tcp://127.0.0.1:9")
