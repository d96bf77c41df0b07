"""The command that makes a region's profile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis.cli.find import find_table
from analysis.data import whole_files
from analysis.tables import InputOutputTable, TableError

NOTHING_SAID = dict.fromkeys(("unit", "year", "region", "sheet", "tolerance", "flows"))


def make_profile(
    name: str,
    said: dict[str, Any],
    reference: str | None,
    reference_said: dict[str, Any],
    imports: str | None,
    output: str,
    *,
    pdf: bool = False,
    notebook: str | None = None,
    draws: int = 500,
    seed: int = 2017,
) -> dict[str, Any]:
    """Write the profile of a table.

    Parameters
    ----------
    name, said
        The table, as in :func:`analysis.cli.find.find_table`.
    reference, reference_said
        What it is compared with; the project's table of the nation in the same year if None, and there is one;
        nothing if ``"none"``.
    imports : str, optional
        The main import assumption, in words.
    output : str
        The page, ending in ``.html``.
    pdf : bool
        Whether to print it as well, beside the page.
    notebook : str, optional
        Where to keep the notebook that made it.
    draws, seed : int
        For the ranges of ranks.

    Returns
    -------
    dict
        ``written``, the files; ``table`` and ``reference``; ``imports``, the assumptions used; ``left_out``.

    Raises
    ------
    TableError
        For input that cannot be worked with, and for an output that is no ``.html`` file.
    """
    from analysis.profile import page, print_pdf, run_template
    from analysis.profile.measure import local_tables

    target = Path(output)
    if target.suffix.lower() not in (".html", ".htm"):
        raise TableError(f"{output}: a profile is a page, its name ends in .html")
    if not target.parent.is_dir():
        raise TableError(f"{output}: there is no folder {target.parent}")
    # Read here first: what is wrong with the input is better said before a kernel starts.
    table = find_table(name, said)
    left_out: dict[str, str] = {}
    local = local_tables(table, imports, left_out)
    reference = _nation(table) if reference is None else "" if reference == "none" else reference
    other = find_table(reference, reference_said) if reference else None
    made = run_template(
        {
            "table": name,
            "said": said,
            "reference": reference,
            "reference_said": reference_said,
            "imports": imports or "",
            "draws": draws,
            "seed": seed,
        },
        notebook,
    )
    title = f"{table.region} {table.year}: an input-output profile"
    compared = f", against {other.region} {other.year}" if other else ""
    subtitle = (
        f"{table.n} sectors, {table.unit}; import assumption {next(iter(local))}{compared}. Every figure and sentence"
        " is computed from the table. What is local, and all that follows from it, is an estimate unless the table"
        " tells it."
    )
    with whole_files(target) as (half,):
        half.write_text(page(made, title, subtitle), encoding="utf-8", newline="\n")
    written = [str(target)]
    if pdf:
        printed = target.with_suffix(".pdf")
        print_pdf(target, printed)
        written.append(str(printed))
    return {
        "written": [*written, *([notebook] if notebook else [])],
        "table": f"{table.region} {table.year}",
        "reference": f"{other.region} {other.year}" if other else "",
        "imports": list(local),
        "left_out": left_out,
    }


def _nation(table: InputOutputTable) -> str:
    """Name the project's table of the nation in the year of a table, if there is one and it is not the table itself."""
    from analysis.data import DataError
    from analysis.tables import available

    try:
        listed = available()
    except DataError:
        return ""
    known = ((listed["region"] == "China") & (listed["year"] == table.year)).any()
    return f"China {table.year}" if known and table.region != "China" else ""
