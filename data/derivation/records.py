"""Write tables and their source records, the same bytes on every machine."""

import csv
import io
from pathlib import Path

import yaml

from analysis.data import whole_files
from analysis.data.records import checksum

LICENCES = {
    "province": "No open licence is stated for the official figures; the R packages that compiled them are under "
    "GPL (>= 3)",
    "nation": "No open licence is stated for the official figures; the R packages that compiled them are under "
    "GPL (>= 3), for ChinaBalancedSAM4 no licence is known here",
}
NATIONAL_BUREAU = {"en": "National Bureau of Statistics of China", "zh": "国家统计局"}
UNIT = "100 million CNY"


class _Dumper(yaml.SafeDumper):
    """YAML with entries in the order given, and lists of plain codes on one line."""


def _list(dumper, value):
    flow = all(isinstance(item, str | int | float) and len(str(item)) < 20 for item in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flow)


_Dumper.add_representer(list, _list)
_Dumper.add_representer(tuple, _list)
_Dumper.ignore_aliases = lambda self, data: True


def table_bytes(header, rows):
    """Return a CSV table as UTF-8 bytes with Unix line ends."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def write(folder, record_id, rows, record):
    """Write a table and, beside it, its record with the checksum.

    Parameters
    ----------
    folder : Path
        The data folder.
    record_id : str
        Such as ``io/shanghai_2017``.
    rows : iterable of sequence
        Cells as text or whole numbers, in the order of the record's columns.
    record : dict
        The entries of the record; its checksum is added here.
    """
    path = Path(folder) / f"{record_id}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = table_bytes(list(record["columns"]), rows)
    entries = {"id": record_id, **record, "sha256": checksum(content)}
    text = yaml.dump(entries, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    with whole_files(path, path.with_suffix(".yaml")) as (table, beside):
        table.write_bytes(content)
        beside.write_text(text, encoding="utf-8", newline="\n")
