"""Source records: what is known about each table, and the seal on its bytes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import yaml

DATA_VARIABLE = "SHANGHAI_CHAINS_DATA"
# The seal on the records themselves, as sha256sum writes it; a data folder may do without.
SUMS = "SHA256SUMS"
# The same loader, ten times as fast, wherever PyYAML came with its C library.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Records with the text from which they were read, by id and suffix: an edited record is read anew.
_kept: dict[tuple[str, str], tuple[bytes, Record]] = {}
DTYPES = ("str", "int", "float", "bool")


class DataError(ValueError):
    """A table or its record is missing, damaged or not what it says it is.

    Attributes
    ----------
    file : str
        Path of the offending file inside the data folder.
    row, column : str or None
        Where in the table, when it is known.
    """

    def __init__(self, file: object, message: str, row: object = None, column: object = None) -> None:
        self.file, self.row, self.column = str(file), row, column
        super().__init__(f"{file}: {message}")


@dataclass(frozen=True)
class Column:
    """What one column of a table may hold.

    Attributes
    ----------
    description : str
    dtype : {"str", "int", "float", "bool"}
    nullable : bool
        Whether cells may be empty. An empty number is read as missing, an empty text as "".
    unique : bool
    allowed : tuple
        The only values that may appear; empty if any may.
    minimum, maximum : number or None
        Inclusive bounds.
    pattern : str
        Regular expression that a text must match in full.
    """

    description: str
    dtype: str = "str"
    nullable: bool = False
    unique: bool = False
    allowed: tuple[object, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str = ""


@dataclass(frozen=True)
class Record:
    """The source record of one table.

    Attributes
    ----------
    id : str
        Folder and file stem, such as ``io/shanghai_2017``.
    kind : str
        What sort of table it is, such as ``input-output table``.
    title, publisher : Mapping
        By language, ``en`` and ``zh``.
    year : str
        Year or years that the figures are of.
    reference, compiled_by, licence, unit, price_basis, vintage, derived : str
    sha256 : str
        Checksum of the CSV file.
    columns : Mapping of str to Column
        In the order of the file.
    region : str
    key : tuple of str
        Columns that together name a row, no two rows alike.
    tolerance : Mapping
        For input-output tables, ``row`` and ``column``: the largest miss of an accounting identity, in the unit.
    layout : Mapping
        For input-output tables, the lists ``sectors``, ``uses`` and ``primary`` (value-added rows): every sector row
        has a cell in every sector and use column, every primary row one in every sector column; no other cell exists.
    balance : Mapping
        For input-output tables, ``row`` and ``column`` identities, each with ``total``, and what it is the sum of
        beside the sectors: ``add`` and ``subtract``.
    identities : tuple of Mapping
        Sums over columns that every row keeps: ``total``, ``add``, ``subtract``, ``tolerance``.
    sources : Mapping of str to str
        What the short keys of a ``source`` column stand for.
    notes : tuple of str
        Oddities a user of the table should know.
    """

    id: str
    kind: str
    title: Mapping[str, str]
    publisher: Mapping[str, str]
    year: str
    reference: str
    licence: str
    unit: str
    price_basis: str
    vintage: str
    derived: str
    sha256: str
    columns: Mapping[str, Column]
    compiled_by: str = ""
    region: str = ""
    key: tuple[str, ...] = ()
    tolerance: Mapping[str, float] = field(default_factory=dict)
    layout: Mapping[str, Any] = field(default_factory=dict)
    balance: Mapping[str, Any] = field(default_factory=dict)
    identities: tuple[Mapping[str, Any], ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def terms(self) -> dict[str, Any]:
        """What amounts are told in: unit, price basis and vintage."""
        return {"unit": self.unit, "price_basis": self.price_basis, "vintage": self.vintage}


# What every record must say; the checksum may still be missing before a table is first sealed.
REQUIRED = tuple(f.name for f in fields(Record) if f.default is MISSING and f.default_factory is MISSING)
REQUIRED = tuple(name for name in REQUIRED if name not in ("id", "sha256"))


def data_directory() -> Path:
    """Return the data folder: the one named by ``SHANGHAI_CHAINS_DATA``, otherwise the repository's own.

    Raises
    ------
    DataError
        If there is no such folder.
    """
    named = os.environ.get(DATA_VARIABLE)
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "data"
    if not folder.is_dir():
        raise DataError("data folder", f"not found; name it in the environment variable {DATA_VARIABLE}")
    return folder


def locate(record_id: str, suffix: str) -> Path:
    """Return the path of a table (``.csv``) or its record (``.yaml``); a missing file is an error that helps."""
    if not re.fullmatch(r"[a-z0-9_]+(/[a-z0-9_]+)+", record_id):
        raise DataError(record_id, "not a record id; write folder and name, such as io/shanghai_2017")
    path = data_directory() / f"{record_id}{suffix}"
    if not path.is_file():
        raise DataError(f"{record_id}{suffix}", "no such file; analysis.data.catalogue() lists what there is")
    return path


def _record_suffix(record_id: str) -> str:
    """Return where the record of an id stands: a document is YAML itself, so its record has a longer name."""
    return ".record.yaml" if (data_directory() / f"{record_id}.record.yaml").is_file() else ".yaml"


def document(record_id: str) -> Any:
    """Load a document (rules, declarations: what is nested rather than tabular), checked against its record.

    Parameters
    ----------
    record_id : str
        Folder and file stem, such as ``report/tests``: the document is ``report/tests.yaml``, its record
        ``report/tests.record.yaml``.

    Returns
    -------
    dict or list
        The content of the YAML file.

    Raises
    ------
    DataError
        If a file is missing, is not YAML, or is not the one its record was made for.
    """
    from .reading import load_yaml

    content = locate(record_id, ".yaml").read_bytes()
    if _record_suffix(record_id) == ".yaml":
        raise DataError(f"{record_id}.yaml", f"is no document: it has no record {record_id}.record.yaml beside it")
    if checksum(content) != record(record_id).sha256:
        raise DataError(f"{record_id}.yaml", broken_seal(record_id))
    # what the seal vouches for was written by this project
    return load_yaml(content, f"{record_id}.yaml", aliases=True)


def broken_seal(record_id: str) -> str:
    """Say what a wrong checksum means and what to do."""
    return (
        f"the file is not the one its record was made for (sha256 differs). If the change was meant, run "
        f"`python -m analysis.data seal {record_id}`; otherwise restore the file"
    )


def checksum(content: bytes) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def record_of(name: str) -> str:
    """Return the record that a file of the data folder belongs to: a table, a document, or the record of either."""
    return name.removesuffix(".csv").removesuffix(".yaml").removesuffix(".record")


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*.*") if path.suffix != ".py")


def _listed(folder: Path) -> dict[str, str]:
    """Return the checksum that the list of the data folder has for every file."""
    listed = {}
    for number, line in enumerate((folder / SUMS).read_text(encoding="utf-8").splitlines(), 1):
        found = re.fullmatch(r"([0-9a-f]{64})  (\S+)", line)
        if not found:
            raise DataError(SUMS, f"line {number} is not a checksum, two spaces and the name of a file", number)
        listed[found[2]] = found[1]
    return listed


def list_sums(folder: Path | None = None, ids: Sequence[str] | None = None) -> None:
    """Write the list of checksums of a data folder: of all files, or anew for those of some records only."""
    from .writing import whole_files

    folder = folder or data_directory()
    names = _files(folder)
    sums = _listed(folder) if ids is not None else {}
    for name in names:
        if ids is None or record_of(name) in ids:
            sums[name] = checksum((folder / name).read_bytes())
    text = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))
    with whole_files(folder / SUMS) as (half,):
        half.write_text(text, encoding="utf-8", newline="\n")


def check_sums() -> None:
    """Compare every file of the data folder, the records too, with the list of checksums, if the folder has one.

    Raises
    ------
    DataError
        If a file is not the one that was listed, or is missing, or is in no list.
    """
    folder = data_directory()
    if not (folder / SUMS).is_file():
        return
    listed = _listed(folder)
    now = {name: checksum((folder / name).read_bytes()) for name in _files(folder)}
    for complaint, names in (
        ("is listed and not there", listed.keys() - now.keys()),
        ("is not listed", now.keys() - listed.keys()),
        ("is not the file that was listed", {name for name in listed.keys() & now.keys() if listed[name] != now[name]}),
    ):
        if names:
            first = min(names)
            more = f", and {len(names) - 1} more" if len(names) > 1 else ""
            raise DataError(
                first,
                f"{complaint} in {SUMS}{more}. If the change was meant, run "
                f"`python -m analysis.data seal {record_of(first)}`; otherwise restore the file",
            )


def _columns(file: str, given: object) -> Mapping[str, Column]:
    if not isinstance(given, dict) or not given:
        raise DataError(file, "columns must map each column of the table to its description and dtype")
    known = {f.name for f in fields(Column)}
    columns = {}
    for name, spec in given.items():
        if not isinstance(spec, dict) or not spec.get("description"):
            raise DataError(file, f"column {name} has no description", column=name)
        if unknown := sorted(set(spec) - known):
            raise DataError(file, f"column {name} has unknown entries: {', '.join(unknown)}", column=name)
        column = Column(**{**spec, "allowed": tuple(spec.get("allowed", ()))})
        if column.dtype not in DTYPES:
            known_types = ", ".join(DTYPES)
            raise DataError(file, f"column {name} has dtype {column.dtype!r}; use one of {known_types}", column=name)
        columns[name] = column
    return MappingProxyType(columns)


def record(record_id: str) -> Record:
    """Read the source record of a table.

    Parameters
    ----------
    record_id : str
        Folder and file stem, such as ``io/shanghai_2017`` or ``statistics/shanghai``.

    Raises
    ------
    DataError
        If the record is missing, incomplete, or has entries nobody knows.
    """
    suffix = _record_suffix(record_id)
    text = locate(record_id, suffix).read_bytes()
    known = _kept.get((record_id, suffix))
    if known is None or known[0] != text:
        known = text, _parse(record_id, suffix, text)
        _kept[record_id, suffix] = known
    return known[1]


def _parse(record_id: str, suffix: str, text: bytes) -> Record:
    from .reading import load_yaml

    file = f"{record_id}{suffix}"
    content = load_yaml(text, file)
    try:
        return _from_entries(record_id, file, content, suffix != ".yaml")
    except (KeyError, TypeError, AttributeError) as problem:
        raise DataError(file, f"an entry is not of the form that a record needs: {problem}") from problem


def _from_entries(record_id: str, file: str, content: object, is_document: bool) -> Record:
    if not isinstance(content, dict):
        raise DataError(file, "a record is a mapping of entries such as title, publisher and columns")
    required = [name for name in REQUIRED if not (is_document and name == "columns")]
    if absent := [name for name in required if content.get(name) in (None, "", {}, [])]:
        raise DataError(file, f"entries are missing: {', '.join(absent)}")
    if unknown := sorted(set(content) - {f.name for f in fields(Record)}):
        raise DataError(file, f"unknown entries: {', '.join(unknown)}")
    if content.pop("id", record_id) != record_id:
        raise DataError(file, "the id in the record is not the name of the file")
    for name in ("title", "publisher"):
        if not isinstance(content[name], dict) or not {"en", "zh"} <= set(content[name]):
            raise DataError(file, f"{name} needs both languages, en and zh")
    content["columns"] = MappingProxyType({}) if is_document else _columns(file, content["columns"])
    content["year"] = str(content["year"])
    content["sha256"] = str(content.get("sha256", ""))
    for name in ("title", "publisher", "tolerance", "layout", "balance", "sources"):
        content[name] = MappingProxyType(content.get(name) or {})
    for name in ("key", "identities", "notes"):
        content[name] = tuple(content.get(name) or ())
    named = list(content["key"])
    for rule in content["identities"]:
        named += [rule["total"], *rule["add"], *rule.get("subtract", [])]
    if absent := sorted(set(named) - set(content["columns"])):
        raise DataError(file, f"key or identities name columns that are not there: {', '.join(absent)}")
    return Record(id=record_id, **content)


def catalogue() -> pd.DataFrame:
    """Return all source records as a table, one row a record, sorted by id.

    Returns
    -------
    DataFrame
        Index ``id``; columns ``kind``, ``title_en``, ``title_zh``, ``publisher_en``, ``publisher_zh``, ``region``,
        ``year``, ``reference``, ``compiled_by``, ``licence``, ``unit``, ``price_basis``, ``vintage``, ``derived``,
        ``notes``, ``sha256``.
    """
    folder = data_directory()
    stems = [path.relative_to(folder).as_posix().removesuffix(".yaml") for path in folder.glob("*/*.yaml")]
    ids = sorted(stem for stem in stems if not stem.endswith(".record"))
    rows = []
    for found in map(record, ids):
        row = {"id": found.id, "kind": found.kind}
        for language in ("en", "zh"):
            row |= {f"title_{language}": found.title[language], f"publisher_{language}": found.publisher[language]}
        plain = ("region", "year", "reference", "compiled_by", "licence", "unit", "price_basis", "vintage", "derived")
        row |= {name: getattr(found, name) for name in plain}
        rows.append(row | {"notes": "\n".join(found.notes), "sha256": found.sha256})
    if not rows:
        raise DataError("data folder", "holds no source record")
    return pd.DataFrame(rows).set_index("id")


def seal(record_id: str) -> str:
    """Write the checksum of a table into its record, after checking the table against everything else in the record.

    Only the ``sha256`` line of the record changes, and the lines of both files in the folder's list of checksums.

    Returns
    -------
    str
        The checksum.

    Raises
    ------
    DataError
        If the table breaks its schema or an identity: what is wrong is never sealed.
    """
    from .tables import parse, validate
    from .writing import whole_files

    found, suffix = record(record_id), _record_suffix(record_id)
    content = locate(record_id, ".csv" if suffix == ".yaml" else ".yaml").read_bytes()
    if suffix == ".yaml":
        validate(parse(content, found), found)
    path = locate(record_id, suffix)
    before = path.read_text(encoding="utf-8")
    line = f"sha256: {checksum(content)}"
    after, count = re.subn(r"(?m)^sha256:.*$", line, before)
    if not count:
        after = f"{before.rstrip()}\n{line}\n"
    if after != before:
        with whole_files(path) as (half,):
            half.write_text(after, encoding="utf-8", newline="\n")
    if (data_directory() / SUMS).is_file():
        list_sums(ids=[record_id])
    return checksum(content)
