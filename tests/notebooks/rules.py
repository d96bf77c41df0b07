"""The rules that every notebook of the book keeps, each as a function that yields what breaks it."""

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from book._tools.notebooks import canonical

MOST_CODE_CELLS = 12
DISPLAYS = {"print", "display", "chart", "table", "verdict", "board", "glue_text"}
READERS = {"open", "read_csv", "read_excel", "read_parquet", "read_json", "read_html", "urlopen"}
NETWORK = {"requests", "urllib", "http", "socket", "httpx", "aiohttp", "ftplib"}
NBVAL_TAGS = {"nbval-ignore-output", "nbval-skip", "nbval-check-output", "raises-exception", "skip-execution"}
# what may hold digits in a sentence: code, formulas, roles, addresses, labels, and what has a number for a name
NAMED = re.compile(
    "|".join(
        (
            r"```.*?```|`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\{[a-z:]+\}`[^`]*`|\]\([^)]*\)|^\([a-z0-9-]+\)=$|https?://\S+",
            r"^\s*(?:\*\*)?\d\. |^#+ [\d.]+",
            # sections, years, sectors of the tables, names
            r"(?:[Ss]ections?|[Cc]hapters?|[Pp]arts?|Tables?|and|to|or|of|,) \d(?:\.\d)*(?![\w%])|\b\d(?:\.\d){1,2}\b",
            r"\b(?:19|20)\d\d\b|\b[A-Z]\d+\b|\b\d+(?:G|D| nm)\b|\b\d(?:\+\d)+|（[一二三四]）\d",
            # units, and the levels of intervals
            r"\b10+ (?:million |billion )?(?:yuan|people|persons)|\b(?:in|of) 100\b|\b(?:90|95|100) %",
            # what the classifications are called
            r"\b(?:17|38|42|149|153)(?: common| detailed)? (?:sectors|ones)",
            # the paper's own words
            r"\"[^\"]*\"|“[^”]*”",
        )
    ),
    flags=re.DOTALL | re.MULTILINE,
)
DATA_BLOCK = re.compile(r'<script type="application/json">.*?</script>', flags=re.DOTALL)
MACHINE = re.compile(r"(?:^|[\s'\"(=])(?:/(?:home|root|tmp|Users|work|opt|usr|mnt)/|[A-Z]:\\)")


def in_canonical_form(notebook: NotebookNode, text: str) -> Iterator[str]:
    if text != canonical(notebook):
        yield "it is not in canonical form; run make notebooks"


def executed_in_order(notebook: NotebookNode, text: str) -> Iterator[str]:
    counts = [cell.execution_count for cell in _code(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"its cells were executed as {counts}, not from 1 to {len(counts)}"


def outputs_are_stored(notebook: NotebookNode, text: str) -> Iterator[str]:
    for number, cell in enumerate(_code(notebook), 1):
        tree = _tree(cell)
        if tree is None or not tree.body:
            continue
        called = {_called(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        shows = isinstance(tree.body[-1], ast.Expr) or called & DISPLAYS
        if shows and not cell.outputs:
            yield f"code cell {number} shows something, and no output is stored"
        if "chart" in called and not any("image/svg+xml" in data for data in _data(cell)):
            yield f"code cell {number} calls show.chart, and no picture is stored"


def nothing_went_wrong(notebook: NotebookNode, text: str) -> Iterator[str]:
    for number, cell in enumerate(_code(notebook), 1):
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"code cell {number} stores an error: {output.ename}"
            if output.get("name") == "stderr":
                yield f"code cell {number} writes to stderr: {output.text[:80]!r}"


def only_plain_code(notebook: NotebookNode, text: str) -> Iterator[str]:
    for number, cell in enumerate(_code(notebook), 1):
        where = f"code cell {number}"
        tree = _tree(cell)
        if tree is None:
            yield f"{where} is not plain Python (a magic, a shell command?)"
            continue
        if cell.source.rstrip().endswith(";"):
            yield f"{where} ends in a semicolon"
        if len([node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]) > 2:
            yield f"{where} is heavy with lambdas: a tested function belongs there"
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield f"{where} defines {node.name}: definitions belong in analysis/"
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
                yield f"{where} names a lambda"
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                roots = {name.split(".")[0] for name in names}
                if roots & NETWORK:
                    yield f"{where} imports {sorted(roots & NETWORK)}: the book needs no network"
                if roots & {"warnings"}:
                    yield f"{where} imports warnings: a warning is mended, not hidden"
            if isinstance(node, ast.Call) and _called(node) in READERS:
                yield f"{where} calls {_called(node)}: only analysis.data reads files"
            if isinstance(node, ast.Call) and _called(node) == "summary":
                yield f"{where} calls summary(), which prints the time"


def few_code_cells(notebook: NotebookNode, text: str) -> Iterator[str]:
    count = len(_code(notebook))
    if count > MOST_CODE_CELLS:
        yield f"it has {count} code cells; {MOST_CODE_CELLS} are the most"


def one_title(notebook: NotebookNode, text: str) -> Iterator[str]:
    titles = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"^(```+|~~~+|:::+).*?^\1\s*$", "", cell.source, flags=re.DOTALL | re.MULTILINE)
            titles += re.findall(r"^#\s+.+$", prose, flags=re.MULTILINE)
    if len(titles) != 1:
        yield f"it has {len(titles)} first-level headings, not one: {titles}"
    elif not notebook.cells[0].cell_type == "markdown" or titles[0] not in notebook.cells[0].source:
        yield "its title is not in its first cell"


def figures_are_described(notebook: NotebookNode, text: str) -> Iterator[str]:
    for number, cell in enumerate(_code(notebook), 1):
        pictures = sum("image/svg+xml" in data for data in _data(cell))
        settings = cell.metadata.get("mystnb", {})
        where = f"code cell {number}"
        if not pictures:
            if settings:
                yield f"{where} has figure metadata and no picture"
            continue
        if pictures > 1:
            yield f"{where} shows {pictures} pictures; a figure is a cell of its own"
        caption = settings.get("figure", {}).get("caption", "").strip()
        name = settings.get("figure", {}).get("name", "")
        alt = settings.get("image", {}).get("alt", "").strip()
        if len(caption) < 15:
            yield f"{where}: the caption {caption!r} says too little"
        if not re.fullmatch(r"fig-[a-z0-9]+(-[a-z0-9]+)*", name):
            yield f"{where}: the name {name!r} is not of the form fig-some-words"
        if len(alt) < 60:
            yield f"{where}: the alternative text {alt!r} is too short to say what the chart shows"
        if alt == caption:
            yield f"{where}: the alternative text repeats the caption"
        if re.match(r"(an?|the)?\s*(chart|figure|image|graph|plot|picture|img)\b", alt, flags=re.IGNORECASE):
            yield f"{where}: the alternative text says that it is a chart, not what it shows"
        if re.search(r"\.(svg|png|jpe?g)\b|[\w-]+/[\w-]+/", alt):
            yield f"{where}: the alternative text is a path"
        if not any("chart-data" in data.get("text/html", "") for data in _data(cell)):
            yield f"{where}: the chart comes without its data; use show.chart"


def pictures_are_svg(notebook: NotebookNode, text: str) -> Iterator[str]:
    for number, cell in enumerate(_code(notebook), 1):
        for data in _data(cell):
            bitmaps = [mime for mime in data if mime.startswith("image/") and mime != "image/svg+xml"]
            if bitmaps:
                yield f"code cell {number} stores {bitmaps}"
            if re.search(r"<dc:date>|<!-- Created with", data.get("image/svg+xml", "")):
                yield f"code cell {number} stores a picture with a date or a version; use show.chart"


def tables_are_accessible(notebook: NotebookNode, text: str) -> Iterator[str]:
    for number, cell in enumerate(_code(notebook), 1):
        for data in _data(cell):
            page = data.get("text/html", "")
            if page.count("<table") != page.count("<caption"):
                yield f"code cell {number} shows a table without a caption; use show.table"


def nothing_of_the_machine(notebook: NotebookNode, text: str) -> Iterator[str]:
    for number, cell in enumerate(_code(notebook), 1):
        for shown in _shown(cell):
            if re.search(r"\bat 0x[0-9a-f]{6,}", shown):
                yield f"code cell {number} shows a memory address"
            if MACHINE.search(shown):
                yield f"code cell {number} shows a path of the machine: {MACHINE.search(shown).group()!r}"
    for number, cell in enumerate(notebook.cells, 1):
        if MACHINE.search(cell.source):
            yield f"cell {number} names a path of the machine: {MACHINE.search(cell.source).group()!r}"


def numbers_are_rounded(notebook: NotebookNode, text: str) -> Iterator[str]:
    for number, cell in enumerate(_code(notebook), 1):
        for shown in _shown(cell):
            long = re.search(r"\d\.\d{7,}", shown)
            if long:
                yield f"code cell {number} shows {long.group()}; round it before it is shown"


def nothing_is_excused(notebook: NotebookNode, text: str) -> Iterator[str]:
    for number, cell in enumerate(_code(notebook), 1):
        tags = NBVAL_TAGS.intersection(cell.metadata.get("tags", []))
        if tags or re.search(r"NBVAL_|PYTEST_VALIDATE_IGNORE_OUTPUT", cell.source):
            yield f"code cell {number} is excused from comparison"


def no_number_is_typed(notebook: NotebookNode, text: str) -> Iterator[str]:
    """A number in a sentence comes from a function (glued) or stands for something that has one for a name."""
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "markdown":
            for line in NAMED.sub(" ", cell.source).splitlines():
                if re.search(r"\d", line):
                    yield f"cell {number} types a number in {line.strip()[:70]!r}; glue it"


RULES = (
    in_canonical_form,
    executed_in_order,
    outputs_are_stored,
    nothing_went_wrong,
    only_plain_code,
    few_code_cells,
    one_title,
    figures_are_described,
    pictures_are_svg,
    tables_are_accessible,
    nothing_of_the_machine,
    numbers_are_rounded,
    nothing_is_excused,
    no_number_is_typed,
)


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _data(cell: NotebookNode) -> list[dict[str, str]]:
    return [output.get("data", {}) for output in cell.outputs]


def _shown(cell: NotebookNode) -> Iterator[str]:
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.text
        # a picture's coordinates are not read by anyone, nor is what a script calculates with
        texts = (v for mime, v in output.get("data", {}).items() if isinstance(v, str) and "svg" not in mime)
        yield from (DATA_BLOCK.sub("", text) for text in texts)


def _tree(cell: NotebookNode) -> ast.Module | None:
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return None


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))
