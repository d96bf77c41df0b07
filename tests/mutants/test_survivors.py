"""Changes of one operator that no test notices are listed, each with a judgement, as long as they are possible."""

import csv
from pathlib import Path

from tests.mutants.code import PLACE, every_mutant


def test_every_survivor_is_a_mutant_of_the_code_and_is_judged():
    with (Path(__file__).parent / "survivors.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    possible = {mutant.place for mutant in every_mutant()}
    gone = [row for row in rows if tuple(row[name] for name in PLACE) not in possible]
    assert gone == [], "the code has changed: take these out"
    assert [row for row in rows if not row["judgement"].strip()] == []
