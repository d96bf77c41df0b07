"""Execute the book's notebooks and write them in their one canonical form.

Run as ``python -m book._tools.notebooks [--force] [NOTEBOOK ...]``.

Outputs are kept under ``_build/executed``, each under a key of everything that can change them: the code cells, the
notebook's place, ``analysis/``, ``data/``, the lock file, the Python version and this file. What is found there is
never stale, and an edit to the text of a notebook executes nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from analysis.data import DataError, whole_files

ROOT = Path(__file__).resolve().parents[2]
CELL_TIMEOUT = 900  # seconds

# the whole of a canonical notebook's metadata: the language version would change with the reader's Python
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}
CELL_METADATA = ("mystnb", "tags")


class NotebookError(Exception):
    """A notebook that fails, writes to stderr, or holds what the book does not accept."""


def find(root: Path = ROOT) -> list[Path]:
    """Return the book's notebooks in the order of their names, leaving hidden folders out."""
    paths = (root / "book").rglob("*.ipynb")
    return sorted(p for p in paths if not any(part.startswith(".") for part in p.relative_to(root).parts))


def hash_files(paths: Iterable[Path], root: Path = ROOT) -> str:
    """Return a hash of the names and contents of files, and of all files in folders; caches do not count."""
    digest = hashlib.sha256()
    files = set()
    for path in paths:
        files.update(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else files.add(path)
    for file in sorted(files):
        parts = file.relative_to(root).parts
        if "__pycache__" in parts or any(part.startswith(".") for part in parts):
            continue
        content = file.read_bytes()
        digest.update(f"{file.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def canonical(notebook: nbformat.NotebookNode) -> str:
    """Return the canonical text of an executed notebook.

    Identifiers come from the content of the cells, execution counts run from 1, streams are joined, and only the
    metadata that the book uses are kept.
    """
    seen: dict[str, int] = {}
    count = 0
    cells = []
    for cell in notebook.cells:
        source = cell.source.rstrip()
        identifier = hashlib.sha256(f"{cell.cell_type}\0{source}".encode()).hexdigest()[:10]
        seen[identifier] = seen.get(identifier, 0) + 1
        entry = {
            "cell_type": cell.cell_type,
            "id": identifier if seen[identifier] == 1 else f"{identifier}-{seen[identifier]}",
            "metadata": {key: cell.metadata[key] for key in CELL_METADATA if cell.metadata.get(key)},
            "source": source,
        }
        if cell.cell_type == "code":
            count += 1
            entry["execution_count"] = count
            entry["outputs"] = [_canonical_output(output, count) for output in _joined(cell.outputs)]
        cells.append(entry)
    clean = nbformat.from_dict({"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5})
    nbformat.validate(clean)
    return nbformat.writes(clean) + "\n"


def execute(
    paths: Sequence[Path], *, root: Path = ROOT, force: bool = False, workers: int | None = None
) -> dict[Path, str]:
    """Execute notebooks side by side and return the canonical text of each.

    Parameters
    ----------
    paths : sequence of Path
        The notebooks.
    root : Path
        The project folder: where `analysis` is imported from and outputs are kept.
    force : bool
        Execute even where outputs for the same key are kept.
    workers : int, optional
        Notebooks that run at a time; by default one a processor.

    Raises
    ------
    NotebookError
        If any notebook fails; the message names each notebook, its cell and its error.
    """
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task]] = []

    async def everything() -> dict[Path, str]:
        running.append((asyncio.get_running_loop(), asyncio.current_task()))
        return await _execute_all(paths, root, force, workers or len(os.sched_getaffinity(0)))

    # away from the main thread, where nbclient would take Ctrl-C for itself, end one kernel and go on with the others
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(asyncio.run, everything())
        try:
            return work.result()
        except KeyboardInterrupt:
            loop, task = running[0]
            loop.call_soon_threadsafe(task.cancel)
            raise


async def _execute_all(paths: Sequence[Path], root: Path, force: bool, workers: int) -> dict[Path, str]:
    made_of = ("analysis", "data", "examples", "requirements.lock", "book/_tools/notebooks.py")
    surroundings = hash_files([root / name for name in made_of if (root / name).exists()], root)
    surroundings += sys.version
    _find_fonts(root)
    slots = asyncio.Semaphore(workers)
    done = 0

    async def one(path: Path) -> str | NotebookError:
        nonlocal done
        name = path.relative_to(root).as_posix()
        notebook = nbformat.read(path, as_version=4)
        code = [cell.source.rstrip() for cell in notebook.cells if cell.cell_type == "code"]
        key = hashlib.sha256(json.dumps([surroundings, name, code]).encode()).hexdigest()
        kept = root / "_build/executed" / f"{key}.json"
        start, how = time.monotonic(), "unchanged"
        if force or not kept.exists():
            async with slots:
                start, how = time.monotonic(), "executed"
                try:
                    outputs = await _run(notebook, path, root, name)
                except NotebookError as error:
                    done += 1
                    print(f"  [{done}/{len(paths)}] {name}: failed", flush=True)
                    return error
            kept.parent.mkdir(parents=True, exist_ok=True)
            with whole_files(kept) as (half,):
                half.write_text(json.dumps(outputs), encoding="utf-8")
        outputs = json.loads(kept.read_text(encoding="utf-8"))
        for cell, cell_outputs in zip((c for c in notebook.cells if c.cell_type == "code"), outputs, strict=True):
            cell.outputs = nbformat.from_dict(cell_outputs)
        done += 1
        print(f"  [{done}/{len(paths)}] {name}: {how}, {time.monotonic() - start:.0f} s", flush=True)
        return canonical(notebook)

    results = dict(zip(paths, await asyncio.gather(*map(one, paths)), strict=True))
    errors = [result for result in results.values() if isinstance(result, NotebookError)]
    if errors:
        raise NotebookError("\n\n".join(map(str, errors)))
    return results


async def _run(notebook: nbformat.NotebookNode, path: Path, root: Path, name: str) -> list[list[dict]]:
    """Execute one notebook in a kernel of its own; return the outputs of each code cell."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        extra_arguments=["--log-level=CRITICAL"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        await client.async_execute(env=_kernel_environment(root))
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise NotebookError(f"{name} failed:\n{_plain(str(error))}") from error
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(cells, 1):
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                raise NotebookError(f"{name}, code cell {number}, writes to stderr:\n{_plain(output.text)}")
            if any(mime in output.get("data", {}) for mime in ("image/png", "image/jpeg")):
                raise NotebookError(f"{name}, code cell {number}, shows a bitmap; show figures with show.chart")
    return [json.loads(json.dumps(cell.outputs)) for cell in cells]


def _kernel_environment(root: Path) -> dict[str, str]:
    """Return the environment of a kernel: this tree's code, none of the reader's own settings."""
    settings = root / "_build/settings"
    settings.mkdir(parents=True, exist_ok=True)
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")])),
        "IPYTHONDIR": str(settings),
        "MPLCONFIGDIR": str(settings),
        "PYTHONHASHSEED": "0",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        # a claim is shown on its page, its chapter's, its part's and the cover: measured once
        "SHANGHAI_CHAINS_KEEP": str(root / "_build/judged"),
        # several notebooks share the processors
        "OPENBLAS_NUM_THREADS": "1",
    }


def _find_fonts(root: Path) -> None:
    """Let matplotlib look for fonts once; each of the first notebooks would, and say so on stderr."""
    command = [sys.executable, "-c", "import matplotlib.font_manager"]
    subprocess.run(command, env=_kernel_environment(root), check=True, capture_output=True)


def _joined(outputs: Sequence[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Return outputs with neighbouring pieces of one stream joined: how a stream is cut depends on timing."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last is not None and output.output_type == last.output_type == "stream" and output.name == last.name:
            joined[-1] = nbformat.from_dict({**last, "text": last.text + output.text})
        else:
            joined.append(output)
    return joined


def _canonical_output(output: nbformat.NotebookNode, count: int) -> dict:
    entry = {key: value for key, value in output.items() if key not in ("execution_count", "transient")}
    if output.output_type == "execute_result":
        entry["execution_count"] = count
    return entry


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Execute notebooks and store what comes out in them; return the exit code."""
    parser = argparse.ArgumentParser(description="Execute notebooks and write them in canonical form.")
    parser.add_argument("notebooks", nargs="*", type=Path, help="by default every notebook of the book")
    parser.add_argument("--force", action="store_true", help="execute even what has not changed")
    options = parser.parse_args(arguments)
    paths = [path.resolve() for path in options.notebooks] or find()
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        print(f"no such notebook: {', '.join(missing)}", file=sys.stderr)
        return 1
    print(f"Notebooks ({len(paths)})", flush=True)
    try:
        texts = execute(paths, force=options.force)
        for path, text in texts.items():
            if path.read_text(encoding="utf-8") != text:
                with whole_files(path) as (half,):
                    half.write_text(text, encoding="utf-8", newline="\n")
                print(f"  wrote {path.relative_to(ROOT)}", flush=True)
    except (NotebookError, DataError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
