"""The command line: check, convert, compute, sweep, compare, audit, and ask what if.

Only click is imported here. Everything else is imported inside the command that needs it, so that ``--help`` answers
at once: pandas, SciPy and statsmodels take a second or more to load.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from analysis.scenarios import Scenario
    from analysis.tables import InputOutputTable

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

FINE, FINDINGS, REFUSED, STOPPED = 0, 1, 2, 130
"""Exit codes: nothing to report; something was found; wrong usage or unreadable input; stopped by the user."""

# The assumptions of analysis.tables.ASSUMPTIONS as words that need no quotes in a shell; tests hold the two together.
ASSUMPTIONS = {
    "supply-pool": "supply pool",
    "exports-first": "exports first",
    "net-inflow": "net inflow",
}
GROUPS = {
    "multipliers": "output multipliers, and primary inputs embodied in a unit of final demand",
    "linkages": "total backward and forward linkages, indices, dispersion, class (key, pull, push, weak)",
    "direct": "direct linkages of Chenery and Watanabe",
    "net": "net backward linkages of Oosterhaven and Stelder *",
    "extraction": "loss of output when each sector is extracted: total, backward, forward *",
    "position": "upstreamness and downstreamness, corrected for the open economy",
    "dependence": "local, outside and foreign content of inputs and of final demand *",
    "final-demand": "where each final use comes from *",
    "exports": "imported inputs and value added in exports *",
    "sensitivity": "field of influence, elasticity and tolerable limit of every coefficient",
    "network": "influence vector, eigenvector and betweenness centrality",
    "paths": "largest chains of supply behind one sector (--sector)",
    "ranks": "how far noise in the flows moves ranks (--draws, --cv, --seed, --measure)",
    "coefficients": "input coefficients A, one row a cell",
    "inverse": "Leontief inverse L, one row a cell",
}
LOCAL = ("net", "extraction", "dependence", "final-demand", "exports")
"""Groups that need local flows."""
MEASURES = ("backward", "forward", "local_content", "extraction")

MANUAL = """Input-output tables, from the file to the finding.

\b
A TABLE is either one of the project's own, in quotes:
    "Shanghai 2017"   "江苏 2012"   "China 2020 detailed"   "China 2017 domestic"
(`tables` lists them), or a file:
    as China's statistical offices publish (.csv, .xlsx, .xls; about 42 or 150 sectors; any year since 1997),
    as Eurostat publishes symmetric tables (SDMX-CSV or .tsv),
    or as `convert` writes them (.csv with a .yaml beside it, or .parquet, which suits large tables).

What a file does not say, you say: --unit "10,000 CNY" (万元), --year 2017, --region Jiangsu, --sheet NAME. The unit is
never guessed. A source whose accounts do not quite close states by how much: --tolerance, in the unit of the file.

Most published tables hold imports inside their flows. A method that needs local flows (marked * in `compute --help`)
asks how to take them out: --imports supply-pool, exports-first or net-inflow. All three are assumptions, and results
differ; `scenario` shows all.

\b
A first session:
    check 2022_Jiangsu.xlsx                                  what is wrong, and where
    convert 2022_Jiangsu.xlsx jiangsu_2022.csv               the same table in our own form
    compute linkages jiangsu_2022.csv --top 10 --sort backward
    compute extraction jiangsu_2022.csv --imports supply-pool -o extraction.csv
    compare "Jiangsu 2017" jiangsu_2022.csv                  if both have the same sectors
    sweep linkages Jiangsu --imports all -o jiangsu.csv      all its years, under every assumption
    scenario demand "Shanghai 2017" C19=100                  100 million CNY more for electronics
    profile jiangsu_2022.csv -o jiangsu.html                 a page about the region, with charts
    audit --new my-report                                    a ledger for a report of yours, to fill in

\b
Results go to the screen, to a file with -o (.csv, .parquet, .json), or as JSON to another program with --json.
Exit codes: 0 fine; 1 findings (check, audit, sweep); 2 wrong usage or input that cannot be read; 130 stopped.
"""


class Refused(click.ClickException):
    """Input that cannot be worked with, said in one paragraph without a traceback."""

    exit_code = REFUSED

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the reason to the error stream."""
        click.echo(f"error: {self.message}", err=True)


class InOrder(click.Group):
    """A group whose help lists commands in the order of their definition."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return names as they came."""
        return list(self.commands)


class Program(InOrder):
    """The whole command line: whatever stops it is said once, in the form that was asked for, with its exit code."""

    def main(  # type: ignore[override]  # click's own returns where it is not to leave
        self, args: Sequence[str] | None = None, prog_name: str | None = "chains", **extra: Any
    ) -> NoReturn:
        """Run with these arguments, or those of the process, and leave with the exit code."""
        arguments = list(sys.argv[1:] if args is None else args)
        # Click's own way out prints usage errors as text, whatever was asked for.
        extra["standalone_mode"] = False
        try:
            sys.exit(super().main(arguments, prog_name, **extra) or FINE)
        except click.ClickException as problem:
            if "--json" in arguments:
                click.echo(json.dumps(_told(problem), ensure_ascii=False))
            else:
                problem.show()
            sys.exit(problem.exit_code)
        except BrokenPipeError:
            # Whoever read the output has seen enough; Python would complain once more when it closes the stream.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(STOPPED)
        except click.Abort:
            click.echo("stopped", err=True)
            sys.exit(STOPPED)


def _told(problem: click.ClickException) -> dict[str, Any]:
    """Say what went wrong in plain values, for other programs."""
    told = {"error": problem.format_message(), "kind": "input"}
    if isinstance(problem, click.UsageError):
        told["kind"] = "usage"
        if problem.ctx:
            told["usage"] = problem.ctx.get_usage()
    return told


def explained(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn every refusal of the library into one message and exit code 2. All of them are ValueErrors."""

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        try:
            return command(*args, **options)
        except BrokenPipeError:
            raise
        except (ValueError, OSError) as problem:
            raise Refused(str(problem)) from problem
        except MemoryError as problem:
            raise Refused("not enough memory for a table of this size") from problem

    return run


def _options(*decorators: Decorator) -> Decorator:
    def apply(command: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return apply


from_file = _options(
    click.option("--unit", metavar="UNIT", help='Unit of the figures in the file, such as "10,000 CNY".'),
    click.option("--year", type=int, help="Year of the table, or which of several."),
    click.option("--region", help="Region of the table, or which of several."),
    click.option("--sheet", help="Sheet of a workbook that holds several tables."),
    click.option("--tolerance", type=float, help="Largest gap that the source itself shows, in the unit of the file."),
    click.option("--flows", type=click.Choice(["domestic", "total"]), help="For Eurostat files that hold both."),
    click.option("--most-mb", type=float, help="Largest file, once unpacked, that is read; 256 MB if it is not said."),
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for other programs.")
RESULTS = (".csv", ".parquet", ".json")
"""Kinds of file that results are written as."""


def _output(kinds: Sequence[str] = RESULTS, required: bool = False) -> Decorator:
    """Give a command its -o; a kind of file that is not written is refused before anything is computed."""
    said = f"{', '.join(kinds[:-1])} or {kinds[-1]}"

    def known(_ctx: click.Context, _option: click.Parameter, path: str | None) -> str | None:
        if path is not None and os.path.splitext(path)[1] not in kinds:
            raise Refused(f"{path}: results are written as {said}")
        return path

    return click.option("-o", "--output", type=click.Path(dir_okay=False), callback=known, required=required,
                        help=f"Write the result to {said}.")  # fmt: skip


output_option = _output()
imports_option = click.option(
    "--imports",
    type=click.Choice(["published", *ASSUMPTIONS]),
    help="How local flows are told from imports; 'published' takes the table as it is.",
)
method_options = _options(
    click.option(
        "--weights",
        type=click.Choice(["equal", "output"]),
        default="equal",
        show_default=True,
        help="Mean behind the linkage indices.",
    ),
    click.option("--sector", help="For paths: whose supply chains."),
    click.option("--extract", metavar="CODES", help="For extraction: sectors to take out together, such as C16,C17."),
    click.option(
        "--draws", type=click.IntRange(2, 1_000_000), default=500, show_default=True, help="For ranks: how many tables."
    ),
    click.option(
        "--cv",
        type=click.FloatRange(0),
        default=0.1,
        show_default=True,
        help="For ranks: noise of a flow, as a share of it; an assumption.",
    ),
    click.option(
        "--seed", type=click.IntRange(0), default=0, show_default=True, help="For ranks: where chance starts."
    ),
    click.option(
        "--measure", type=click.Choice(MEASURES), default="backward", show_default=True, help="For ranks: of what."
    ),
)
run_options = _options(
    click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes on this machine."),
    click.option(
        "--scheduler", default="", metavar="ADDRESS", help="Dask scheduler whose workers do the work instead."
    ),
    click.option(
        "--keep",
        type=click.Path(file_okay=False),
        metavar="FOLDER",
        help="Keep what is finished here; a run that was stopped continues from it.",
    ),
)
sort_option = click.option("--sort", metavar="COLUMN", help="Largest first, by this column.")
top_option = click.option("--top", type=click.IntRange(1), help="Only the first rows.")


@click.group(
    cls=Program, help=MANUAL, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120}
)
@click.version_option(package_name="shanghai-chains", message="%(version)s")
def cli() -> None:
    """Input-output tables, from the file to the finding."""


@cli.command("tables", short_help="List the project's tables, and the layouts that are read.")
@json_option
@explained
def list_tables(as_json: bool) -> None:
    """List the project's own tables, and the layouts of files that are read.

    Each table goes by its region and year, in quotes, in Chinese too; every other command takes it by that name.

    Example: tables --json
    """
    from analysis.cli.find import own_tables
    from analysis.cli.output import emit
    from analysis.tables import LAYOUTS

    emit(own_tables(), "Tables of the project", as_json=as_json, more={"layouts": LAYOUTS})
    if not as_json:
        click.echo("\nFiles are read in these layouts:")
        for name, what in LAYOUTS.items():
            click.echo(f"  {name:<10} {what}")


@cli.command()
@click.argument("tables", nargs=-1, required=True, metavar="TABLE...")
@output_option
@from_file
@json_option
@click.pass_context
@explained
def check(ctx: click.Context, tables: Sequence[str], output: str | None, as_json: bool, **said: Any) -> None:
    """Say what is wrong with tables, and where.

    \b
    error    a row or column that does not balance; negative output; inputs without output;
             a spectral radius of the input coefficients that is not below one
    warning  a published total that is not the sum of its parts; negative flows or imports
    note     sectors without output; negative value added or final uses; the published error;
             transit trade; what the reader had to do

    Exit code 1 if there is any error or warning, 0 if there are notes only, 2 if a table cannot be read; of several
    tables, the others are checked all the same.

    \b
    Examples: check 2002_江苏.csv --unit "10,000 CNY" --tolerance 2000
              check tables/*.xlsx -o findings.csv
    """  # noqa: D301
    from analysis.cli.find import find_draft
    from analysis.cli.output import Report, progress, show_findings
    from analysis.tables import inspect

    reports = []
    with progress(tables, "Checking", as_json) as each:
        for name in each:
            try:
                draft = find_draft(name, said)
            except ValueError as problem:
                if len(tables) == 1:
                    raise
                reports.append(Report(name, refused=str(problem)))
            else:
                reports.append(Report(name, draft.parts, inspect(draft)))
    show_findings(reports, output, as_json)
    found = any(f.severity != "note" for report in reports for f in report.findings)
    ctx.exit(REFUSED if any(r.refused for r in reports) else FINDINGS if found else FINE)


@cli.command()
@click.argument("table")
@click.argument("target", type=click.Path(dir_okay=False))
@click.option("--to", "layout", type=click.Choice(["tidy", "published", "eurostat"]),
              help="Layout; tidy for .csv and published for .xlsx if not given.")  # fmt: skip
@imports_option
@from_file
@json_option
@explained
def convert(table: str, target: str, layout: str, imports: str, as_json: bool, **said: Any) -> None:
    """Write a table in another layout.

    \b
    tidy       .csv of block, row, column, value, with a .yaml that describes and seals it; large: .parquet;
               keeps everything
    published  .csv or .xlsx as China's statistical offices lay tables out; yuan in 10,000
    eurostat   .csv of cells with Eurostat's codes; millions

    What a layout has no place for is refused, not dropped.

    \b
    Example: convert "Shanghai 2017" shanghai.xlsx
    """  # noqa: D301
    from analysis.cli.find import find_table
    from analysis.cli.output import table_facts
    from analysis.tables import to_csv, to_eurostat, to_parquet, to_published

    layout = layout or ("published" if target.endswith(".xlsx") else "tidy")
    found = find_table(table, said, imports)
    {"tidy": to_parquet if target.endswith(".parquet") else to_csv, "published": to_published, "eurostat": to_eurostat}[
        layout
    ](found, target)
    facts = {**table_facts(found), "written": target, "layout": layout}
    click.echo(
        json.dumps(facts, ensure_ascii=False)
        if as_json
        else f"{target}: {found.region} {found.year}, {found.n} sectors, {found.unit}, {layout} layout"
    )


def _groups_help() -> str:
    lines = "\n".join(f"    {name:<13} {what}" for name, what in GROUPS.items())
    return f"""Compute a group of methods.

\b
GROUP is one of
{lines}
* needs local flows: give --imports, or a table that tells imports apart.

\b
Examples:
    compute linkages "Shanghai 2017" --imports supply-pool --sort backward --top 5
    compute ranks "Shanghai 2017" --draws 500 --cv 0.2 --seed 1 -o ranks.csv
    compute paths "Shanghai 2017" --sector C19 --top 8
"""


@cli.command(help=_groups_help())
@click.argument("group", type=click.Choice(list(GROUPS)), metavar="GROUP")
@click.argument("table")
@imports_option
@method_options
@sort_option
@top_option
@output_option
@json_option
@from_file
@explained
def compute(
    group: str, table: str, imports: str | None, sort: str, top: int, output: str | None, as_json: bool, **options: Any
) -> None:
    """See the help of GROUPS."""
    from analysis.cli.find import find_table, treated
    from analysis.cli.methods import run
    from analysis.cli.output import emit, table_facts

    chosen, said = _parted(options)
    published = find_table(table, said)
    found = treated(published, imports, group, chosen["measure"])
    result = run(group, found, {**chosen, "top": top, "published": published, "quiet": as_json})
    title = f"{group}: {found.region} {found.year}, imports {found.assumption or found.imports}"
    if reading := result.attrs.get("reading"):
        title += f" ({reading})"
    emit(result, title, sort=sort, top=top, output=output, as_json=as_json,
         more={"group": group, "table": table_facts(found), "about": dict(result.attrs)})  # fmt: skip


def _parted(options: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part the options of methods from what is said of a file."""
    methods = ("weights", "sector", "extract", "draws", "cv", "seed", "measure")
    return {k: options[k] for k in methods}, {k: v for k, v in options.items() if k not in methods}


@cli.command()
@click.argument("group", type=click.Choice(list(GROUPS)), metavar="GROUP")
@click.argument("tables", nargs=-1, required=True, metavar="TABLE...")
@click.option("--imports", type=click.Choice(["published", *ASSUMPTIONS, "all"]), multiple=True,
              help="Import assumptions, each in turn; 'all' are the three. As published if none is given.")  # fmt: skip
@method_options
@_output((".csv", ".parquet"), required=True)
@run_options
@json_option
@from_file
@click.pass_context
@explained
def sweep(
    ctx: click.Context,
    group: str,
    tables: Sequence[str],
    imports: Sequence[str],
    output: str,
    workers: int,
    scheduler: str,
    keep: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Compute a group of methods for many tables, into one tidy file.

    \b
    GROUP is one of those of `compute`. Each TABLE is
        a table, as everywhere;
        a folder: all files in it that may hold a table;
        a region, such as Jiangsu: the project's tables of it, of every year;
        a year, such as 2017: the project's tables of every region.

    Rows begin with table, region, year and imports. What a table cannot carry (2002 tells no gross trade) is left out
    and said; the exit code is then 1. Results are equal to the last bit with any number of --workers and on a cluster,
    whose workers need this package and the same files under the same names.

    \b
    Examples:
        sweep linkages Shanghai Jiangsu Zhejiang Anhui --imports all -o delta.csv
        sweep extraction provinces/ --unit "10,000 CNY" --imports supply-pool --workers 2 -o extraction.parquet
        sweep ranks 2017 --draws 5000 --keep done --scheduler tcp://10.0.0.1:8786 -o ranks.csv
    """  # noqa: D301
    _one_thread()
    from analysis.cli.output import counted
    from analysis.cli.sweep import sweep as sweep_tables

    chosen, said = _parted(options)
    kinds = [kind for given in imports or ["published"] for kind in (ASSUMPTIONS if given == "all" else [given])]
    with counted("Computing", as_json) as progress:
        done = sweep_tables(group, tables, kinds, said, {**chosen, "top": None}, output, keep=keep, workers=workers,
                            scheduler=scheduler, progress=progress)  # fmt: skip
    if as_json:
        click.echo(json.dumps({"group": group, "written": output, **done}, ensure_ascii=False))
    else:
        click.echo(f"{output}: {done['rows']} rows of {done['results']} results", err=True)
        for left in done["refused"]:
            click.echo(f"left out: {left['table']}, {left['imports']}: {left['refused']}", err=True)
    ctx.exit(FINDINGS if done["refused"] else FINE)


def _one_thread() -> None:
    """Give linear algebra one thread a process, here and in those that are started, before NumPy is loaded.

    Otherwise the last digits would depend on how many cores a machine has.
    """
    for library in ("OPENBLAS", "OMP", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")


@cli.command(short_help="Compare two tables with the same sectors.")
@click.argument("first")
@click.argument("second")
@imports_option
@sort_option
@top_option
@output_option
@json_option
@click.option("--unit", metavar="UNIT", help="Unit of the figures, where a file does not say it.")
@click.option("--year", type=int, multiple=True, help="Year of a file; twice for two.")
@click.option("--region", multiple=True, help="Region of a file; twice for two.")
@click.option("--tolerance", type=float, help="Largest gap that the sources show, in the unit of the file.")
@click.option("--most-mb", type=float, help="Largest file, once unpacked, that is read; 256 MB if it is not said.")
@explained
def compare(
    first: str,
    second: str,
    imports: str,
    sort: str,
    top: int,
    output: str,
    as_json: bool,
    unit: str,
    year: Any,
    region: Any,
    tolerance: Any,
    most_mb: float,
) -> None:
    """Compare two tables with the same sectors: totals, structure, coefficients, linkages.

    The second is held against the first. Levels are compared in one unit; nothing is deflated.

    \b
    Example: compare "Shanghai 2012" "Shanghai 2017" --imports supply-pool --sort output_change
    """  # noqa: D301
    from analysis.cli.compare import compare_tables
    from analysis.cli.find import find_table
    from analysis.cli.output import emit, show_facts, table_facts

    tables = []
    for k, name in enumerate((first, second)):
        said = {"unit": unit, "tolerance": tolerance, "sheet": None, "flows": None, "most_mb": most_mb}
        said |= {"year": _of_two(year, k), "region": _of_two(region, k)}
        tables.append(find_table(name, said, imports))
    whole, sectors = compare_tables(*tables)
    title = " against ".join(f"{t.region} {t.year}" for t in reversed(tables))
    if not as_json:
        show_facts(whole, title)
    more = {"first": table_facts(tables[0]), "second": table_facts(tables[1]), "whole": whole}
    emit(sectors, "By sector", sort=sort, top=top, output=output, as_json=as_json, more=more)


def _of_two(values: Sequence[Any], k: int) -> Any:
    return values[k] if k < len(values) else values[0] if len(values) == 1 else None


@cli.command("profile", short_help="Make a page about a region, with charts.")
@click.argument("table")
@click.option("--reference", metavar="TABLE",
              help='What to compare with, or "none"; the nation in the same year if not given.')  # fmt: skip
@imports_option
@click.option("-o", "--output", type=click.Path(dir_okay=False), default="profile.html", show_default=True,
              help="The page to write.")  # fmt: skip
@click.option("--pdf", is_flag=True, help="Print it as PDF too, by Chromium (the system's, or the one in CHROMIUM).")
@click.option("--notebook", type=click.Path(dir_okay=False), help="Keep the notebook that made it (.ipynb).")
@click.option(
    "--draws", type=click.IntRange(2, 1_000_000), default=500, show_default=True, help="For the ranges of ranks."
)
@click.option("--seed", type=click.IntRange(0), default=2017, show_default=True, help="Where chance starts.")
@click.option("--reference-unit", metavar="UNIT", help="Unit of the reference, where it is a file that says none.")
@json_option
@from_file
@explained
def region_profile(
    table: str,
    reference: str,
    imports: str | None,
    output: str,
    pdf: bool,
    notebook: str | None,
    draws: int,
    seed: int,
    reference_unit: str,
    as_json: bool,
    **said: Any,
) -> None:
    """Make a page about a region: its chains, measured in every way the book uses.

    \b
    The page holds: size and structure; who pulls and who pushes; position in the chain; what comes from outside;
    what a rank is worth; the six clusters; a comparison with a reference; sources and assumptions.

    Figures about local flows are given under the main import assumption (--imports, else the first that the table can
    carry) with their range over all that it can carry; the page says which were left out and why. It is one file that
    needs no script and no network. Needs the extra "rerun" (papermill).

    \b
    Examples:
        profile "Jiangsu 2017" -o jiangsu.html
        profile 2017_Guangdong.csv --unit "10,000 CNY" --region Guangdong --reference "Jiangsu 2017" --pdf
        profile "Zhejiang 2002" --imports net-inflow --notebook zhejiang.ipynb
    """  # noqa: D301
    from analysis.cli.profile import NOTHING_SAID, make_profile

    main = ASSUMPTIONS.get(imports or "")  # 'published' is none of them
    if not as_json and sys.stderr.isatty():
        click.echo("Making the profile: half a minute or more", err=True)
    made = make_profile(
        table, said, reference, NOTHING_SAID | {"unit": reference_unit}, main, output,
        pdf=pdf, notebook=notebook, draws=draws, seed=seed,
    )  # fmt: skip
    if as_json:
        click.echo(json.dumps(made, ensure_ascii=False))
        return
    for path in made["written"]:
        click.echo(path)
    for what, why in made["left_out"].items():
        click.echo(f"left out: {what}: {why}", err=True)


@cli.command(short_help="Audit a report: do its figures fit each other, and the data?")
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--new", is_flag=True, help="Write a template into FOLDER, to fill in.")
@_output((*RESULTS, ".html", ".md"))
@json_option
@click.pass_context
@explained
def audit(ctx: click.Context, folder: str, new: bool, output: str | None, as_json: bool) -> None:
    """Audit the figures of a report: whether they fit each other, and the data.

    \b
    FOLDER holds
      report.yaml           title, source, and units beyond the usual ones
      figures.csv or .yaml  what is printed, one row a figure
      rules.yaml or .csv    what figures must obey
      data/NAME.csv         tables that rules look into, if any; rules also reach the project's own tables

    Each printed figure stands for an interval ("about 4.4", "over 600", 8.0 %). A rule is inconsistent if no numbers
    within the intervals obey it. Exit code 1 if any rule is.

    With -o, an .html or .md file is the audit as a page to read: what does not fit first, then every rule, then every
    figure. The .html needs no other file and no script.

    \b
    Examples: audit --new my-report
              audit examples/communique_2023 -o audit.html
    """  # noqa: D301
    from analysis.cli.audit import write_audit
    from analysis.cli.output import emit
    from analysis.ledger import folder as ledgers

    if new:
        paths = [str(path) for path in ledgers.write_template(folder)]
        click.echo(json.dumps({"written": paths}, ensure_ascii=False) if as_json else "\n".join(paths))
        return
    report = ledgers.read_folder(folder)
    results = report.audit()
    page = output if output and output.endswith((".html", ".md")) else None
    if page:
        write_audit(report, results, page)
    frame = ledgers.summary(results)
    counts = {outcome: int(number) for outcome, number in frame["outcome"].value_counts(sort=False).items()}
    title = f"{report.title}: {len(report.ledger)} figures, {len(frame)} rules; " + ", ".join(
        f"{number} {outcome}" for outcome, number in counts.items()
    )
    if page and not as_json:
        click.echo(f"{page}: {title}", err=True)
    else:
        emit(frame, title, output=None if page else output, as_json=as_json, prose="explanation",
             more={"title": report.title, "figures": len(report.ledger), "outcomes": counts})  # fmt: skip
    ctx.exit(FINDINGS if counts.get("inconsistent") else FINE)


@cli.group(cls=InOrder, short_help="Ask what if: demand, imports, sourcing, a lost supplier.")
def scenario() -> None:
    """Ask what if: demand, import substitution, sourcing, loss of a supplier.

    Changes are written as SECTOR=NUMBER. Every scenario is worked out under all import assumptions that the table can
    carry: totals show the range, sectors the one named by --imports (supply-pool if none is). Coefficients and prices
    stay as they are: this is what the accounts imply, not a forecast.

    \b
    Examples:
        scenario demand "Shanghai 2017" C19=100
        scenario substitute "Shanghai 2017" C19=0.1 --imports net-inflow
        scenario shift "Shanghai 2017" C19=0.2 --users C17,C18
        scenario loss "Shanghai 2017" C19=0.5 -o loss.csv
    """  # noqa: D301


def _scenario(
    name: str, help_text: str, *extra: Callable[..., Any]
) -> Callable[[Callable[..., Scenario]], click.Command]:
    """Give the four scenarios one form: a table, changes, and the options that only one of them has."""

    def add(step: Callable[..., Scenario]) -> click.Command:
        @scenario.command(name, help=help_text)
        @click.argument("table")
        @click.argument("changes", nargs=-1, required=True, metavar="SECTOR=NUMBER...")
        @_options(*extra)
        @click.option("--imports", type=click.Choice(list(ASSUMPTIONS)), default="supply-pool", show_default=True,
                      help="Main import assumption.")  # fmt: skip
        @sort_option
        @top_option
        @output_option
        @json_option
        @from_file
        @explained
        def command(
            table: str,
            changes: Sequence[str],
            imports: str,
            sort: str,
            top: int,
            output: str,
            as_json: bool,
            **options: Any,
        ) -> None:
            from analysis.cli.find import find_table
            from analysis.cli.methods import scenario_frame
            from analysis.cli.output import emit, table_facts

            own = {key: options.pop(key) for key in ("bought", "users") if key in options}
            found = find_table(table, options)
            result = step(found, _changes(changes), assumption=ASSUMPTIONS[imports], **own)
            title = f"{name}: {found.region} {found.year}, {result.unit}"
            if not as_json:
                emit(result.totals, f"{title}: the whole region, by import assumption")
                click.echo()
            more = {"scenario": name, "table": table_facts(found), "totals": result.totals.T.to_dict()}
            emit(scenario_frame(result, found), f"By sector, imports {result.assumption}", sort=sort, top=top,
                 output=output, as_json=as_json, more=more)  # fmt: skip

        return command

    return add


def _changes(texts: Sequence[str]) -> dict[str, float]:
    changes = {}
    for text in texts:
        code, sign, number = text.partition("=")
        try:
            value = None if "_" in number else float(number)
        except ValueError:
            value = None
        if not sign or not code or value is None:
            raise ValueError(f"{text!r} is no change: write SECTOR=NUMBER, such as C19=0.1")
        if code in changes:
            raise ValueError(f"sector {code} is changed twice: give one number")
        changes[code] = value
    return changes


@_scenario(
    "demand",
    "Change final demand by so much, in the unit of the table.\n\n\b\n"
    'Example: scenario demand "Shanghai 2017" C19=100',
    click.option("--bought", type=click.Choice(["anywhere", "locally"]), default="anywhere", show_default=True,
                 help="By residents, who buy part outside; or demand for local products, such as exports."),
)  # fmt: skip
def _demand(table: InputOutputTable, changes: dict[str, float], **options: Any) -> Scenario:
    from analysis.scenarios import final_demand_shock

    return final_demand_shock(table, changes, **options)


@_scenario(
    "substitute",
    "Make locally a share (0 to 1) of what is bought outside.\n\n\b\n"
    'Example: scenario substitute "Shanghai 2017" C19=0.1',
)
def _substitute(table: InputOutputTable, changes: dict[str, float], **options: Any) -> Scenario:
    from analysis.scenarios import import_substitution

    return import_substitution(table, changes, **options)


@_scenario(
    "shift",
    "Let some users buy a share (-1 to 1) elsewhere: positive from outside to local suppliers, negative the other"
    ' way.\n\n\b\nExample: scenario shift "Shanghai 2017" C19=0.2 --users C17,C18',
    click.option("--users", required=True, help="Sectors and final uses, with commas.",
                 callback=lambda _ctx, _option, text: [part.strip() for part in text.split(",")]),
)  # fmt: skip
def _shift(table: InputOutputTable, changes: dict[str, float], **options: Any) -> Scenario:
    from analysis.scenarios import sourcing_shift

    return sourcing_shift(table, changes, **options)


@_scenario(
    "loss",
    'Lose a share (0 to 1) of the output of sectors.\n\n\b\nExample: scenario loss "Shanghai 2017" C19=0.5',
)
def _loss(table: InputOutputTable, changes: dict[str, float], **options: Any) -> Scenario:
    from analysis.scenarios import supply_loss

    return supply_loss(table, changes, **options)


@cli.command(short_help="Estimate who pulls whom between regions, many times.")
@click.argument("year", type=click.Choice(["2012", "2017"]))
@click.option("--members", type=click.IntRange(1), default=1000, show_default=True, help="How many tables.")
@click.option("--seed", type=click.IntRange(0), default=20, show_default=True, help="Where chance starts.")
@click.option("--level", type=click.FloatRange(0, 1, True, True), default=0.9, show_default=True,
              help="Share of the members between lower and upper.")  # fmt: skip
@run_options
@sort_option
@top_option
@output_option
@json_option
@explained
def ensemble(
    year: int,
    members: int,
    seed: int,
    level: float,
    workers: int,
    scheduler: str,
    keep: str | None,
    sort: str,
    top: int,
    output: str | None,
    as_json: bool,
) -> None:
    """Estimate who pulls whom between Shanghai, its neighbours and the rest of China, many times.

    Flows between regions are published by nobody. Each member is an estimate with every assumption drawn: decay with
    distance, what pairs trade beyond it, noise in the margins, transit, the rest of China. The result is the median of
    the members and the range that holds most of them, for every measure, group of products, source and target.

    \b
    Example: ensemble 2017 --members 1000 --workers 2 --keep done -o pull.csv
    """  # noqa: D301
    _one_thread()
    from analysis.cli.output import counted, emit
    from analysis.interregional import interregional_ensemble
    from analysis.interregional.__main__ import cluster_groups, stored_assumptions

    with counted("Estimating", as_json) as progress:
        drawn_from, groups = stored_assumptions(), cluster_groups()
        found = interregional_ensemble(int(year), members, drawn_from, groups, seed, workers=workers,
                                       scheduler=scheduler, keep=keep, progress=progress)  # fmt: skip
    failed = len(found.failed)
    title = f"ensemble {year}: {members} members, {failed} of which could not be balanced; range of {level:.0%}"
    emit(found.summary(level), title, sort=sort, top=top, output=output, as_json=as_json,
         more={"year": int(year), "members": members, "failed": failed, "seed": seed, "level": level})  # fmt: skip


main = cli.main
"""Run the command line and leave with its exit code."""
