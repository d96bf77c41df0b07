"""Broken tables, ledgers and command lines, each made by a few lines of code, and the words that its error holds."""

import gzip
import os
import shutil
import zipfile
from pathlib import Path

import openpyxl

from analysis.data.records import checksum
from analysis.tables import read_table, to_csv
from tests.tables.layouts import Accounts, bulk, compiled, eurostat, printed, sdmx, write_csv, write_tsv, write_xls

EXAMPLE = Path(__file__).parents[2] / "examples/communique_2023"
NAME = "2017_江苏.csv"
UNIT = ("--unit", "10,000 CNY")
CASES = {}


def case(name, *words, reader=True):
    """Register what makes a case: a function of a folder that returns the words of a command."""

    def add(make):
        CASES[name] = (make, words, reader)
        return make

    return add


def rows(**options):
    return compiled(Accounts(3, idle=False, **options))


def read(path, *said):
    """The command that reads a table and would write another."""
    return ["convert", path, path.parent / "out/a.csv", *said]


def changed(name, *words, said=UNIT, file=NAME, layout=rows):
    """A table in which a function changes rows in place, or returns others."""

    def add(change):
        def make(folder):
            made = layout()
            return read(write_csv(folder / file, change(made) or made), *said)

        CASES[name] = (make, words, True)
        return change

    return add


def cell(name, text, *words):
    """A table with one cell replaced: an intermediate flow, in row 3 and column E."""

    @changed(name, "cell E3 (row 02, column 02)", *words)
    def change(made):
        made[2][4] = text


def content(name, *words, file=NAME, said=UNIT):
    """A file whose bytes a function makes out of those of a good table."""

    def add(change):
        def make(folder):
            path = write_csv(folder / NAME, rows())
            good = path.read_bytes()
            path.unlink()
            (folder / file).write_bytes(change(good))
            return read(folder / file, *said)

        CASES[name] = (make, words, True)
        return change

    return add


# ---- encodings, kinds of files --------------------------------------------------------------------------------------

content("UTF-16", "the text is in UTF-16: save it as UTF-8")(lambda good: good.decode().encode("utf-16"))
content("UTF-32", "the text is in UTF-32: save it as UTF-8")(lambda good: good.decode().encode("utf-32"))
content("UTF-16 without its mark", "NUL bytes")(lambda good: good.decode().encode("utf-16-le"))
content("Latin-1", "neither in utf-8-sig nor in gb18030")(
    lambda good: "Code,Libellé,é à ü\nMétallurgie générale\n".encode("latin-1") + good[:60]
)
content("cut inside a character", "ends in the middle of a character")(lambda good: "a,单位".encode()[:-1])
content("a workbook called .csv", "is a workbook (.xlsx) or another packed file, not text")(lambda _: b"PK\x03\x04" * 9)
content("an old workbook called .csv", "is a workbook of Excel 97 to 2003 (.xls), not text")(
    lambda _: b"\xd0\xcf\x11\xe0" * 9
)
content("a web page called .xls", "is a web page under the name of a workbook", file="2017_江苏.xls")(
    lambda _: b"\n<html><table>"
)
content("a workbook called .xls", "is a workbook of Excel 2007 or later under an old name", file="2017_江苏.xls")(
    lambda _: b"PK\x03\x04"
)
content("a locked workbook", "is protected by a password", file="2017_江苏.xlsx")(lambda _: b"\xd0\xcf\x11\xe0" * 9)
content("garbage called .xlsx", "not readable as a workbook: File is not a zip file", file="2017_江苏.xlsx")(
    lambda _: bytes(range(256)) * 9
)
content("garbage called .xls", "not readable as a workbook: Unsupported format", file="2017_江苏.xls")(
    lambda _: bytes(range(256)) * 9
)
content("garbage called .gz", "not readable as gzip", "incorrect header check", file="a.csv.gz")(lambda good: good)
content("gzip cut short", "it ends too early", file="a.csv.gz")(lambda good: gzip.compress(good)[:-20])
content("a bomb of gzip", "unpacks to more than 3 MB", file="a.csv.gz", said=("--most-mb", "2.5"))(
    lambda _: gzip.compress(b"0," * 5_000_000)
)
content("too large", "are not read unasked", "--most-mb", said=("--most-mb", "0.0001"))(lambda good: good)
content("a limit of nothing", "a limit of 0 MB lets nothing through", said=("--most-mb", "0"))(lambda good: good)
content("empty", "is empty")(lambda _: b"")
content("blanks only", "holds nothing but blanks")(lambda _: b" \n\n  \n")
content("another ending", "files of kind .ods are not read", file="a.ods")(lambda good: good)


def workbook(folder, fill):
    book = openpyxl.Workbook()
    for row in rows():
        book.active.append(row)
    fill(book)
    book.save(folder / "2017_江苏.xlsx")
    return folder / "2017_江苏.xlsx"


@case("a workbook cut short", "not readable as a workbook: it was cut short: fetch it again")
def _(folder):
    path = workbook(folder, lambda book: None)
    path.write_bytes(path.read_bytes()[:3000])
    return read(path, *UNIT)


@case("a packed file without a workbook", "not readable as a workbook", "no item named")
def _(folder):
    with zipfile.ZipFile(folder / "a.xlsx", "w") as packed:
        packed.writestr("readme.txt", "no workbook")
    return read(folder / "a.xlsx", *UNIT)


@case("a bomb in a workbook", "unpacks to 4,000 MB", "--most-mb")
def _(folder):
    path = workbook(folder, lambda book: None)
    # a member that declares 4 GB: what is declared is what would be read
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/bomb.xml", b"0")
        packed.infolist()[-1].file_size = 4_000_000_000
    return read(path, *UNIT)


@case("a cell far away", "reaches to cell XFD1048576", "delete what stands far from the table")
def _(folder):
    return read(workbook(folder, lambda book: book.active.cell(1048576, 16384, "x")), *UNIT)


@case("a formula never worked out", "sheet Sheet, cell E3: a formula without a value")
def _(folder):
    return read(workbook(folder, lambda book: book.active.cell(3, 5, "=1+1")), *UNIT)


@case("an error in a workbook", "sheet Sheet, cell E3 holds the error #REF!")
def _(folder):
    return read(workbook(folder, lambda book: book.active.cell(3, 5, "#REF!")), *UNIT)


@case("a number of four hundred digits", "cell E3", "'a number of 401 digits' is not a number")
def _(folder):
    path = workbook(folder, lambda book: book.active.cell(3, 5, 987654321))
    with zipfile.ZipFile(path) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in members.items():
            packed.writestr(name, text.replace(b"987654321", b"1" + b"0" * 400))
    return read(path, *UNIT)


@case("two sheets with a table", "sheets 'Sheet', 'Sheet Copy' all hold a table: say which")
def _(folder):
    return read(workbook(folder, lambda book: book.copy_worksheet(book.active)), *UNIT)


@case("a sheet that is not there", "no sheet 'IO'", "there are 'Sheet'")
def _(folder):
    return read(workbook(folder, lambda book: None), *UNIT, "--sheet", "IO")


@case("merged headings", "a column of numbers headed None", reader=True)
def _(folder):
    # one heading over three columns: only the first of them keeps it
    return read(workbook(folder, lambda book: book.active.merge_cells("E1:G1")), *UNIT)


@case("an old workbook cut short", "not readable as a workbook")
def _(folder):
    path = write_xls(folder / "a.xls", rows())
    path.write_bytes(path.read_bytes()[:5])
    return read(path, *UNIT)


# ---- separators, cells ----------------------------------------------------------------------------------------------

content("pipes", "neither comma, semicolon nor tab")(lambda good: good.replace(b",", b"|"))
content("a quote never closed", "not readable as CSV: line", "unexpected end of data")(
    lambda good: good.replace(b"02,", b'02,"', 1)
)
content("a cell without end", "field larger than field limit")(
    lambda good: good.replace(b"02,", b"02" * 99999 + b",", 1)
)
content("decimal commas", "its commas part neither thousands nor, here, decimals")(
    lambda good: good.replace(b",", b";").replace(b".", b",")
)
content("commas with two readings", "may part decimals or thousands")(
    lambda good: b"a;b\n1,234;5\n" + good.replace(b",", b";").replace(b".", b"")
)
cell("a percentage", "12%", "'12%' is not a number: it is a share")
cell("a full-width percentage", "１２％", "'１２％' is not a number: it is a share")
cell("Chinese digits", "一百二十", "'一百二十' is not a number: write it in digits")
cell("ten thousands in Chinese", "10万", "'10万' is not a number: write it in digits")
cell("blanks between thousands", "1 234", "'1 234' is not a number: take out what parts its thousands")
cell("underscores between thousands", "1_000", "'1_000' is not a number: take out what parts its thousands")
cell("a footnote", "12①", "'12①' is not a number")
cell("a raised digit", "10²", "'10²' is not a number")
cell("not a number", "NaN", "'NaN' is not a number: leave a cell blank")
cell("infinity", "-inf", "'-inf' is not a number: leave a cell blank")
cell("beyond a float", "1e999", "inf is not a number: correct the cell")
cell("huge", "1e300", "1e+300 is too large for an amount")
cell("a negative number in brackets", "(5)", "'(5)' is not a number: write a negative number with a minus sign")
cell("a formula as text", "=A1+1", "'=A1+1' is not a number: it is a formula")
cell("an error as text", "#DIV/0!", "'#DIV/0!' is not a number: it is an error of a spreadsheet")
cell("a long text", "x" * 5000, "...' is not a number")


# ---- rows, columns, accounts ----------------------------------------------------------------------------------------


@changed("a list of something else", "no table found", said=())
def _(made):
    return [["name", "age"], ["a", 1.0]]


@changed("a sector without a row", "do not fit the 3 columns of sectors", "none for 02")
def _(made):
    made[2][0] = None
    made[2][1:] = [None] * (len(made[2]) - 1)
    made.append(["02", "Industry", "业"])


@changed("a sector without a row and a code", "a column of numbers headed '02'")
def _(made):
    del made[2]


@changed("a sector twice", "02 more than once, first at row 3")
def _(made):
    made.insert(3, made[2])


@changed("a column twice", "column 02 stands here a second time")
def _(made):
    for row in made:
        row.insert(5, row[4])


@changed("a row of totals twice", "row TVA stands here a second time")
def _(made):
    made.insert(-1, made[-2])


@changed("cells shifted to the right", "row 3: 23 cells")
def _(made):
    made[2].insert(4, 0.0)


@changed("cells shifted to the left", "output of 02", "than its uses")
def _(made):
    del made[2][3]
    made[2].append(0.0)


@changed("a row in another unit", "row 3: output of 02", "less than its uses")
def _(made):
    made[2][3:-1] = [value * 10_000 for value in made[2][3:-1]]


@changed("a column in another unit", "output of 02", "column E", "less than its inputs")
def _(made):
    for row in made[5:9]:
        row[4] *= 10_000


@changed("a negative output", "is negative")
def _(made):
    made[2][-1] *= -1
    made[-1][4] *= -1


@changed("a row that nobody knows", "a row of numbers headed 99", "neither a sector nor a row known here")
def _(made):
    made.insert(2, ["99", "Black box", "黑箱", *made[2][3:]])


@changed("a use that nobody knows", "a column of numbers headed 'FU999'")
def _(made):
    made[0][8] = "FU999"


@changed("no consumption", "final uses lack FU101 + FU102 + FU103")
def _(made):
    drop = [j for j, code in enumerate(made[0]) if code in ("FU101", "FU102", "FU103", "THC", "TC")]
    return [[c for j, c in enumerate(row) if j not in drop] for row in made]


@changed("no output", "neither gross output (GO, 总产出) nor total input")
def _(made):
    return [row[:-1] for row in made[:-1]]


@changed("no value added", "no value-added rows")
def _(made):
    return [row for row in made if not str(row[0]).startswith(("VA", "TVA"))]


@changed("cut in the middle", "row 1 has the headings of a table", "it was cut short")
def _(made):
    return made[:4]


changed("no unit", "the unit is not stated", "it is never guessed", said=())(lambda made: None)
changed("an unknown unit", "unknown unit 'bushels'", said=("--unit", "bushels"))(lambda made: None)
changed("no region", "the region is not stated", file="2017.csv")(lambda made: None)
changed("no year", "the year is not stated", file="江苏.csv")(lambda made: None)
changed("two years", "more than one year is named, 2012, 2017", file="2017_2012_江苏.csv")(lambda made: None)
changed("two regions", "more than one region is named", file="2017_江苏_浙江.csv")(lambda made: None)
changed("another year than stated", "states the year 2017, and 2012 was given", said=(*UNIT, "--year", "2012"))(
    lambda made: None
)
changed("a limit that lets all pass", "a tolerance is a finite number, 0 or more, and inf was given",
        said=(*UNIT, "--tolerance", "inf"))(lambda made: None)  # fmt: skip
changed("a limit that is no number", "and nan was given", said=(*UNIT, "--tolerance", "nan"))(lambda made: None)
changed("a negative limit", "and -1.0 was given", said=(*UNIT, "--tolerance", "-1"))(lambda made: None)
changed("flows chosen where there is no choice", "flows can be chosen in files of Eurostat only",
        said=(*UNIT, "--flows", "total"))(lambda made: None)  # fmt: skip


@changed("two units", "the headings state two units", said=(), layout=lambda: printed(Accounts(3, idle=False)))
def _(made):
    made[1][1] = "单位:亿元"


@changed("a sum as a sector's name", "row 5", said=(), layout=lambda: printed(Accounts(3, idle=False), codes=False))
def _(made):
    made[4][1] = "部门\nAnother Industry"


# ---- labels ---------------------------------------------------------------------------------------------------------


@changed("a formula as a name", "row 3: the name of sector '=HYPERLINK", "begins like a formula")
def _(made):
    made[2][1] = '=HYPERLINK("https://example.org","click")'


@changed("a command as a name", "the name of sector '@SUM(1)' begins like a formula")
def _(made):
    made[2][1] = "@SUM(1)"


@changed("orders to the terminal in a name", "holds the control character U+001B")
def _(made):
    made[2][1] = "Industry \x1b[2J"


@changed("a name that reads backwards", "holds the control character U+202E")
def _(made):
    made[2][1] = "Industry \u202egnp.exe"


# ---- Eurostat -------------------------------------------------------------------------------------------------------

CZK = ("--unit", "million CZK")


def cells(kinds=("TOTAL",)):
    return sdmx(eurostat(n=4, kinds=kinds)[0])


@changed("Eurostat without a year", "no column TIME_PERIOD or time", said=CZK, layout=cells)
def _(made):
    made[0][7] = "when"


@changed("Eurostat with a heading twice", "the first row names OBS_VALUE more than once", said=CZK, layout=cells)
def _(made):
    made[0][-1] = "OBS_VALUE"


@changed("Eurostat without cells", "the headings are there, and no cell below them", said=CZK, layout=cells)
def _(made):
    return made[:1]


@changed("Eurostat with a cell twice", "1 cell given twice, first row CPA_A01, column CPA_A01", said=CZK, layout=cells)
def _(made):
    made.append(made[1])


@changed("Eurostat with blanks in a number", "row CPA_A01, column CPA_A01: '1 234.5' is not a number", said=CZK,
         layout=cells)  # fmt: skip
def _(made):
    made[1][8] = "1 234.5"


@changed("Eurostat with infinity", "row CPA_A01, column CPA_A01: 'inf' is not a number", said=CZK, layout=cells)
def _(made):
    made[1][8] = "inf"


@changed("Eurostat without imports", "domestic flows need stk_flow DOM and IMP", said=(*CZK, "--flows", "domestic"),
         layout=cells)  # fmt: skip
def _(made):
    pass


@changed("Eurostat in a currency nobody names", "is in millions of national currency: name it", said=(), layout=cells)
def _(made):
    pass


@changed("Eurostat with two countries", "say which country", said=CZK, layout=cells)
def _(made):
    made[1][6] = "DE"


@changed("Eurostat with a cell of no country", "1 cell without geo, the first of them cell 1", said=CZK, layout=cells)
def _(made):
    made[1][6] = None


@changed("Eurostat with a time that is no year", "the time '\\x1b[2J' is no year such as 2015", said=CZK, layout=cells)
def _(made):
    for row in made[1:]:
        row[7] = "\x1b[2J"


@changed("Eurostat without output", "no output (row P1) for any sector", said=CZK, layout=cells)
def _(made):
    return [row for row in made if row[5] != "P1"]


@case("Eurostat with a dimension too few", "row 2: 5 dimensions, the first row names 6")
def _(folder):
    made = bulk(eurostat(n=4, kinds=("TOTAL",))[0])
    made[1][0] = made[1][0].removeprefix("A,")
    return read(write_tsv(folder / "naio.tsv", made), *CZK)


# ---- the own layout -------------------------------------------------------------------------------------------------


def tidy(name, *words, seal=True):
    """The pair of files of a good table, of which a function changes lines; sealed again as a forger would."""

    def add(change):
        def make(folder):
            source = write_csv(folder / NAME, rows())
            path = folder / "tidy.csv"
            to_csv(read_table(source, unit="10,000 CNY"), path)
            source.unlink()
            table, description = change(path.read_bytes(), path.with_suffix(".yaml").read_bytes())
            if seal:
                lines = [line for line in description.split(b"\n") if not line.startswith(b"sha256")]
                description = b"\n".join([b"sha256: " + checksum(table).encode(), *lines])
            path.write_bytes(table)
            path.with_suffix(".yaml").write_bytes(description)
            return read(path)

        CASES[name] = (make, words, True)
        return change

    return add


def described(name, old, new, *words):
    tidy(name, *words)(lambda table, text: (table, text.replace(old, new, 1) if old else text + new))


tidy("a wrong checksum", "do not belong together (sha256 differs)", seal=False)(
    lambda table, text: (table.replace(b"1", b"2", 1), text)
)
tidy("no checksum", "it has no sha256, the seal of the CSV file beside it", seal=False)(
    lambda table, text: (table, b"year: 2017\n")
)
tidy("no description that is one", "describes no table: a mapping of entries", seal=False)(
    lambda table, text: (table, b"- 1\n")
)
tidy("a cell twice in the own layout", "stands a second time")(
    lambda table, text: (table + table.split(b"\n")[1] + b"\n", text)
)
tidy("a text among the values", "column value: 'many' is not a number")(
    lambda table, text: (table.replace(table.split(b"\n")[1].rpartition(b",")[2], b"many", 1), text)
)
tidy("infinity among the values", "Z, row 01, column 01: inf is no amount")(
    lambda table, text: (table.replace(table.split(b"\n")[1].rpartition(b",")[2], b"inf", 1), text)
)
tidy("a cell that is missing", "Z, row 02, column 02: nan is no amount: every cell holds a number")(
    lambda table, text: (table.replace(table.split(b"\n")[5] + b"\n", b"", 1), text)
)
tidy("an unknown block", "blocks guesses are none of")(lambda table, text: (table + b"guesses,01,02,3\n", text))
tidy("an unknown column of trade", "unknown trade columns XX")(
    lambda table, text: (table.replace(b",OF,", b",XX,"), text)
)
tidy("a sector more in one block", "beside the sectors of the output, error has beside 04")(
    lambda table, text: (table + b"error,04,,0.0\n", text)
)
tidy("a formula in the description", "the region '=cmd' begins like a formula")(
    lambda table, text: (table, text.replace(b"Jiangsu", b"=cmd", 1))
)
described(
    "references that multiply", b"year: 2017", b"a: &a [1, 2]\nb: [*a, *a]\nyear: 2017", "refers to another part (*a)"
)
described(
    "an order in YAML",
    b"year: 2017",
    b"year: !!python/object/apply:os.system [id]",
    "could not determine a constructor",
)
described("YAML without bottom", b"", b"deep: " + b"[" * 60 + b"]" * 60, "nests deeper than 40 levels")
described("an entry twice", b"year: 2017", b"year: 2017\nyear: 2018", "the entry year stands twice")
described(
    "a date that is none", b"year: 2017", b"year: 2017-13-45", "holds a value that is none: month must be in 1..12"
)
described("a description in Latin-1", b"Jiangsu", b"Jiangs\xfc", "not readable as YAML: not in UTF-8")
described(
    "a tolerance without end", b"row_tolerance: ", b"row_tolerance: .inf #", "row_tolerance in the description is inf"
)
described(
    "a tolerance that is no number",
    b"row_tolerance: ",
    b"row_tolerance: .nan #",
    "row_tolerance in the description is nan",
)
described("a year in words", b"year: 2017", b"year: last", "the year in the description is 'last'")
described("an unknown entry", b"year: 2017", b"year: 2017\nmood: good", "unknown entries mood")
described("an entry too few", b"region: Jiangsu\n", b"", "does not hold a table written by to_csv: it lacks region")
described("imports of another kind", b"imports: competitive", b"imports: some", "imports are 'some'")
described("a sector with one name", b"- Industry A0", b"# Industry A0", "names of sector 01 are")
described("a sector without a name", b"'02':", b"'99':", "has no names for sectors 02")


@case("the own layout without its description", "a tidy table has its description beside it, and tidy.yaml is missing")
def _(folder):
    path = folder / "tidy.csv"
    to_csv(read_table(write_csv(folder / NAME, rows()), unit="10,000 CNY"), path)
    path.with_suffix(".yaml").unlink()
    return read(path)


# ---- what is no file ------------------------------------------------------------------------------------------------

case("no file", "no such file")(lambda folder: read(folder / "gone.csv"))
case("a name without end", "the name is too long for a file")(lambda folder: read(folder / f"{'x' * 300}.csv"))


@case("a folder", "is a folder: give the path of a file in it")
def _(folder):
    (folder / "a.csv").mkdir()
    return read(folder / "a.csv")


@case("a link to itself", "is a link that leads back to itself")
def _(folder):
    (folder / "a.csv").symlink_to(folder / "a.csv")
    return read(folder / "a.csv")


@case("a pipe", "is a pipe or a device")
def _(folder):
    os.mkfifo(folder / "a.csv")
    return read(folder / "a.csv")


# ---- command lines --------------------------------------------------------------------------------------------------

OURS = "Shanghai 2017"


def command(name, arguments, *words):
    case(name, *words, reader=False)(lambda folder: [a.format(folder) if isinstance(a, str) else a for a in arguments])


command("no command", ["frobnicate"], "No such command 'frobnicate'")
command("no arguments", ["check"], "Missing argument 'TABLE...'")
command("an unknown option", ["check", OURS, "--fast"], "No such option")
command("an unknown group", ["compute", "magic", OURS], "'magic' is not one of")
command("no table of ours", ["check", "Atlantis 2017"], "is no file that is read here, and no table of the project")
command("a path as a region", ["check", "../../etc/passwd 2017"], "'../../etc/passwd 2017' is no file")
command("an empty name", ["check", ""], "'' is no file that is read here")
command("bytes that are no text", ["check", "a\udcff 2017"], "is no file that is read here")
command("a year in words", ["check", "a.csv", "--year", "last"], "'last' is not a valid integer")
command("options of files for our own", ["check", OURS, "--year", "2012"], "--year belongs to files")
command("no rows", ["compute", "linkages", OURS, "--top", "0"], "0 is not in the range x>=1")
command("one draw", ["compute", "ranks", OURS, "--draws", "1"], "1 is not in the range 2<=x<=1000000")
command("draws without end", ["compute", "ranks", OURS, "--draws", "99999999999"], "99999999999 is not in the range")
command("noise that is no number", ["compute", "ranks", OURS, "--cv", "nan"], "cv", "nan")
command("noise without end", ["compute", "ranks", OURS, "--cv", "inf"], "cv", "inf")
command("no local flows", ["compute", "net", OURS], "net needs local flows")
command("paths of nobody", ["compute", "paths", OURS], "paths need --sector")
command("paths of a stranger", ["compute", "paths", OURS, "--sector", "C99"], "C99")
command(
    "a column that is not there", ["compute", "linkages", OURS, "--sort", "beauty"], "no column 'beauty' to sort by"
)
command(
    "results of another kind",
    ["compute", "linkages", OURS, "-o", "{}/a.exe"],
    "results are written as .csv, .parquet or .json",
)
command("results in no folder", ["compute", "linkages", OURS, "-o", "{}/gone/a.csv"], "there is no folder")
command("a table of another kind", ["convert", OURS, "{}/a.docx"], "give the path of a .csv file")
command("a change without a number", ["scenario", "demand", OURS, "C19"], "'C19' is no change: write SECTOR=NUMBER")
command("a change without a sector", ["scenario", "demand", OURS, "=5"], "'=5' is no change")
command("a change that is no number", ["scenario", "demand", OURS, "C19=nan"], "C19", "nan")
command("a change without end", ["scenario", "demand", OURS, "C19=inf"], "C19", "inf")
command("a change with underscores", ["scenario", "demand", OURS, "C19=1_0"], "'C19=1_0' is no change")
command("a sector changed twice", ["scenario", "demand", OURS, "C19=1", "C19=2"], "sector C19 is changed twice")
command("a sector nobody has", ["scenario", "loss", OURS, "C99=0.5"], "C99")
command("more than all of it", ["scenario", "loss", OURS, "C19=1.5"], "C19", "1.5")
command(
    "a page of another kind", ["audit", str(EXAMPLE), "-o", "{}/a.docx"], "a.docx: results are written as", "or .md"
)
command("an audit of nothing", ["audit", "{}/gone"], "no such folder; `audit --new")
command("two tables that do not fit", ["compare", OURS, "China 2020 detailed"], "sectors")


# ---- ledgers --------------------------------------------------------------------------------------------------------


def ledger(name, file, old, new, *words):
    """The ledger of the template, in which a text stands for another; without an old text, the file is a new one."""

    def make(folder):
        from analysis.ledger.folder import write_template

        path = folder / "report"
        write_template(path)
        text = (path / file).read_bytes() if (path / file).exists() else b""
        new_bytes = new if isinstance(new, bytes) else new.encode()
        (path / file).write_bytes(text.replace(old.encode(), new_bytes, 1) if old else new_bytes)
        assert (path / file).read_bytes() != text
        return ["audit", path, "-o", folder / "out/page.md"]

    CASES[name] = (make, words, True)


ledger("no title", "report.yaml", "title:", "name:", "a mapping with a title is needed")
ledger(
    "a title that is a list", "report.yaml", "title: Title of the report", "title: [a]", "title and source are texts"
)
ledger("figures twice", "figures.yaml", "", "figures: []", "both figures.csv or figures.yaml; keep one")
ledger("headings of figures alone", "figures.csv", "", "id,printed,qualifier,unit\n", "has headings at most")
ledger(
    "a cell too many in figures", "figures.csv", ",about 400,", ",about 400,500,", "line 2: 12 cells under 11 headings"
)
ledger(
    "a heading twice in figures", "figures.csv", "subject_en", "section", "the headings name 'section' more than once"
)
ledger("a column of figures nobody knows", "figures.csv", "subject_en", "mood", "unknown entries mood")
ledger("a figure twice", "figures.csv", "s1-c02", "s1-c01", "Figure s1-c01 comes twice")
ledger("a unit nobody knows", "figures.csv", "rounded,%", "rounded,parsecs", "unknown unit 'parsecs'")
ledger("a qualifier nobody knows", "figures.csv", "rounded", "roughly", "Unknown qualifier 'roughly'")
ledger("a negative figure", "figures.csv", "65.5%", "-65.5%", "has a minus sign")
ledger("thousands in a figure", "figures.csv", "262", '"1,262"', "'1,2' has a comma inside")
ledger("a power of ten in a figure", "figures.csv", "262", "2e3", "'2e3' is a power of ten")
ledger("a fraction of nothing", "figures.csv", "262", "1/0", "divides by nought")
ledger("a fraction that was rounded", "figures.csv", "65.5%", "2/3", "is a fraction, which has no last digit")
ledger("a figure without end", "figures.csv", "262", "9" * 400, "has more digits than any figure")
ledger("a figure without a number", "figures.csv", "262", "many", "holds 0 numbers, and 'exact' needs 1")
ledger("a year in words in figures", "figures.csv", "2023", "last", "invalid literal for int()")
ledger("a year after all years", "figures.csv", "2023", "99999", "99999 is no year")
ledger("rules cut short", "rules.yaml", "explanation: >-", "explanation: [", "not readable as YAML")
ledger("rules that are none", "rules.yaml", "", "rules: 5", "a list of rules is needed")
ledger(
    "an order in a rule",
    "rules.yaml",
    "services / all * 100",
    "__import__('os').system('id')",
    "is not allowed: formulas are",
)
ledger("an attribute in a rule", "rules.yaml", "services / all * 100", "services.__class__", "'services.__class__' in")
ledger(
    "a tower of powers",
    "rules.yaml",
    "services / all * 100",
    "9 ** 9 ** 9 ** services",
    "leaves the numbers that a computer",
)
ledger(
    "a formula without bottom",
    "rules.yaml",
    "services / all * 100",
    "-" * 90 + "services",
    "nests deeper than 60 levels",
)
ledger(
    "a formula without end",
    "rules.yaml",
    "services / all * 100",
    "1+" * 1500 + "1",
    "has 3001 characters: 2000 at most",
)
ledger("a formula cut short", "rules.yaml", "services / all * 100", "(services", "is not a formula")
ledger("a number beyond all", "rules.yaml", "services / all * 100", "services + 1e300", "holds a number beyond 1e+100")
ledger("a division by nothing", "rules.yaml", "services / all * 100", "services / (all - all)", "which holds zero")
ledger(
    "a name nobody gave",
    "rules.yaml",
    "services / all * 100",
    "services / whole",
    "uses whole, which nothing before it defines",
)
ledger("quantities that double", "rules.yaml", "  test:", "".join(
    f"    q{k}: {{formula: {'share' if k == 0 else f'q{k - 1}'} + {'share' if k == 0 else f'q{k - 1}'}, label: x}}\n"
    for k in range(20)) + "  condition: q\n  test: q19 > 0\n  #", "grows beyond 10,000 operations")  # fmt: skip
ledger(
    "a look inside in an explanation",
    "rules.yaml",
    "{stated}",
    "{stated.interval.__class__}",
    "the explanation shows 'stated.interval.__class__'",
)
ledger("a conversion in an explanation", "rules.yaml", "{stated}", "{stated!r}", "the explanation asks for !r")
ledger("decimals without end", "rules.yaml", "{stated}", "{stated:99999999}", "asks for '99999999' decimals")
ledger(
    "a table outside the folder",
    "rules.yaml",
    "stated: s1-c03",
    "stated: {record: ../../secret}",
    "is no name of a table",
)
ledger(
    "a table that is not there",
    "rules.yaml",
    "stated: s1-c03",
    "stated: {record: gone/table}",
    "nor a table of the project",
)
ledger(
    "a column that no table has",
    "rules.yaml",
    "stated: s1-c03",
    "stated: {record: statistics/shanghai, column: mood}",
    "has no column mood",
)
ledger(
    "a negative allowance",
    "rules.yaml",
    "stated: s1-c03",
    "stated: {figure: s1-c03, allow: -5%}",
    "allow of stated is '-5%'",
)
ledger(
    "a number that is none in a rule",
    "rules.yaml",
    "stated: s1-c03",
    "stated: {number: .inf}",
    "number of stated is inf",
)
ledger(
    "two kinds of input",
    "rules.yaml",
    "stated: s1-c03",
    "stated: {number: 1, figure: s1-c03}",
    "give one of figure, record, number and missing",
)
ledger(
    "a title that is a number",
    "rules.yaml",
    "title: Does the share follow from the two numbers?",
    "title: 5",
    "title is 5, and a text is meant",
)
ledger("a kind of rule nobody knows", "rules.yaml", "kind: arithmetic", "kind: magic", "unknown kind 'magic'")


def looked_up(name, rows, entry, *words):
    """The ledger of the template, with a table beside it into which a rule looks."""

    def make(folder):
        from analysis.ledger.folder import write_template

        path = folder / "report"
        write_template(path)
        (path / "data").mkdir()
        (path / "data/jobs.csv").write_text(rows, encoding="utf-8")
        text = (path / "rules.yaml").read_text(encoding="utf-8")
        changed = text.replace("stated: s1-c03", f"stated: {{record: jobs, {entry}}}", 1)
        (path / "rules.yaml").write_text(changed, encoding="utf-8")
        return ["audit", path]

    CASES[name] = (make, words, True)


JOBS = "place,value\nnorth,1\nsouth,2\n"
looked_up("a sum over a gap", "place,value\nnorth,1\nsouth,\n", "take: sum", "jobs has no value in value for 1 rows")
looked_up("a sum of words", "place,value\nnorth,many\nsouth,few\n", "take: sum", "holds values that are no numbers")
looked_up(
    "a place held against a number", JOBS, "where: {place: {from: 1, to: 2}}", "cannot be held against {'from': 1"
)
looked_up("a place that no row has", JOBS, "where: {place: east}", "jobs has no row with place = east")
looked_up("two rows for one value", JOBS, "take: value", "jobs has 2 rows with")
looked_up("a row too short", "place,value\nnorth\n", "take: sum", "jobs.csv, line 2: 1 cells under 2 headings")


@case("a figure that YAML reads otherwise", "printed is 3.1, and a text is meant: put it in quotes")
def _(folder):
    path = folder / "report"
    shutil.copytree(EXAMPLE, path)
    (path / "figures.csv").unlink()
    (path / "figures.yaml").write_text("- {id: a, printed: 3.10, qualifier: rounded, unit: '%'}\n")
    return ["audit", path]
