"""Sentences of a profile and the alternative texts of its charts, composed from the results alone."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis import data
from analysis.profile.measure import NOISE, Profile, transit
from analysis.tables import ASSUMPTIONS, Finding, InputOutputTable, load
from analysis.tables.table import FINAL_USES, VALUE_ADDED

CLASSES = {
    "key": "pull and push",
    "pull": "pull only",
    "push": "push only",
    "weak": "neither",
}


def listed(words: Sequence[str]) -> str:
    """Join words as in a sentence: a, b and c. Commas inside a word ask for semicolons between them."""
    words = [str(word) for word in words]
    if len(words) < 2:
        return "".join(words)
    apart = "; " if any("," in word for word in words) else ", "
    return f"{apart.join(words[:-1])} and {words[-1]}"


def plural(count: int, word: str) -> str:
    """Count things: 1 sector, 2 sectors."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def span(low: float, high: float, decimals: int = 0, unit: str = "") -> str:
    """Return a range, or one number where its ends are shown alike."""
    one, two = f"{low:,.{decimals}f}", f"{high:,.{decimals}f}"
    return f"{one}{unit}" if one == two else f"{one} to {two}{unit}"


def overview(p: Profile) -> list[str]:
    """Say how large the region's economy is, what it makes, and how open it is."""
    t, rows = p.table, p.structure
    rate = 100 * t.total_value_added.sum() / t.output.sum()
    first = rows.head(3)
    lines = [
        f"{t.region} made {t.output.sum():,.0f} of output in {t.year} ({t.unit}); {rate:.0f} % of it was value added."
        f" The largest of its {plural(t.n, 'sector')} are {listed(first['sector'])}, together"
        f" {first['output_share'].sum():.0f} % of output."
    ]
    idle = rows.loc[rows["output"] <= 0, "sector"]
    if len(idle):
        lines.append(f"{plural(len(idle), 'sector')} made nothing: {listed(idle)}.")
    lines.append(trade(p))
    passing = rows.loc[transit(t)[rows.index], "sector"]
    if len(passing):
        lines.append(
            f"In {plural(len(passing), 'sector')} more leaves than is made ({_some(passing, 4)}): goods from elsewhere"
            " pass through. They swell what leaves and what comes in, and how much of the inflow they are, the table"
            " does not say."
        )
    below = rows.loc[rows["value_added"] < 0, "sector"]
    if len(below):
        lines.append(f"Value added is negative in {_some(below)}, as published.")
    return lines


def trade(p: Profile) -> str:
    """Say how much leaves and how much comes in."""
    t = p.table
    leaves = 100 * t.exports.sum() / t.output.sum()
    if t.imports == "local":
        comes = t.imported.to_numpy().sum() + t.imported_final.to_numpy().sum()
    else:
        comes = t.inflows.sum()
    enters = 100 * comes / (t.output.sum() + comes)
    if not t.gross_trade:
        return (
            f"The table publishes net trade alone. Sectors with a surplus sent out {leaves:.0f} % of all output, net;"
            f" net inflows made up {enters:.0f} % of supply. What passes both ways is not seen."
        )
    return f"Exports and outflows were {leaves:.0f} % of output; {enters:.0f} % of supply came from outside."


def assumption(p: Profile) -> str:
    """Say on which assumption figures about local flows rest."""
    if p.main == "published":
        return "The table tells local from imported flows itself, so that no import assumption is needed."
    others = [name for name in p.local if name != p.main]
    line = f"What is local is an estimate under the assumption {p.main}: {ASSUMPTIONS[p.main]}."
    if others:
        return f"{line} Ranges run over this and {listed(others)}."
    return f"{line} The table can carry no other, so that there are no ranges over assumptions."


def linkages(p: Profile) -> list[str]:
    """Say who pulls and who pushes, and whether that survives the other assumptions."""
    rows = p.linkages
    key, top, push = rows[rows["class"] == "key"], rows.iloc[0], rows.loc[rows["forward"].idxmax()]
    n = len(p.local)
    lines = [
        f"{_weighed(p, top)} pulls hardest on local suppliers: {top['backward']:.2f} units of output in the region for"
        f" one of final demand{_over(top, 'backward', n)}. {_weighed(p, push)} pushes most: {push['forward']:.2f} units"
        f" of output carry one unit of its own further{_over(push, 'forward', n)}."
    ]
    if len(key):
        always = rows[rows["key_in"] == n]
        lines.append(
            f"{plural(len(key), 'sector')} of {len(rows)} both pull and push more than the average:"
            f" {_some(key['sector'])}."
        )
        if n > 1:
            lines.append(
                f"{plural(len(always), 'sector')} {'is' if len(always) == 1 else 'are'} key under all {n} assumptions"
                + (f": {_some(always['sector'])}." if len(always) else ".")
            )
    else:
        lines.append("No sector both pulls and pushes more than the average.")
    if "technology" in rows:
        strongest = rows.loc[rows["technology"].idxmax()]
        lines.append(
            f"Counting suppliers anywhere, which needs no assumption, {_weighed(p, strongest)} has the longest chain"
            f" behind it: {strongest['technology']:.2f}."
        )
    return lines


def _over(row: pd.Series, side: str, assumptions: int) -> str:
    if assumptions < 2:
        return ""
    return f" ({span(row[f'{side}_lowest'], row[f'{side}_highest'], 2)} over {assumptions} assumptions)"


def _weighed(p: Profile, row: pd.Series) -> str:
    """Name a sector, and how little it weighs where it makes less than a hundredth of all output."""
    share = p.structure["output_share"][row.name]
    if share >= 1:
        return str(row["sector"])
    return f"{row['sector']} ({share:.1f} % of output)" if share >= 0.05 else f"{row['sector']} (under 0.1 % of output)"


def _some(names: pd.Series, most: int = 8) -> str:
    every = list(names)
    if len(every) <= most + 1:
        return listed(every)
    return listed([*every[:most], f"{len(every) - most} more"])


def linkage_alt(p: Profile) -> str:
    """Tell the finding of the linkage map."""
    rows = p.linkages
    counts = rows["class"].value_counts()
    parts = [f"{counts.get(name, 0)} {word}" for name, word in CLASSES.items()]
    top, push = rows.loc[rows["backward_index"].idxmax()], rows.loc[rows["forward_index"].idxmax()]
    return (
        f"Of {len(rows)} sectors {listed(parts)}, against the average. {top['sector']} lies furthest to the right, at"
        f" {top['backward_index']:.2f} times the average pull; {push['sector']} highest, at {push['forward_index']:.2f}"
        " times the average push."
    )


def position(p: Profile) -> list[str]:
    """Say which sectors stand at the head and at the foot of the chain."""
    assert p.position is not None
    rows = settled(p)
    up, down = rows.iloc[0], rows.loc[rows["downstreamness"].idxmax()]
    last, first = rows.iloc[-1], rows.loc[rows["downstreamness"].idxmin()]
    lines = [
        f"{_weighed(p, up)} stands furthest from final use, {up['upstreamness']:.1f} steps; {_weighed(p, last)}"
        f" closest, {last['upstreamness']:.1f}. {_weighed(p, down)} has the longest chain behind it,"
        f" {down['downstreamness']:.1f} steps from primary inputs; {_weighed(p, first)} the shortest,"
        f" {first['downstreamness']:.1f}."
    ]
    passing = p.position[p.position["passing"]]
    if len(passing):
        left = "The table has them too."
        if len(rows) < len(p.position):
            left = "They are in the table, and neither in the chart nor in the sentences above."
        lines.append(
            f"In {plural(len(passing), 'sector')} ({_some(passing['sector'], 4)}) more leaves than is made, and the"
            " correction more than doubles a distance: it is that of goods that pass through, and says little of the"
            f" region. {left}"
        )
    long = rows[(rows["upstreamness"] > 2 * rows["local_upstreamness"]) & ~rows["passing"]]
    if len(long):
        more = " more" if len(passing) else ""
        lines.append(
            f"The correction more than doubles the distance to final use in {plural(len(long), 'sector')}{more}"
            f" ({_some(long['sector'], 4)}): it rests on what is traded being used as what stays."
        )
    if rows.attrs["inventories"] is None:
        lines.append("Changes in inventories were not taken out.")
    return lines


def settled(p: Profile) -> pd.DataFrame:
    """Return the positions of sectors whose goods do not merely pass through; of all, if fewer than two are left."""
    assert p.position is not None
    rows = p.position[~p.position["passing"]]
    return rows if len(rows) > 1 else p.position


def position_alt(p: Profile) -> str:
    """Tell the finding of the chart of positions."""
    rows = settled(p)
    correlation = rows["upstreamness"].corr(rows["downstreamness"], method="spearman")
    together = "stand near to and far from primary inputs alike"
    if abs(correlation) > 0.3:
        together = f"tend to stand {'far from primary inputs too' if correlation > 0 else 'close to primary inputs'}"
    up, down = rows["upstreamness"], rows["downstreamness"]
    return (
        f"Sectors lie between {up.min():.1f} and {up.max():.1f} steps from final use and between {down.min():.1f} and"
        f" {down.max():.1f} from primary inputs. Those far from final use {together} (rank correlation"
        f" {correlation:.2f}). {rows.iloc[0]['sector']} is highest."
    )


def dependence(p: Profile) -> list[str]:
    """Say which of the large sectors depend most on outside inputs, and what exports hold."""
    rows = p.dependence.head(15)
    most, least = rows.loc[rows["outside"].idxmax()], rows.loc[rows["outside"].idxmin()]
    lines = [
        f"Of the {len(rows)} largest sectors {most['sector']} depends most on outside inputs:"
        f" {most['outside']:.0f} % of what its final product is worth comes from outside the region, over all rounds"
        f"{_percent_over(most, len(p.local))}. {least['sector']} depends least: {least['outside']:.0f} %."
    ]
    exports = p.dependence.attrs["exports"]
    if p.main in exports:
        ends = span(min(exports.values()), max(exports.values()), 0, " %")
        lines.append(
            f"All that leaves the region holds {exports[p.main]:.0f} % of outside inputs"
            + (f"; {ends} over the assumptions." if len(exports) > 1 else ".")
        )
    if "abroad" in rows:
        worst = p.dependence.loc[p.dependence["abroad"].idxmax()]
        known = "if all users of a product take the same mix of foreign and domestic inflows."
        if worst["abroad"] < 0.5:
            lines.append(f"Next to nothing of it comes from abroad, {known}")
        else:
            lines.append(
                f"From abroad alone, {_weighed(p, worst)} takes most: {worst['abroad']:.0f} % of what its final product"
                f" is worth, {known}"
            )
    elif p.table.gross_trade:
        lines.append("The table does not tell inflows from abroad from those of other regions.")
    else:
        lines.append("The table publishes net trade alone: what comes from abroad cannot be told from the rest.")
    return lines


def _percent_over(row: pd.Series, assumptions: int) -> str:
    if assumptions < 2:
        return ""
    return f", {span(row['lowest'], row['highest'], 0, ' %')} over {assumptions} assumptions"


def dependence_alt(p: Profile) -> str:
    """Tell the finding of the chart of dependence."""
    rows = p.dependence.head(15)
    ordered = rows.sort_values("outside", ascending=False)
    wide = (rows["highest"] - rows["lowest"]).idxmax()
    text = (
        f"Outside content runs from {ordered['outside'].iloc[-1]:.0f} % in {ordered['sector'].iloc[-1]} to"
        f" {ordered['outside'].iloc[0]:.0f} % in {ordered['sector'].iloc[0]}."
    )
    if len(p.local) > 1:
        row = rows.loc[wide]
        text += (
            f" The choice of assumption matters most for {row['sector']}:"
            f" {span(row['lowest'], row['highest'], 0, ' %')}."
        )
    return text


def ranks(p: Profile) -> list[str]:
    """Say how much a rank is worth."""
    assert p.ranks is not None
    strongest = p.ranks[p.ranks["noise"] == f"{NOISE[-1]:g}"]
    lines = [f"Here this was done {p.ranks.attrs['draws']:,} times for each size of noise."]
    for side, verb in (("pull", "pull"), ("push", "push")):
        rows = strongest[strongest["side"] == side]
        top = rows.iloc[0]
        lines.append(
            f"First by {verb}: {top['sector']}. With flows uncertain by {100 * NOISE[-1]:.0f} % it"
            f" {_places(top['best_rank'], top['worst_rank'])}"
            + (
                f"; over the import assumptions alone it {_places(top['best_assumed'], top['worst_assumed'])}."
                if len(p.local) > 1
                else "."
            )
        )
    sure = strongest[(strongest["side"] == "pull") & (strongest["key"] >= 0.95)]
    lines.append(
        f"{plural(len(sure), 'sector')} {'is' if len(sure) == 1 else 'are'} key in 95 % of the draws or more"
        + (f": {_some(sure['sector'])}." if len(sure) else ".")
    )
    pulls = strongest[strongest["side"] == "pull"]
    noise, assumed = pulls["worst_rank"] - pulls["best_rank"], pulls["worst_assumed"] - pulls["best_assumed"]
    if len(p.local) > 1:
        lines.append(
            f"The median sector moves through {noise.median():.0f} ranks by noise and through {assumed.median():.0f} by"
            " the choice of assumption."
        )
    lines.append(
        f"The size of the noise ({listed([f'{100 * cv:.0f} %' for cv in NOISE])} of a flow) is an assumption, so that"
        " these are sensitivity ranges, not confidence intervals. Sums of rows and columns are kept."
    )
    return lines


def _places(best: int, worst: int) -> str:
    return f"keeps rank {best}" if best == worst else f"stays between ranks {best} and {worst}"


def ranks_alt(p: Profile) -> str:
    """Tell the finding of the chart of ranks."""
    assert p.ranks is not None
    texts = []
    for side, word in (("pull", "pull"), ("push", "push")):
        rows = p.ranks[(p.ranks["side"] == side) & (p.ranks["noise"] == f"{NOISE[-1]:g}")].head(8)
        held = rows[rows["worst_rank"] - rows["best_rank"] <= 1]
        widest = rows.loc[(rows["worst_rank"] - rows["best_rank"]).idxmax()]
        texts.append(
            f"Of the first {len(rows)} by {word}, {len(held)} hold their rank to within one place under the larger"
            f" noise; {widest['sector']} ranges most, from {widest['best_rank']} to {widest['worst_rank']}"
        )
    return ". ".join(texts) + "."


def clusters(p: Profile) -> list[str]:
    """Say which cluster weighs most, and which share their sectors."""
    rows = p.clusters
    assert rows is not None
    largest, heaviest = rows.loc[rows["share"].idxmax()], rows.loc[rows["others' loss"].idxmax()]
    others = heaviest["others' loss"]
    lines = [
        f"The sectors of {largest['cluster'].lower()} are the largest: {largest['share']:.1f} % of output. If those of"
        f" {heaviest['cluster'].lower()} were lost, other sectors would lose most: {others:.1f} % of the"
        f" region's output{_loss_over(heaviest, len(p.local))}."
    ]
    same = rows.groupby("sectors")["cluster"].apply(list)
    shared = [f"{listed([c.lower() for c in names])} ({codes})" for codes, names in same.items() if len(names) > 1]
    parts = "A sector holds more than its cluster, and clusters that stand on one sector cannot be told apart"
    lines.append(parts + (f": {listed(shared)} have the same numbers." if shared else "; the table says which do."))
    idle = rows[rows["idle"] != ""]
    if len(idle):
        named = listed(idle["idle"] + " of " + idle["cluster"].str.lower())
        lines.append(f"Without output here, and left out: {named}.")
    return lines


def _loss_over(row: pd.Series, assumptions: int) -> str:
    if assumptions < 2:
        return ""
    low, high = row["others' loss_lowest"], row["others' loss_highest"]
    return f" ({span(low, high, 1, ' %')} over {assumptions} assumptions)"


def clusters_alt(p: Profile) -> str:
    """Tell the finding of the chart of clusters."""
    assert p.clusters is not None
    rows = p.clusters.dropna(subset=["loss"]).sort_values("loss", ascending=False)
    ends = [f"{row['cluster']} {row['loss']:.1f} %" for _, row in rows.iterrows()]
    return f"Output that would be lost with the sectors of each cluster, own and others': {listed(ends)}."


def comparison(p: Profile) -> list[str]:
    """Say in what the region differs from the reference."""
    rows, alike = p.comparison, p.alike
    assert rows is not None and p.reference is not None
    other = f"{p.reference.region} {p.reference.year}"
    made = rows.dropna(subset=["quotient"])
    # A sector of next to no output has a quotient, and says nothing about the region.
    weighty = made[made[["share", "reference_share"]].max(axis=1) >= 0.5]
    high, low = weighty.head(3), weighty.tail(3).iloc[::-1]
    moved = 100 * alike["krugman"] / 2
    merged = ""
    if len(rows) != p.table.n:
        merged = f" Both tables are compared in the {len(rows)} sectors that they have in common."
    lines = [
        f"Against {other}, {moved:.0f} % of output would have to change sector to make the structures equal (Krugman"
        f" index {alike['krugman']:.2f}). More than there: {_quotients(high)}. Less: {_quotients(low)}.{merged}"
    ]
    if "pull" in rows:
        apart = (rows["pull"] - rows["reference_pull"]).loc[weighty.index].dropna()
        one = rows.loc[apart.abs().idxmax()]
        lines.append(
            f"Linkages rank alike by {alike['pull']:.2f} backward and {alike['push']:.2f} forward (rank correlation);"
            f" {one['sector']} differs most among the weighty sectors: it pulls {one['pull']:.2f} here and"
            f" {one['reference_pull']:.2f} there. Input coefficients with local suppliers differ by"
            f" {100 * alike['coefficients']:.0f} % of those there."
        )
    else:
        lines.append("Linkages are not compared: the two tables tell local from imported flows in different ways.")
    if p.reference.year != p.table.year:
        lines.append(f"The tables are of different years, {p.table.year} and {p.reference.year}; nothing is deflated.")
    return lines


def _quotients(rows: pd.DataFrame) -> str:
    """Name sectors with their quotients, in two decimals where one would show nothing."""
    return listed(
        [
            f"{row['sector']} ({row['quotient']:.{1 if row['quotient'] >= 0.1 else 2}f})"
            if row["share"] > 0
            else f"{row['sector']} (none here)"
            for _, row in rows.iterrows()
        ]
    )


def comparison_alt(p: Profile) -> str:
    """Tell the finding of the chart of quotients."""
    rows = shown_quotients(p)
    over = int((rows["quotient"] > 1).sum())
    return (
        f"{over} of the {len(rows)} sectors shown are larger here than in the reference, relative to all output. The"
        f" quotient runs from {rows['quotient'].min():.2f} ({rows['sector'].iloc[-1]}) to {rows['quotient'].max():.2f}"
        f" ({rows['sector'].iloc[0]})."
    )


def shown_quotients(p: Profile, most: int = 16) -> pd.DataFrame:
    """Return the sectors of the chart of quotients: the weightiest here or there, the highest quotient first."""
    assert p.comparison is not None
    rows = p.comparison.dropna(subset=["quotient"])
    weight = rows[["share", "reference_share"]].max(axis=1)
    return rows.loc[weight.nlargest(most).index].sort_values("quotient", ascending=False, kind="stable")


def finding(found: Finding) -> str:
    """Tell what the check of a table found, with the names of the columns and rows that it gives by code."""
    code, _, rest = found.text.partition(" ")
    name = {**FINAL_USES, **VALUE_ADDED}.get(code)
    return f"{name} ({code}) {rest}" if name else found.text


def sources(table: InputOutputTable) -> list[tuple[str, str]]:
    """Return what is known of a table, as pairs of heading and text."""
    rows = [
        ("Table", f"{table.region} {table.year}, {plural(table.n, 'sector')}"),
        ("Unit", table.unit),
        ("Prices", table.price_basis),
        ("Vintage", table.vintage),
        ("Imports", "told apart in the table" if table.imports == "local" else "inside the published flows"),
    ]
    gap = max(table.row_tolerance, table.column_tolerance)
    rows.append(("Largest gap that its accounts may show", f"{gap:.2g} ({table.unit})"))
    return rows + _recorded(table)


def _recorded(table: InputOutputTable) -> list[tuple[str, str]]:
    """Return what the source record of a table says, if it is one of the project's own."""
    try:
        found = data.record(f"io/{table.region.lower().replace(' ', '_')}_{table.year}")
        own = load(table.region, table.year) == table
    except data.DataError:
        return []
    if not own:
        return []
    return [("Publisher", found.publisher["en"]), ("Reference", found.reference), ("Licence", found.licence)]
