"""The command line: what it prints is what the functions give, and every refusal is one message with its exit code."""

import base64
import hashlib
import html
import importlib
import json
import re
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from analysis import linkages
from analysis.cli import (
    ASSUMPTIONS,
    FINDINGS,
    GROUPS,
    LOCAL,
    MEASURES,
    REFUSED,
    STOPPED,
    Refused,
    cli,
    main,
    methods,
)
from analysis.cli.compare import compare_tables
from analysis.cli.output import progress
from analysis.cli.sweep import _frame, _kind
from analysis.interregional import interregional_ensemble
from analysis.interregional.__main__ import cluster_groups, stored_assumptions
from analysis.ledger.folder import read_folder
from analysis.scenarios import final_demand_shock, import_substitution, sourcing_shift, supply_loss
from analysis.structure import krugman_index
from analysis.tables import ASSUMPTIONS as IN_FULL
from analysis.tables import TableError, inspect, load, load_detailed, read_draft, read_table
from analysis.tables.domestic import load_domestic
from analysis.uncertainty import MEASURES as ALL_MEASURES
from analysis.uncertainty import linkage_draws, rank_intervals
from tests.tables.layouts import Accounts, compiled, eurostat, printed, sdmx, write_csv, write_xlsx

EXAMPLE = Path(__file__).parents[1] / "examples" / "communique_2023"
SHANGHAI = "Shanghai 2017"


def run(*arguments, code=0):
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output + result.stderr
    return result


def run_json(*arguments, code=0):
    return json.loads(run(*arguments, "--json", code=code).stdout)


def refused(match, *arguments):
    result = run(*arguments, code=REFUSED)
    assert result.stdout == ""
    assert result.stderr.startswith("error: ") and "Traceback" not in result.stderr
    assert match in " ".join(result.stderr.split()), result.stderr
    told = run_json(*arguments, code=REFUSED)
    assert match in " ".join(told["error"].split())


def frame(rows, index="sector"):
    return pd.DataFrame(rows).set_index(index)


def local():
    return load("Shanghai", 2017).local("supply pool")


# ---- usage ----------------------------------------------------------------------------------------------------------


def test_help_reads_like_a_manual_and_names_every_command():
    text = run("--help").stdout
    for word in ("A TABLE is", "never guessed", "Exit codes", *cli.commands):
        assert word in text
    # every command in the list is told in a whole sentence
    assert not [line for line in text.splitlines()[1:] if line.endswith("...")]
    for name in cli.commands:
        assert len(run(name, "--help").stdout.splitlines()) > 4
    groups = run("compute", "--help").stdout
    assert all(f"{name} " in groups for name in GROUPS)
    assert list(cli.commands["scenario"].commands) == ["demand", "substitute", "shift", "loss"]


def test_help_loads_nothing_heavy():
    script = (
        "import sys; from click.testing import CliRunner; from analysis.cli import cli\n"
        "assert CliRunner().invoke(cli, ['compute', '--help']).exit_code == 0\n"
        "print(sorted({'numpy', 'pandas', 'scipy', 'statsmodels', 'matplotlib', 'networkx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_words_on_the_command_line_are_those_of_the_library():
    assert list(ASSUMPTIONS.values()) == list(IN_FULL)
    assert set(MEASURES) <= set(ALL_MEASURES)
    assert set(GROUPS) == set(methods._GROUPS)
    assert all(("*" in what) == (name in LOCAL) for name, what in GROUPS.items())


def test_wrong_usage_has_its_own_exit_code():
    for arguments in (["compute", "magic", SHANGHAI], ["check"], ["nothing"], ["compute", "net"],
                      ["compute", "ranks", SHANGHAI, "--draws", "1"]):  # fmt: skip
        assert run(*arguments, code=REFUSED).stderr.startswith("Usage:")
        told = run(*arguments, "--json", code=REFUSED)
        assert told.stderr == ""
        told = json.loads(told.stdout)
        assert told["kind"] == "usage" and told["error"] and told["usage"].startswith("Usage: ")


def test_every_command_takes_json():
    commands = [*cli.commands.values(), *cli.commands["scenario"].commands.values()]
    for command in commands:
        if command.name != "scenario":
            assert "--json" in [option for p in command.params for option in p.opts], command.name


def test_the_version_is_that_of_the_package():
    assert run("--version").stdout.strip() == version("shanghai-chains")


def test_the_program_leaves_with_its_exit_code(monkeypatch, capsys):
    def left(*arguments):
        with pytest.raises(SystemExit) as caught:
            main(list(arguments))
        return caught.value.code

    assert left("--help") == 0
    assert left("check", SHANGHAI) == 0
    assert left("audit", str(EXAMPLE)) == FINDINGS
    assert left("check", "gone.csv") == REFUSED
    assert "error: gone.csv: no such file" in capsys.readouterr().err
    assert left("nothing") == REFUSED

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.commands["tables"], "callback", stop)
    assert left("tables") == STOPPED


def test_a_reader_who_has_seen_enough_is_no_error():
    call = f"{sys.executable} -m analysis compute inverse 'Shanghai 2017' | head -1"
    done = subprocess.run(["bash", "-c", call], capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.stdout == "inverse: Shanghai 2017, imports competitive\n" and done.stderr == ""


def test_a_shortage_of_memory_is_said(monkeypatch):
    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr("analysis.cli.find.find_draft", full)
    refused("not enough memory", "check", SHANGHAI)


def test_a_bug_is_not_hidden(monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("analysis.cli.find.find_draft", broken)
    with pytest.raises(ZeroDivisionError):
        run("check", SHANGHAI)


def test_bars_are_for_people_who_look(monkeypatch):
    assert progress([1, 2], "x").hidden  # no terminal here
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert not progress([1, 2], "x").hidden
    assert progress([1], "x").hidden and progress([1, 2], "x", as_json=True).hidden


# ---- tables ---------------------------------------------------------------------------------------------------------


def test_the_list_holds_every_table_and_each_can_be_named():
    listed = run_json("tables")
    names = [row["table"] for row in listed["rows"]]
    assert {"Shanghai 2017", "China 2020", "China 2020 detailed", "China 2017 domestic", "Other provinces 2012"} <= set(
        names
    )
    assert set(listed["layouts"]) == {"tidy", "published", "eurostat"}
    assert "Zhejiang 2002" in run("tables").stdout


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Shanghai 2017", lambda: load("Shanghai", 2017)),
        ("上海 2017", lambda: load("Shanghai", 2017)),
        ("jiangsu_2002", lambda: load("Jiangsu", 2002)),
        ("China 2017 detailed", lambda: load_detailed(2017)),
        ("China 2020 domestic", lambda: load_domestic(2020)),
    ],
)
def test_our_own_tables_by_name(typed, expected):
    rows = run_json("compute", "multipliers", typed)["rows"]
    np.testing.assert_allclose([row["output"] for row in rows], linkages.output_multipliers(expected()))


def test_what_is_no_table(tmp_path):
    refused("no file that is read here, and no table of the project", "check", "Atlantis 2017")
    refused("no table of the project", "check", "Shanghai 1999")
    refused("no table of the project", "check", "eight regions 2007")
    refused("no such file", "check", tmp_path / "gone.csv")
    refused("--year belongs to files", "check", SHANGHAI, "--year", 2012)


# ---- check ----------------------------------------------------------------------------------------------------------


def test_check_reports_what_the_inspection_finds(tmp_path):
    rows = compiled(Accounts(8))
    rows[2][6] += 300.0
    path = write_csv(tmp_path / "2017_江苏.csv", rows)
    told = run_json("check", path, "--unit", "10,000 CNY", code=FINDINGS)["tables"][0]
    expected = inspect(read_draft(path, unit="10,000 CNY"))
    assert [(f["severity"], f["where"], f["text"]) for f in told["findings"]] == [
        (f.severity, f.where, f.text) for f in expected
    ]
    assert (told["region"], told["year"], told["sectors"], told["imports"]) == ("Jiangsu", 2017, 8, "competitive")
    text = run("check", path, "--unit", "10,000 CNY", code=FINDINGS).stdout
    assert "row 3: output of 02" in text and "0.03 100 million CNY less than its uses" in text
    run("check", path, "--unit", "10,000 CNY", "--tolerance", 400)
    refused("the unit is not stated", "check", path)


def test_check_takes_several_and_notes_do_not_count(tmp_path):
    good = write_xlsx(tmp_path / "good.xlsx", {"a": printed(Accounts(6))})
    told = run_json("check", good, SHANGHAI)["tables"]
    assert [t["region"] for t in told] == ["Jiangsu", "Shanghai"]
    assert {f["severity"] for t in told for f in t["findings"]} == {"note"}
    assert "without output: C02" in run("check", SHANGHAI).stdout


# ---- convert --------------------------------------------------------------------------------------------------------


def test_convert_there_and_back(tmp_path):
    ours = load("Shanghai", 2017)
    sheet, tidy = tmp_path / "s.xlsx", tmp_path / "s.csv"
    assert "38 sectors" in run("convert", SHANGHAI, sheet).stdout
    assert run_json("convert", sheet, tidy)["layout"] == "tidy"
    back = read_table(tidy)
    np.testing.assert_allclose(back.Z, ours.Z, atol=1e-11)
    run("convert", SHANGHAI, tmp_path / "local.csv", "--imports", "net-inflow")
    assert read_table(tmp_path / "local.csv") == ours.local("net inflow")
    run("convert", SHANGHAI, tmp_path / "e.csv", "--to", "eurostat")
    np.testing.assert_allclose(read_table(tmp_path / "e.csv", unit="million CNY").output, ours.output * 100)
    refused("865.083 100 million CNY in C06", "convert", "China 2012", tmp_path / "x.csv", "--to", "eurostat")
    refused("give the path of a .csv file", "convert", SHANGHAI, tmp_path / "x.ods")
    refused("is local already", "convert", "China 2020 domestic", tmp_path / "x.csv", "--imports", "supply-pool")


def test_a_table_of_eurostat_goes_through(tmp_path):
    cells, truth = eurostat()
    path = write_csv(tmp_path / "naio.csv", sdmx(cells))
    rows = run_json("compute", "coefficients", path, "--unit", "million CZK", "--flows", "total")["rows"]
    A = (truth["Z"] + truth["M"]) / truth["x"]
    np.testing.assert_allclose([row["coefficient"] for row in rows], A.ravel())
    refused("say which country", "check", write_csv(tmp_path / "n.csv", sdmx(cells + eurostat(geo="DE")[0])))
    sheet = tmp_path / "p.xlsx"
    run("compute", "position", path, "--unit", "million CZK", "--flows", "total")
    refused("have no place in the published layout", "convert", path, sheet, "--unit", "million CZK")


def test_findings_of_several_tables_in_one_file_and_one_that_cannot_be_read(tmp_path):
    good = write_xlsx(tmp_path / "good.xlsx", {"a": printed(Accounts(6))})
    torn = tmp_path / "torn.xlsx"
    torn.write_bytes(good.read_bytes()[:900])
    result = run("check", good, torn, SHANGHAI, "-o", tmp_path / "f.csv", code=REFUSED)
    assert result.stdout == "" and "findings in 3 tables" in result.stderr
    rows = pd.read_csv(tmp_path / "f.csv")
    assert set(rows["table"]) == {str(good), str(torn), SHANGHAI}
    assert rows.loc[rows["table"] == str(torn), ["severity", "subject"]].to_numpy().tolist() == [["error", "reading"]]
    expected = inspect(read_draft(good))
    assert rows.loc[rows["table"] == str(good), "text"].tolist() == [f.text for f in expected]
    told = run_json("check", good, torn, code=REFUSED)["tables"]
    assert "not readable as a workbook" in told[1]["error"] and told[0]["findings"]
    shown = run("check", good, torn, code=REFUSED).stdout
    assert "torn.xlsx: not read" in shown and "not readable as a workbook" in shown
    refused("not readable as a workbook", "check", torn)


# ---- compute --------------------------------------------------------------------------------------------------------


def columns(rows, expected, index="sector"):
    told = frame(rows, index)
    for name in expected:
        np.testing.assert_allclose(told[name].astype(float), expected[name].astype(float), err_msg=str(name))
    assert list(told.index) == list(expected.index)


def test_linkages():
    expected = linkages.rasmussen_linkages(local(), "output")
    told = run_json("compute", "linkages", SHANGHAI, "--imports", "supply-pool", "--weights", "output")
    columns(told["rows"], expected.drop(columns="name_en"))
    assert [row["class"] for row in told["rows"]] == list(linkages.key_sectors(expected))
    assert told["table"]["assumption"] == "supply pool" and told["about"]["weights"] == "output"
    columns(run_json("compute", "direct", SHANGHAI)["rows"],
            linkages.direct_linkages(load("Shanghai", 2017)).drop(columns="name_en"))  # fmt: skip


def test_net_and_extraction():
    rows = run_json("compute", "net", SHANGHAI, "--imports", "supply-pool")["rows"]
    columns(rows, linkages.net_linkages(local()).to_frame("net_backward"))
    rows = run_json("compute", "extraction", SHANGHAI, "--imports", "supply-pool")["rows"]
    columns(rows, linkages.hypothetical_extraction(local()))
    rows = run_json("compute", "extraction", SHANGHAI, "--imports", "supply-pool", "--extract", "C16, C17")["rows"]
    columns(rows, linkages.extract_group(local(), ["C16", "C17"]))
    refused("C99", "compute", "extraction", SHANGHAI, "--imports", "supply-pool", "--extract", "C99")


def test_position_and_network():
    columns(run_json("compute", "position", SHANGHAI)["rows"], linkages.positions(load("Shanghai", 2017)))
    table = load("Jiangsu", 2017)
    expected = pd.DataFrame({side: linkages.eigenvector_centrality(table, side) for side in ("supply", "use")})
    expected = expected.add_prefix("eigenvector_")
    expected["influence"] = linkages.influence_vector(table)
    expected["betweenness"] = linkages.betweenness_centrality(table)
    columns(run_json("compute", "network", "Jiangsu 2017")["rows"], expected)


def test_dependence():
    table, foreign = local(), linkages.foreign_shares(load("Shanghai", 2017))
    expected = linkages.input_origins(table).add_prefix("inputs_").join(linkages.import_content(table, foreign))
    expected["local_content"] = linkages.local_content(table)
    columns(run_json("compute", "dependence", SHANGHAI, "--imports", "supply-pool")["rows"], expected)
    without = run_json("compute", "dependence", "Shanghai 2002", "--imports", "net-inflow")["rows"][0]
    assert "outside" in without and "abroad" not in without
    rows = run_json("compute", "final-demand", SHANGHAI, "--imports", "supply-pool")["rows"]
    columns(rows, linkages.final_demand_content(table), "use")
    rows = run_json("compute", "exports", "China 2020 domestic")["rows"]
    expected = linkages.vertical_specialisation(load_domestic(2020))
    expected["by_earner"] = linkages.value_added_in_exports(load_domestic(2020))["by_earner"]
    columns(rows, expected)


def test_sensitivity_and_matrices():
    table = local()
    rows = run_json("compute", "sensitivity", SHANGHAI, "--imports", "supply-pool")["rows"]
    told = pd.DataFrame(rows)
    assert len(told) == table.n**2
    at = told[(told["row"] == "C14") & (told["column"] == "C16")].iloc[0]
    assert at["influence"] == pytest.approx(linkages.fields_of_influence(table).loc["C14", "C16"])
    assert at["elasticity"] == pytest.approx(linkages.coefficient_elasticities(table).loc["C14", "C16"])
    assert at["tolerable_limit"] == pytest.approx(linkages.tolerable_limits(table).loc["C14", "C16"])
    # what is infinite is null in JSON
    assert told["tolerable_limit"].isna().sum() == np.isinf(linkages.tolerable_limits(table)).to_numpy().sum()
    rows = run_json("compute", "inverse", SHANGHAI, "--imports", "supply-pool")["rows"]
    np.testing.assert_allclose([r["requirement"] for r in rows], linkages.leontief_inverse(table).to_numpy().ravel())


def test_paths():
    told = run_json("compute", "paths", SHANGHAI, "--sector", "C19", "--top", 4)["rows"]
    expected = linkages.structural_paths(load("Shanghai", 2017), "C19", 4)
    assert [row["path"].split(" > ")[::-1] for row in told] == [list(path) for path in expected["path"]]
    np.testing.assert_allclose([row["value"] for row in told], expected["value"])
    refused("paths need --sector", "compute", "paths", SHANGHAI)


def test_ranks_do_not_depend_on_the_steps_of_the_bar():
    told = run_json("compute", "ranks", SHANGHAI, "--draws", 120, "--cv", 0.3, "--seed", 7)
    draws = linkage_draws(load("Shanghai", 2017), "backward", 120, 0.3, 7)
    columns(told["rows"], rank_intervals(draws))
    assert told["about"]["draws"] == 120 and "sensitivity" in told["about"]["reading"]
    refused(
        "ranks of extraction needs local flows", "compute", "ranks", SHANGHAI, "--measure", "extraction", "--draws", 5
    )
    run("compute", "ranks", SHANGHAI, "--measure", "local_content", "--draws", 5, "--imports", "net-inflow")


@pytest.mark.parametrize("group", LOCAL)
def test_local_methods_ask_how_local_flows_are_found(group):
    refused(f"{group} needs local flows", "compute", group, SHANGHAI)
    refused("needs local flows", "compute", group, SHANGHAI, "--imports", "published")


def test_an_assumption_that_a_table_cannot_carry():
    refused("publishes net outflow only", "compute", "linkages", "Shanghai 2002", "--imports", "supply-pool")


def test_files_sorting_and_the_screen(tmp_path):
    call = ["compute", "linkages", SHANGHAI, "--sort", "backward", "--top", 3]
    expected = linkages.rasmussen_linkages(load("Shanghai", 2017)).nlargest(3, "backward")
    for name in ("t.csv", "t.parquet"):
        result = run(*call, "-o", tmp_path / name)
        assert result.stdout == "" and "3 rows" in result.stderr
    csv = pd.read_csv(tmp_path / "t.csv", index_col="sector")
    pd.testing.assert_series_equal(csv["backward"], expected["backward"], check_names=False)
    parquet = pd.read_parquet(tmp_path / "t.parquet").set_index("sector")
    pd.testing.assert_series_equal(parquet["forward"], expected["forward"], check_names=False)
    run(*call, "-o", tmp_path / "t.json")
    assert [r["sector"] for r in json.loads((tmp_path / "t.json").read_text())["rows"]] == list(expected.index)
    screen = run(*call).stdout.splitlines()
    assert screen[0] == "linkages: Shanghai 2017, imports competitive"
    assert [line.split()[0] for line in screen[2:]] == list(expected.index)
    refused(
        "no column 'size' to sort by: there are name_en, backward", "compute", "linkages", SHANGHAI, "--sort", "size"
    )
    refused("written as .csv, .parquet or .json", *call, "-o", tmp_path / "t.ods")
    refused("there is no folder", *call, "-o", tmp_path / "gone" / "t.csv")


def test_parquet_says_what_to_install(tmp_path, monkeypatch):
    import_module = importlib.import_module

    def without(name, *rest):
        if name == "pyarrow":
            raise ImportError(name)
        return import_module(name, *rest)

    # pandas itself may have taken pyarrow in already, so that only the question for it is answered otherwise
    monkeypatch.setattr("analysis.data.sheets.importlib.import_module", without)
    refused("pip install pyarrow", "compute", "direct", SHANGHAI, "-o", tmp_path / "t.parquet")


# ---- sweep and ensemble ---------------------------------------------------------------------------------------------


def one_by_one(group, tables, imports):
    """What compute says, table by table."""
    parts = []
    for table in tables:
        for kind in imports:
            rows = pd.DataFrame(run_json("compute", group, table, "--imports", kind)["rows"])
            region, year = table.rsplit(" ", 1)
            for place, (name, value) in enumerate(
                {"table": table, "region": region, "year": int(year), "imports": kind}.items()
            ):
                rows.insert(place, name, value)
            parts.append(rows)
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_sweep_is_compute_for_every_table(tmp_path, suffix):
    path = tmp_path / f"s.{suffix}"
    both = ["--imports", "supply-pool", "--imports", "published"]
    result = run("sweep", "linkages", "Anhui 2012", "上海 2017", *both, "-o", path)
    assert result.stdout == "" and "144 rows of 4 results" in result.stderr
    told = pd.read_csv(path) if suffix == "csv" else pd.read_parquet(path)
    told["table"] = told["table"].replace("上海 2017", SHANGHAI)
    expected = one_by_one("linkages", ["Anhui 2012", SHANGHAI], ["supply-pool", "published"])
    pd.testing.assert_frame_equal(told, expected, check_exact=True, check_dtype=False)


def test_a_sweep_takes_regions_years_folders_and_says_what_it_leaves_out(tmp_path):
    told = run_json("sweep", "dependence", "Shanghai", "--imports", "all", "-o", tmp_path / "s.csv", code=FINDINGS)
    assert told["results"] == 10 and [r["imports"] for r in told["refused"]] == ["supply-pool", "exports-first"]
    assert all("Shanghai 2002" in r["table"] and "net outflow only" in r["refused"] for r in told["refused"])
    frame = pd.read_csv(tmp_path / "s.csv")
    assert sorted(frame["year"].unique()) == [2002, 2007, 2012, 2017] and set(frame["region"]) == {"Shanghai"}
    # only later tables tell foreign imports apart
    assert frame.loc[frame["year"] == 2002, "abroad"].isna().all() and frame.loc[frame["year"] == 2017, "abroad"].any()
    told = run_json("sweep", "direct", "2020", "-o", tmp_path / "s.parquet")
    assert pd.read_parquet(tmp_path / "s.parquet")["table"].unique().tolist() == ["China 2020"]
    folder = tmp_path / "tables"
    folder.mkdir()
    refused("no file of this folder may hold a table", "sweep", "direct", folder, "-o", tmp_path / "s.csv")
    for k, name in enumerate(("2012_江苏.csv", "2017_江苏.csv")):
        write_csv(folder / name, compiled(Accounts(5, seed=k)))
    (folder / "2020_江苏.csv").write_text("no,table\n", encoding="utf-8")
    told = run_json("sweep", "direct", folder, "--unit", "10,000 CNY", "-o", tmp_path / "s.csv", code=FINDINGS)
    assert told["results"] == 2 and "no table found" in told["refused"][0]["refused"]
    assert pd.read_csv(tmp_path / "s.csv")["year"].tolist() == [2012] * 4 + [2017] * 4
    refused("none of the 1 results could be computed", "sweep", "net", SHANGHAI, "-o", tmp_path / "s.csv")
    refused("results are written as .csv or .parquet", "sweep", "net", SHANGHAI, "-o", tmp_path / "s.json")


def test_a_changed_file_is_computed_anew(tmp_path):
    path = write_csv(tmp_path / "2012_江苏.csv", compiled(Accounts(5, seed=1)))
    call = ["sweep", "multipliers", path, "--unit", "10,000 CNY", "--keep", tmp_path / "kept"]
    run(*call, "-o", tmp_path / "a.csv")
    write_csv(path, compiled(Accounts(5, seed=2)))
    run(*call, "-o", tmp_path / "b.csv")
    assert len(list((tmp_path / "kept").iterdir())) == 2
    assert (tmp_path / "a.csv").read_bytes() != (tmp_path / "b.csv").read_bytes()


def test_columns_that_differ_between_tables_become_one(tmp_path):
    mixed = {"a": "int64", "b": "bool", "c": "string", "d": "float64"}
    kinds = {name: _kind(before, values) for (name, before), values in zip(
        {"a": "bool", "b": "bool", "c": "float64", "d": "int64"}.items(),
        ([1, 2], [True, None], [None, "x"], [1.5, 2]), strict=True)}  # fmt: skip
    assert kinds == mixed
    frame = _frame({"table": ["t"], "a": [1]}, {"table": "string"} | mixed)
    assert frame.iloc[0][["table", "a"]].tolist() == ["t", 1] and frame[["b", "c", "d"]].isna().all(axis=None)


def test_a_run_that_is_killed_continues_where_it_was(tmp_path):
    call = ["sweep", "multipliers", "Shanghai", "--imports", "net-inflow"]
    keep = ["--keep", str(tmp_path / "kept")]
    program = [sys.executable, "-m", "analysis", *call, *keep, "-o", str(tmp_path / "first.csv")]
    first = subprocess.Popen(program, cwd=Path(__file__).parents[1])
    while not list((tmp_path / "kept").glob("*.json")) and first.poll() is None:
        time.sleep(0.005)
    first.kill()
    first.wait()
    kept = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "kept").glob("*.json")}
    assert kept and not (tmp_path / "first.csv").exists()
    run(*call, *keep, "-o", tmp_path / "second.csv")
    assert {n: (tmp_path / "kept" / n).stat().st_mtime_ns for n in kept} == kept
    run(*call, "-o", tmp_path / "third.csv")
    assert (tmp_path / "second.csv").read_bytes() == (tmp_path / "third.csv").read_bytes()


def test_an_ensemble_is_that_of_the_library(tmp_path):
    told = run_json("ensemble", 2017, "--members", 2, "--seed", 4, "--keep", tmp_path)
    assert told["failed"] == 0 and len(list(tmp_path.iterdir())) == 1
    expected = interregional_ensemble(2017, 2, stored_assumptions(), cluster_groups(), 4).summary(0.9)
    rows = pd.DataFrame(told["rows"]).set_index(["measure", "group", "source", "target"])
    pd.testing.assert_frame_equal(rows, expected, check_exact=True)


# ---- compare --------------------------------------------------------------------------------------------------------


def test_compare():
    told = run_json("compare", "Shanghai 2012", SHANGHAI, "--imports", "supply-pool", "--sort", "output_change")
    one, two = load("Shanghai", 2012).local("supply pool"), local()
    totals = told["whole"]["totals"]
    assert totals["output"]["ratio"] == pytest.approx(two.output.sum() / one.output.sum())
    assert totals["imports and inflow"]["first"] == pytest.approx(
        one.imported.to_numpy().sum() + one.imported_final.to_numpy().sum()
    )
    output = pd.DataFrame({"a": one.output, "b": two.output})
    assert told["whole"]["krugman_index"] == pytest.approx(krugman_index(output).loc["a", "b"])
    A, B = linkages.technical_coefficients(one), linkages.technical_coefficients(two)
    weight = (output["a"] / output["a"].sum() + output["b"] / output["b"].sum()) / 2
    by_hand = sum(weight[j] * sum(abs(B.loc[i, j] - A.loc[i, j]) for i in A.index) for j in A)
    by_hand /= sum(weight[j] * A[j].sum() for j in A)
    assert told["whole"]["coefficient_difference"] == pytest.approx(by_hand)
    changes = [row["output_change"] for row in told["rows"] if row["output_change"] is not None]
    assert changes == sorted(changes, reverse=True)
    rows = frame(told["rows"])
    finance = two.output["C30"] / one.output["C30"] - 1
    assert rows.loc["C30", "output_change"] == pytest.approx(finance)
    ranks = [linkages.total_linkages(t)["backward"].rank(ascending=False)["C19"] for t in (one, two)]
    assert rows.loc["C19", "backward_rank_change"] == ranks[0] - ranks[1]
    text = run("compare", "Shanghai 2012", SHANGHAI).stdout
    assert "Shanghai 2017 against Shanghai 2012" in text and "Krugman index" in text


def test_a_table_is_like_itself_in_another_unit(tmp_path):
    run("convert", "Jiangsu 2017", tmp_path / "j.xlsx")
    whole = run_json("compare", "Jiangsu 2017", tmp_path / "j.xlsx")["whole"]
    assert whole["coefficient_difference"] < 1e-12 and whole["totals"]["output"]["ratio"] == pytest.approx(1)
    run("convert", "Jiangsu 2017", tmp_path / "e.csv", "--to", "eurostat")
    whole, _ = compare_tables(load("Jiangsu", 2017), read_table(tmp_path / "e.csv", unit="million CNY"))
    assert whole["totals"]["output"]["ratio"] == pytest.approx(1) and whole["unit"] == "100 million CNY"


def test_tables_that_cannot_be_compared(tmp_path):
    refused("different sectors (38 and 149", "compare", "China 2017", "China 2017 detailed")
    refused(
        "imports are treated differently (published and competitive)", "compare", "China 2017 domestic", "China 2017"
    )
    paths = [write_csv(tmp_path / f"{name}.csv", compiled(Accounts(5, seed=k))) for k, name in enumerate("ab")]
    said = ["--unit", "10,000 CNY", "--year", 2012, "--year", 2017]
    told = run_json("compare", *paths, *said, "--region", "Elsewhere")
    assert (told["first"]["year"], told["second"]["year"], told["second"]["region"]) == (2012, 2017, "Elsewhere")
    refused("the year is not stated", "compare", *paths, "--unit", "10,000 CNY")
    other = read_table(paths[0], unit="million EUR", year=2012, region="Elsewhere", tolerance=1)
    mine = read_table(paths[1], unit="10,000 CNY", year=2012, region="Elsewhere")
    with pytest.raises(TableError, match="are not compared"):
        compare_tables(mine, other)


# ---- audit ----------------------------------------------------------------------------------------------------------


def test_audit_of_the_worked_example(tmp_path):
    told = run_json("audit", EXAMPLE, code=FINDINGS)
    results = {r.id: r for r in read_folder(EXAMPLE).audit()}
    assert {row["rule"]: row["outcome"] for row in told["rows"]} == {name: r.outcome for name, r in results.items()}
    assert told["outcomes"] == {"inconsistent": 1, "cannot be tested": 1, "consistent": 7, "derived": 1}
    text = run("audit", EXAMPLE, code=FINDINGS).stdout
    assert results["R04"].explanation.split(":")[0] in " ".join(text.split())
    run("audit", EXAMPLE, "-o", tmp_path / "a.md", code=FINDINGS)
    assert (tmp_path / "a.md").read_text(encoding="utf-8").startswith("# Audit: China's statistical communiqué of 2023")
    run("audit", EXAMPLE, "-o", tmp_path / "a.csv", code=FINDINGS)
    assert pd.read_csv(tmp_path / "a.csv")["outcome"].iloc[0] == "inconsistent"


def test_the_audit_as_one_page(tmp_path):
    shown = run("audit", EXAMPLE, "-o", tmp_path / "a.html", code=FINDINGS)
    assert shown.stdout == "" and "23 figures, 10 rules; 1 inconsistent" in shown.stderr
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    report = read_folder(EXAMPLE)
    for result in report.audit():
        assert f'id="rule-{result.id}"' in page and html.escape(result.explanation.strip()) in page
    assert [page.index(f'id="{o}"') for o in ("inconsistent", "cannot-be-tested", "consistent", "derived")] == sorted(
        page.index(f'id="{o}"') for o in ("inconsistent", "cannot-be-tested", "consistent", "derived")
    )
    assert all(f">{figure.id}</th>" in page for figure in report.ledger.figures)
    # one file: nothing is fetched, nothing runs, and the policy lets the style in by its checksum
    assert not re.search(r"<script|<link|<iframe|src=|url\(|@import|http://", page)
    style = re.search(r"<style>(.*?)</style>", page, re.S)[1]
    seal = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{seal}'" in page and " style=" not in page
    assert run_json("audit", EXAMPLE, "-o", tmp_path / "b.html", code=FINDINGS)["outcomes"]["consistent"] == 7
    assert (tmp_path / "b.html").read_text(encoding="utf-8") == page


def test_an_audit_page_draws_both_sides_on_one_scale(tmp_path):
    run("audit", EXAMPLE, "-o", tmp_path / "a.html", code=FINDINGS)
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    drawn = re.findall(r'<line class="(first|second)" x1="([\d.]+)" x2="([\d.]+)"', page)
    sides = [r for r in read_folder(EXAMPLE).audit() if r.computed is not None and r.stated is not None]
    ordered = sorted(
        sides, key=lambda r: ["inconsistent", "cannot be tested", "consistent", "derived"].index(r.outcome)
    )
    assert len(drawn) == 2 * len(sides)
    for result, one, two in zip(ordered, drawn[::2], drawn[1::2], strict=True):
        (a, b), (c, d) = ([float(x) for x in line[1:]] for line in (one, two))
        assert 0 <= min(a, c) and max(b, d) <= 360
        overlap = result.computed.lower <= result.stated.upper and result.stated.lower <= result.computed.upper
        assert (a <= d and c <= b) == overlap, result.id


def test_a_page_cannot_be_made_to_run_what_a_ledger_says(tmp_path):
    folder = tmp_path / "mine"
    run("audit", "--new", folder)
    rules = (folder / "rules.yaml").read_text(encoding="utf-8")
    (folder / "rules.yaml").write_text(
        rules.replace("Does the share", "<script>alert(1)</script> Does"), encoding="utf-8"
    )
    figures = (folder / "figures.csv").read_text(encoding="utf-8")
    (folder / "figures.csv").write_text(
        figures.replace("All employees", "<img src=x onerror=alert(1)>"), encoding="utf-8"
    )
    run("audit", folder, "-o", tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<script" not in page and "<img" not in page and "&lt;script&gt;" in page


def test_a_new_ledger_can_be_audited_at_once(tmp_path):
    folder = tmp_path / "mine"
    written = run_json("audit", "--new", tmp_path / "other")["written"]
    assert [Path(path).name for path in written] == ["report.yaml", "figures.csv", "rules.yaml"]
    assert len(run("audit", "--new", folder).stdout.splitlines()) == 3
    assert run_json("audit", folder)["outcomes"] == {"consistent": 1}
    refused("already: name another folder", "audit", "--new", folder)
    refused("no such folder", "audit", tmp_path / "gone")
    (folder / "rules.yaml").write_text("rules: [{id: R01}]\n", encoding="utf-8")
    refused("Rule R01", "audit", folder)


# ---- scenario -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["demand", "C19=100"], lambda t: final_demand_shock(t, {"C19": 100})),
        (["demand", "C19=100", "C17=-5", "--bought", "locally"],
         lambda t: final_demand_shock(t, {"C19": 100, "C17": -5}, bought="locally")),
        (["substitute", "C19=0.1", "--imports", "net-inflow"],
         lambda t: import_substitution(t, {"C19": 0.1}, assumption="net inflow")),
        (["shift", "C19=-0.2", "--users", "C17, FU201"], lambda t: sourcing_shift(t, {"C19": -0.2}, ["C17", "FU201"])),
        (["loss", "C19=0.5"], lambda t: supply_loss(t, {"C19": 0.5})),
    ],
)  # fmt: skip
def test_scenarios(arguments, expected):
    name, *rest = arguments
    told = run_json("scenario", name, SHANGHAI, *rest)
    scenario = expected(load("Shanghai", 2017))
    columns(told["rows"], scenario.effects)
    np.testing.assert_allclose([row["output_highest"] for row in told["rows"]], scenario.range["output"]["highest"])
    for effect, by_assumption in scenario.totals.iterrows():
        for assumption, value in by_assumption.items():
            assert told["totals"][effect][assumption] == pytest.approx(value)
    text = run("scenario", name, SHANGHAI, *rest, "--top", 2).stdout
    assert f"{name}: Shanghai 2017, 100 million CNY" in text and scenario.assumption in text


def test_changes_that_are_none():
    refused("'C19' is no change: write SECTOR=NUMBER", "scenario", "demand", SHANGHAI, "C19")
    refused("'C19=much' is no change", "scenario", "demand", SHANGHAI, "C19=much")
    refused("sector C19 is changed twice", "scenario", "loss", SHANGHAI, "C19=0.1", "C19=0.2")
    refused("no C99", "scenario", "substitute", SHANGHAI, "C99=0.1")
    refused("C19 = 2 is not a finite number from 0 to 1", "scenario", "loss", SHANGHAI, "C19=2")
    refused("needs a competitive table", "scenario", "demand", "China 2020 domestic", "C19=1")
    refused("one of net inflow", "scenario", "demand", "Shanghai 2002", "C19=1")


def test_a_refusal_is_one_exception():
    assert Refused("x").exit_code == REFUSED
