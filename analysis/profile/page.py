"""The page of a profile: what its sections display in the notebook, the notebook run, and the page made of it."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.data import whole_files
from analysis.profile import words
from analysis.profile.measure import Profile
from analysis.show import intervals, quadrant, ranges, table_html
from analysis.show.page import svg
from analysis.tables import ASSUMPTIONS, TableError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTIONS = {
    "structure": "Size and structure",
    "linkages": "Who pulls, who pushes",
    "position": "Where sectors stand in the chain",
    "dependence": "What comes from outside",
    "ranks": "What a rank is worth",
    "clusters": "Clusters",
    "comparison": "Against the reference",
    "sources": "Sources and assumptions",
}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


# ---- what the notebook displays -------------------------------------------------------------------------------------


def show(p: Profile, section: str) -> None:
    """Display a section of a profile: sentences, a chart with its table, or why there is none.

    Parameters
    ----------
    p : Profile
        From :func:`analysis.profile.profile`.
    section : str
        Key of ``SECTIONS`` of this module.

    Raises
    ------
    KeyError
        For an unknown section.
    """
    _SHOWN[section](p)


def _structure(p: Profile) -> None:
    _say(words.overview(p))
    net = "" if p.table.gross_trade else "net "
    columns = {
        "sector": "Sector", "output": f"Output ({p.table.unit})", "output_share": "Share in output (%)",
        "value_added": f"Value added ({p.table.unit})", "rate": "Value added in output (%)",
        "leaves": f"Leaves, {net}part of output (%)", "comes": f"Comes in, {net}part of supply (%)",
    }  # fmt: skip
    _table(p.structure, columns, f"Sectors of {p.place} by output", "structure", decimals=1)


def _linkages(p: Profile) -> None:
    _say([words.assumption(p), *words.linkages(p)])
    rows = p.linkages
    key = rows[rows["class"] == "key"].nlargest(8, "backward_index")
    fig = quadrant(
        rows,
        "backward_index",
        "forward_index",
        "sector",
        title=f"Who pulls and who pushes in {p.place}",
        xlabel=f"Backward linkage index, {p.main}",
        ylabel=f"Forward linkage index, {p.main}",
        highlight=list(key["sector"]),
        corners=("pulls and pushes", "pushes", "neither", "pulls"),
    )
    columns = {
        "sector": "Sector", "technology": "Pull, suppliers anywhere", "backward": "Pull, local",
        "backward_lowest": "Pull, lowest", "backward_highest": "Pull, highest", "forward": "Push, local",
        "forward_lowest": "Push, lowest", "forward_highest": "Push, highest", "backward_index": "Pull index",
        "forward_index": "Push index", "class": "Class", "key_in": "Key under so many assumptions",
    }  # fmt: skip
    if len(p.local) < 2:
        columns = {k: v for k, v in columns.items() if not k.endswith(("_lowest", "_highest")) and k != "key_in"}
    _chart(
        fig, rows, columns, "linkages",
        f"Local linkages of {p.place}, {p.main}; the average sector is one on both axes.",
        words.linkage_alt(p),
        note="Pull: output in the region for one unit of final demand. Push: output that one unit of the sector's own"
        " carries further. Indices are relative to the average sector. Class: key (both above the average), pull, push"
        " or weak.",
    )  # fmt: skip


def _position(p: Profile) -> None:
    if p.position is None:
        _refuse(p, "position in the chain")
        return
    _say(words.position(p))
    rows = words.settled(p)
    ends = rows[["upstreamness", "downstreamness"]]
    marked = rows.loc[list(dict.fromkeys([*ends.idxmax(), *ends.idxmin()])), "sector"]
    fig = quadrant(
        rows,
        "downstreamness",
        "upstreamness",
        "sector",
        title=f"Positions in the chain, {p.place}",
        xlabel="Steps from primary inputs (downstreamness)",
        ylabel="Steps to final use (upstreamness)",
        highlight=list(marked),
        centre=(float(rows["downstreamness"].median()), float(rows["upstreamness"].median())),
        corners=("far from both", "head of the chain", "near to both", "foot of the chain"),
    )
    columns = {
        "sector": "Sector", "upstreamness": "Upstreamness", "downstreamness": "Downstreamness",
        "local_upstreamness": "Upstreamness, local flows", "local_downstreamness": "Downstreamness, local flows",
        "through": "Goods that pass through",
    }  # fmt: skip
    every = p.position.assign(through=p.position["passing"].map({True: "yes", False: "no"}))
    _chart(
        fig, every, columns, "position",
        f"Distance to final use and from primary inputs in {p.place}, corrected for the open economy; lines at the"
        " medians.",
        words.position_alt(p),
        note="Steps. The correction takes it that what leaves and what comes in is used like what stays. Local flows:"
        f" without the correction; import assumption: {p.main}. Goods that pass through: more leaves than is made,"
        " and the correction more than doubles a distance.",
    )  # fmt: skip


def _dependence(p: Profile) -> None:
    _say(words.dependence(p))
    rows = p.dependence.head(15).sort_values("outside", ascending=False)
    bounds = ("lowest", "highest") if len(p.local) > 1 else (None, None)
    fig = intervals(
        rows,
        "sector",
        "outside",
        *bounds,
        title=f"Outside content of the largest sectors, {p.place}",
        xlabel="% of final product" + (", range over assumptions" if len(p.local) > 1 else ""),
    )
    columns = {
        "sector": "Sector", "outside": "From outside (%)", "lowest": "Lowest (%)", "highest": "Highest (%)",
        "abroad": "From abroad (%)", "other_provinces": "From other provinces (%)",
        "imported": "Direct inputs from outside (%)", "bought": "Direct local inputs (%)",
        "value_added": "Value added (%)",
    }  # fmt: skip
    _chart(
        fig, p.dependence, columns, "dependence",
        f"Outside content of final products of {p.place}, all local rounds; the fifteen largest sectors.",
        words.dependence_alt(p), decimals=1,
        note="From outside: imported inputs, over all local rounds, in one unit of final demand for the local product."
        f" Direct inputs and value added: parts of output. Import assumption: {p.main}.",
    )  # fmt: skip


def _ranks(p: Profile) -> None:
    if p.ranks is None:
        _refuse(p, "ranges of ranks")
        return
    _say(words.ranks(p))
    shown = p.ranks[p.ranks["rank"] <= 8]
    shown = shown.assign(side=shown["side"].map({"pull": "Pull (backward linkage)", "push": "Push (forward linkage)"}))
    fig = ranges(
        shown,
        "sector",
        "noise",
        "rank",
        "best_rank",
        "worst_rank",
        panel="side",
        title=f"Ranks in {p.place}, with noise in the flows",
        xlabel=f"Rank by local linkage, 1 is strongest ({p.main})",
        estimate_label="as in the table",
    )
    columns = {
        "code": "Code", "side": "Side", "sector": "Sector", "noise": "Noise of a flow", "rank": "Rank",
        "best_rank": "Best in 95 % of draws", "worst_rank": "Worst in 95 % of draws",
        "best_assumed": "Best over assumptions", "worst_assumed": "Worst over assumptions", "key": "Key, part of draws",
    }  # fmt: skip
    if len(p.local) < 2:
        columns = {k: v for k, v in columns.items() if not k.endswith("_assumed")}
    _chart(
        fig, p.ranks, columns, "ranks",
        f"Rank ranges of the strongest sectors of {p.place}: 95 % of the draws at two sizes of noise, both assumed.",
        words.ranks_alt(p),
        note="Noise: coefficient of variation of a flow, lognormal; each draw is balanced to the published sums. Key:"
        " both indices above the average.",
    )  # fmt: skip


def _clusters(p: Profile) -> None:
    if p.clusters is None:
        _refuse(p, "clusters")
        return
    _say(words.clusters(p))
    rows = p.clusters.dropna(subset=["loss"]).sort_values("loss", ascending=False, kind="stable")
    if len(rows):
        bounds = ("loss_lowest", "loss_highest") if len(p.local) > 1 else (None, None)
        fig = intervals(
            rows,
            "cluster",
            "loss",
            *bounds,
            title=f"What hangs on each cluster's sectors, {p.place}",
            xlabel="% of output lost" + (", range over assumptions" if len(p.local) > 1 else ""),
        )
    names = {"local pull": "Pull, local", "push": "Push, local", "kept": "Value added that stays (%)",
             "loss": "Output lost if extracted (%)", "others' loss": "Of it, other sectors' (%)"}  # fmt: skip
    columns = {
        "cluster": "Cluster", "sectors": "Sectors", "share": "Share in output (%)",
        "value_added_share": "Share in value added (%)",
    }  # fmt: skip
    for name, title in names.items():
        columns[name] = title
        if len(p.local) > 1:
            columns |= {f"{name}_lowest": f"{title}, lowest", f"{name}_highest": f"{title}, highest"}
    note = (
        "Sectors that stand for a cluster are those of data/report/clusters, in the 38 common sectors; each holds more"
        f" than its cluster. Losses are by hypothetical extraction. Import assumption: {p.main}."
    )
    if len(rows):
        _chart(
            fig, p.clusters, columns, "clusters",
            f"Output lost in {p.place} if the sectors of a cluster were extracted: their own and others'.",
            words.clusters_alt(p), decimals=1, note=note,
        )  # fmt: skip
    else:
        _table(p.clusters, columns, f"Clusters of {p.place}", "clusters", decimals=1, note=note)


def _comparison(p: Profile) -> None:
    if p.comparison is None:
        if p.reference is None:
            _say(["No reference was named, and the project has no national table of this year: --reference names one."])
        else:
            _refuse(p, "comparison")
        return
    _say(words.comparison(p))
    assert p.reference is not None
    other = f"{p.reference.region} {p.reference.year}"
    rows = words.shown_quotients(p)
    fig = intervals(
        rows,
        "sector",
        "quotient",
        title=f"{p.place} against {other}",
        xlabel="Share in output here over share there",
        reference=1.0,
        reference_label="alike",
    )
    columns = {
        "sector": "Sector", "share": "Share in output here (%)", "reference_share": "Share there (%)",
        "quotient": "Quotient", "pull": "Pull here, local", "reference_pull": "Pull there, local",
    }  # fmt: skip
    _chart(
        fig, p.comparison, columns, "comparison",
        f"Location quotients of {p.place} against {other}: the sectors that weigh most here or there.",
        words.comparison_alt(p), note=f"Quotient: one is the same share in output. Pull: backward linkage; import"
        f" assumption: {p.main}.",
    )  # fmt: skip


def _sources(p: Profile) -> None:
    tables = [p.table] if p.reference is None else [p.table, p.reference]
    for number, each in enumerate(tables):
        role = "The table" if number == 0 else "The reference"
        frame = pd.DataFrame(words.sources(each), columns=["What", "Said"])
        _html(table_html(frame, role, f"source-{number + 1}"))
    used = [f"{name}: {ASSUMPTIONS[name]}" for name in p.local if name in ASSUMPTIONS]
    if used:
        _html(
            "<p>Assumptions about what is local. Each is one; none is data. The first is the main one.</p><ol>"
            + "".join(f"<li>{html.escape(line)}</li>" for line in used)
            + "</ol>"
        )
    if p.warned:
        _html(
            "<p>What a check of the table finds (warnings, and notes that explain its figures):</p><ul>"
            + "".join(
                f"<li><strong>{each.severity}, {html.escape(each.subject)}</strong>:"
                f" {html.escape(_signed(words.finding(each)))}</li>"
                for each in p.warned
            )
            + "</ul>"
        )
    else:
        _say(["A check of the table finds nothing to note."])
    if p.left_out:
        _html(
            "<p>Left out, and why:</p><ul>"
            + "".join(f"<li><strong>{html.escape(k)}</strong>: {html.escape(v)}</li>" for k, v in p.left_out.items())
            + "</ul>"
        )
    else:
        _say(["Nothing was left out."])


_SHOWN: dict[str, Callable[[Profile], None]] = {
    "structure": _structure,
    "linkages": _linkages,
    "position": _position,
    "dependence": _dependence,
    "ranks": _ranks,
    "clusters": _clusters,
    "comparison": _comparison,
    "sources": _sources,
}


def _html(text: str) -> None:
    from IPython.display import display

    display({"text/html": text, "text/plain": ""}, raw=True)


def _say(sentences: Sequence[str]) -> None:
    _html("".join(f"<p>{html.escape(_signed(sentence))}</p>" for sentence in sentences))


def _signed(text: str) -> str:
    """Put minus signs before negative numbers."""
    return re.sub(r"(?<![\w-])-(?=\d)", "\N{MINUS SIGN}", text)


def _refuse(p: Profile, what: str) -> None:
    _say([f"Left out. {p.left_out[what]}."])


def _columns(rows: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    kept = {name: title for name, title in columns.items() if name in rows}
    return rows[list(kept)].rename(columns=kept).reset_index(drop=True)


def _table(
    rows: pd.DataFrame, columns: dict[str, str], caption: str, name: str, *, decimals: Any = 2, note: str = ""
) -> None:
    inner = table_html(_columns(rows, columns), caption, name, decimals=decimals, note=note)
    folded = f'<details class="chart-data">\n<summary>{html.escape(caption)}: the table</summary>\n{inner}\n</details>'
    _html(folded)


def _chart(fig: Figure, rows: pd.DataFrame, columns: dict[str, str], name: str, caption: str, alt: str, *,
           decimals: int = 2, note: str = "") -> None:  # fmt: skip
    """Display a chart with its alternative text, and its table folded away."""
    import matplotlib.pyplot as plt
    from IPython.display import display

    display(
        {"image/svg+xml": svg(fig), "text/plain": f"<chart {name}>"},
        metadata={"image/svg+xml": {"alt": _signed(alt), "caption": caption}},
        raw=True,
    )
    plt.close(fig)
    _table(rows, columns, f"The data of the chart: {SECTIONS[name].lower()}", name, decimals=decimals, note=note)


# ---- from the notebook to the page ----------------------------------------------------------------------------------


def run_template(parameters: dict[str, Any], kept: str | Path | None = None) -> dict[str, Any]:
    """Execute the template with parameters, by papermill.

    Parameters
    ----------
    parameters : dict
        Of the cell tagged ``parameters``.
    kept : str or Path, optional
        Where to keep the executed notebook.

    Returns
    -------
    dict
        The executed notebook.

    Raises
    ------
    TableError
        If papermill or a Python kernel is not installed, or a cell fails, with its message.
    """
    try:
        import ipykernel  # noqa: F401
        import papermill
    except ImportError as problem:
        raise TableError(
            f"a profile is made by papermill, and {problem.name} is not installed: pip install"
            " 'shanghai-chains[rerun]' ipykernel"
        ) from problem
    with tempfile.TemporaryDirectory() as folder:
        made = Path(kept) if kept else Path(folder) / "profile.ipynb"
        source = files("analysis.profile") / "template.ipynb"
        given = Path(folder) / "template.ipynb"
        given.write_bytes(source.read_bytes())
        try:
            papermill.execute_notebook(
                str(given), str(made), parameters=parameters, kernel_name="python3", progress_bar=False,
                # What the kernel says of its connections, or of being stopped, is of no use to who asked for a page.
                extra_arguments=["--log-level=CRITICAL"],
            )  # fmt: skip
        except papermill.PapermillExecutionError as problem:
            raise TableError(f"the profile stopped: {problem.ename}: {problem.evalue}") from problem
        executed: dict[str, Any] = json.loads(made.read_text(encoding="utf-8"))
        return executed


def page(notebook: dict[str, Any], title: str, subtitle: str = "") -> str:
    """Return a notebook of sections as one page that needs no other file, no script and no network.

    Parameters
    ----------
    notebook : dict
        Executed, its headings in Markdown cells, its output HTML and charts with ``alt`` and ``caption``.
    title, subtitle : str
        Of the page.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    TableError
        If a chart comes without its alternative text.
    """
    from markdown_it import MarkdownIt

    parts, headings = [], []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = "".join(cell["source"])
            for line in text.splitlines():
                if line.startswith("## "):
                    headings.append(line.removeprefix("## "))
            rendered = MarkdownIt("commonmark", {"html": False}).render(text)
            for heading in headings[-1:]:
                rendered = rendered.replace(
                    f"<h2>{html.escape(heading)}</h2>", f'<h2 id="{_anchor(heading)}">{html.escape(heading)}</h2>'
                )
            parts.append(rendered)
            continue
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/svg+xml" in data:
                parts.append(_figure("".join(data["image/svg+xml"]), output["metadata"].get("image/svg+xml", {})))
            elif "text/html" in data:
                parts.append("".join(data["text/html"]))
    style = (files("analysis.profile") / "profile.css").read_text(encoding="utf-8")
    links = "".join(f'<li><a href="#{_anchor(h)}">{html.escape(h)}</a></li>' for h in headings)
    body = "\n".join(parts)
    # data: for charts and CSV files; nothing else is ever fetched, and no script runs.
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="color-scheme" content="light dark">
<title>{html.escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{html.escape(title)}</h1>
<p class="subtitle">{html.escape(subtitle)}</p>
<nav aria-label="Sections"><ul>{links}</ul></nav>
</header>
<main>
{body}
</main>
</body>
</html>
"""


def _anchor(heading: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in heading.lower()).split())


def _figure(picture: str, said: dict[str, Any]) -> str:
    if not said.get("alt") or not said.get("caption"):
        raise TableError("a chart of the profile has no alternative text or caption")
    source = base64.b64encode(picture.encode()).decode()
    return (
        f'<figure><img src="data:image/svg+xml;base64,{source}" alt="{html.escape(said["alt"])}">'
        f"<figcaption>{html.escape(said['caption'])}</figcaption></figure>"
    )


def print_pdf(source: str | Path, target: str | Path) -> None:
    """Print a page as a tagged PDF by headless Chromium.

    Parameters
    ----------
    source : str or Path
        The HTML file.
    target : str or Path
        The PDF file.

    Raises
    ------
    TableError
        If there is no Chromium, or it does not print.
    """
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not browser:
        raise TableError(
            "a PDF is printed by Chromium, and none was found: install it (Debian: apt-get install chromium), name it"
            " in the environment variable CHROMIUM, or leave --pdf away and print the page from your own browser"
        )
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "profile.pdf"
        command = [
            browser, "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", f"--user-data-dir={folder}/settings",
            "--no-pdf-header-footer", "--generate-pdf-document-outline", "--export-tagged-pdf",
            f"--print-to-pdf={printed}",
        ]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # As root, as in a container, Chromium starts only without its sandbox. The page holds no script.
            command.append("--no-sandbox")
        try:
            command.append(Path(source).resolve().as_uri())
            done = subprocess.run(command, capture_output=True, timeout=180, check=False)
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise TableError(f"{browser} did not print the PDF: {problem}") from problem
        if not printed.is_file():
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["it gave no reason"]
            raise TableError(f"{browser} did not print the PDF: {last[0]}")
        with whole_files(target) as (half,):
            shutil.copyfile(printed, half)
