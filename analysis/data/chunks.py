"""Long work in chunks: on one process, several, or a Dask cluster; finished chunks are kept and never done twice."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from functools import cache, partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from .records import DataError, data_directory
from .writing import whole_files

KEEP_VARIABLE = "SHANGHAI_CHAINS_KEEP"
"""The variable of the environment that names a folder for finished work, see :func:`compute_once`."""

# Chunks that are handed out at a time, for each process: none waits for work, and results do not pile up.
_AHEAD = 2
# How often a process may die before it is the work, and not chance, that kills it.
_DEATHS = 3
# How long a scheduler may take to answer.
_PATIENCE = "60s"


def compute_chunks(
    work: Callable[[Any], dict[Any, Any]],
    chunks: Sequence[Any],
    about: Mapping[Any, Any],
    *,
    workers: int = 1,
    scheduler: str = "",
    keep: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[dict[Any, Any]]:
    """Do one piece of work for every chunk, and yield the results in the order of the chunks.

    Parameters
    ----------
    work : callable
        From a chunk to a document: a dict of texts, numbers, lists and dicts. Must depend on the chunk and on `about`
        alone; for several processes, something that can be pickled.
    chunks : sequence
        Each as plain as a document.
    about : mapping
        All else that determines a result, as plain as a document. What the library and the data folder hold is added.
    workers : int
        Processes on this machine.
    scheduler : str
        Address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``: its workers then do the work, and need this
        package and this data.
    keep : str or Path, optional
        Folder for finished chunks, one file each, under a name that stands for all that determines it. A run that was
        stopped continues from there. Without it they are in a temporary folder until the end.
    progress : callable, optional
        Called with the number of chunks done and their total, at the start and after each.

    Yields
    ------
    dict
        The same to the last bit wherever it was computed, on machines of one kind with one thread of linear algebra a
        process. No more than a few results are in memory at a time: they go to disk as they come, and are read back one
        by one.

    Raises
    ------
    DataError
        If the folder cannot be written, Dask is asked for and not installed, its scheduler does not answer, or
        processes keep dying. What was finished stays in `keep`.
    """
    with ExitStack() as stack:
        folder = Path(keep) if keep is not None else Path(stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise DataError(folder, f"cannot hold finished chunks: {problem.strerror or problem}") from problem
        base = {"about": about, "made by": fingerprint()}
        files = [folder / f"{_key(base, chunk)}.json" for chunk in chunks]
        todo = [k for k, file in enumerate(files) if _read(file) is None]
        done = len(chunks) - len(todo)
        if progress:
            progress(done, len(chunks))
        for k, document in _computed(work, {k: chunks[k] for k in todo}, workers, scheduler):
            _write(files[k], document)
            done += 1
            if progress:
                progress(done, len(chunks))
        for file in files:
            kept = _read(file)
            if kept is None:
                raise DataError(file, "a finished chunk was changed or removed while this ran: run again")
            yield kept


def compute_once(work: Callable[[Any], dict[Any, Any]], chunk: object, about: Mapping[Any, Any]) -> dict[Any, Any]:
    """Do one piece of work, once for all processes that share the folder that ``SHANGHAI_CHAINS_KEEP`` names.

    Parameters
    ----------
    work, chunk, about
        As for :func:`compute_chunks`.

    Returns
    -------
    dict
        What the work returns; from the folder, if it was done before with the same code, data and packages. Without
        such a folder the work is done each time.

    Raises
    ------
    DataError
        If the folder cannot be written.
    """
    folder = os.environ.get(KEEP_VARIABLE)
    return next(compute_chunks(work, [chunk], about, keep=folder)) if folder else work(chunk)


@cache
def fingerprint() -> str:
    """Return a digest of the library's code, the files of the data folder, and the versions of what computes."""
    found = hashlib.sha256()
    package = Path(__file__).resolve().parents[1]
    for root, suffixes in ((package, {".py"}), (data_directory(), {".csv", ".yaml"})):
        for path in sorted(path for path in root.rglob("*") if path.suffix in suffixes):
            found.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    for name in ("numpy", "scipy", "pandas", "statsmodels", "networkx"):
        found.update(f"{name} {version(name)}\0".encode())
    return found.hexdigest()


def _key(base: Mapping[str, Any], chunk: object) -> str:
    text = json.dumps([base, chunk], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _write(file: Path, document: dict[Any, Any]) -> None:
    """Write a document and its checksum; numbers come back to the last bit."""
    text = json.dumps(document, ensure_ascii=False)
    seal = hashlib.sha256(text.encode()).hexdigest()
    with whole_files(file) as (half,):
        half.write_text(f"{seal}\n{text}\n", encoding="utf-8", newline="\n")


def _read(file: Path) -> dict[Any, Any] | None:
    """Return the document of a file, or nothing if there is none that is whole."""
    try:
        seal, _, text = file.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    text = text.removesuffix("\n")
    return json.loads(text) if hashlib.sha256(text.encode()).hexdigest() == seal else None


def _computed(
    work: Callable[..., Any], chunks: dict[int, object], workers: int, scheduler: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield number and document of each chunk as they are ready, with few of them under way at a time."""
    if not chunks:
        return
    if scheduler:
        yield from _on_cluster(work, chunks, scheduler)
    elif workers > 1:
        yield from _in_processes(work, chunks, workers)
    else:
        for k, chunk in chunks.items():
            yield k, work(chunk)


def _on_cluster(
    work: Callable[..., Any], chunks: Mapping[int, Any], scheduler: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        import distributed
    except ImportError as problem:
        raise DataError(scheduler, "a scheduler needs Dask: pip install 'dask[distributed]'") from problem
    try:
        client = distributed.Client(scheduler, timeout=_PATIENCE)
    except (OSError, ValueError) as problem:
        raise DataError(scheduler, f"no Dask scheduler answers there: {problem}") from problem
    with client:
        waiting = iter(chunks.items())
        # pure=False: a task is what it is asked for, not what another run left in the scheduler's memory
        submit = partial(client.submit, work, pure=False, retries=_DEATHS)
        ready = distributed.as_completed()
        numbers = {}
        room = _AHEAD * max(1, sum(client.nthreads().values()))
        for _, (k, chunk) in zip(range(room), waiting, strict=False):
            numbers[future := submit(chunk)] = k
            ready.add(future)
        for future in ready:
            try:
                document = future.result()
            except distributed.KilledWorker as problem:
                raise DataError(
                    scheduler, f"workers keep dying on one chunk, perhaps for want of memory: {problem}"
                ) from problem
            k = numbers.pop(future)
            future.release()
            if (following := next(waiting, None)) is not None:
                numbers[new := submit(following[1])] = following[0]
                ready.add(new)
            yield k, document


def _in_processes(
    work: Callable[..., Any], chunks: Mapping[int, Any], workers: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    left, deaths = dict(chunks), 0
    while left:
        try:
            for k, document in _in_one_pool(work, dict(left), workers):
                del left[k]
                yield k, document
        except BrokenProcessPool as problem:
            # a process that was killed takes its pool along; what the others had not delivered is done again
            deaths += 1
            if deaths >= _DEATHS:
                raise DataError(
                    "workers", f"processes died, {deaths} in turn: too little memory? Take fewer; what is done is kept"
                ) from problem


def _in_one_pool(
    work: Callable[..., Any], chunks: Mapping[int, Any], workers: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    waiting = iter(chunks.items())
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        under_way = {pool.submit(work, c): k for _, (k, c) in zip(range(_AHEAD * workers), waiting, strict=False)}
        while under_way:
            finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in finished:
                k, document = under_way.pop(future), future.result()
                if (following := next(waiting, None)) is not None:
                    under_way[pool.submit(work, following[1])] = following[0]
                yield k, document
