"""What must be known before a number is believed: each check yields a caution or nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from capsprobe.report.clean import unequal
from capsprobe.report.names import in_order
from capsprobe.report.summary import Caution, CleanRow
from capsprobe.stats.skill import LEAST_CLEAN, chance
from capsprobe.stats.summary import Summary as Tables

# Differences in accuracy that sampling or an attack's own chance may bring about.
SLACK = 0.01
_ATTACKS, _EVIDENCE = "adversarial", "strength"
_FRACTIONS = ("correct", "exact_match")
Facts = dict[str, float]


def cautions(
    tables: Mapping[str, Tables],
    run: Mapping[str, Any],
    clean: Sequence[CleanRow],
    pairs: Sequence[tuple[str, str]],
) -> tuple[Caution, ...]:
    """Return all cautions of a run, those about missing parts first.

    `clean` are the models on the datasets that were measured.
    """
    found = [*_cells(run), *_one_seed(clean), *about_data(run)]
    classes = int(run.get("data", {}).get("classes", 10))
    for probe, held in tables.items():
        found += at_chance(probe, held.estimates, classes)
        found += masked(held.estimates)
    found += [
        Caution(
            kind="unequal",
            facts={"dataset": a.dataset, "a": a.model, "b": b.model, "by": a.accuracy - b.accuracy},
        )
        for a, b in unequal(clean, pairs)
    ]
    found += unasked(run)
    found += forgone(run)
    found += left_out(run)
    found += warned_of(run)
    found += noted(run)
    found += [Caution(kind="set_aside", facts={"text": str(t)}) for t in run.get("set_aside", ())]
    return tuple(found)


def at_chance(probe: str, estimates: pd.DataFrame, classes: int) -> Iterator[Caution]:
    """Yield models whose clean score is near what guessing would give: nothing can be lost."""
    clean = estimates[(estimates["severity"] == 0.0) & estimates["metric"].isin(_FRACTIONS)]
    worst = clean.sort_values("estimate").drop_duplicates(["model", "dataset", "metric"])
    for row in worst.sort_values(["dataset", "model"]).to_dict("records"):
        level = chance(row["metric"], classes)
        if level is not None and row["estimate"] < level + LEAST_CLEAN:
            named = {name: row[name] for name in ("model", "dataset", "condition", "estimate")}
            yield Caution(kind="chance", facts={"probe": probe, "chance": level, **named})


def masked(estimates: pd.DataFrame) -> Iterator[Caution]:
    """Yield signs that gradients are hidden, so that robust accuracy may be overstated.

    Robust accuracy under the worst case stays above zero at the largest epsilon; one step does
    more than many; an attack without gradients does more than one with. That it rises with
    epsilon is no sign to look for: an image broken once counts as broken ever after.
    One caution for each sign, dataset and threat; `found` has a model, a severity and by how much.
    """
    attacks = estimates["condition"].str.replace(r"^[^/]*/", "", regex=True)
    attacked = estimates[attacks.isin(_LOOKED_AT) & (estimates["metric"] == "correct")]
    threats = attacked["condition"].str.replace(r"/.*", "", regex=True)
    for (dataset, threat), rows in attacked.assign(threat=threats).groupby(["dataset", "threat"]):
        curves = {
            model: _curves(rows[rows["model"] == model])
            for model in in_order(map(str, rows["model"].unique()))
        }
        for kind, sign in _SIGNS.items():
            found = [
                {"model": model, **facts}
                for model, held in curves.items()
                for facts in sign(str(threat), held)
            ]
            if found:
                named = {"dataset": str(dataset), "threat": str(threat), "found": found}
                yield Caution(kind=kind, facts=named)


def unasked(run: Mapping[str, Any]) -> Iterator[Caution]:
    """Yield attacks that nothing in the run shows to have been strong enough, or too weak."""
    probes = run.get("probes", {})
    if _ATTACKS in probes and _EVIDENCE not in probes:
        yield Caution(kind="unasked", facts={"probe": _ATTACKS})


def forgone(run: Mapping[str, Any]) -> Iterator[Caution]:
    """Yield what the budget of a probe left out of the largest."""
    for probe, facts in run.get("probes", {}).items():
        if missing := [str(each) for each in facts.get("forgone", ())]:
            budget = str(facts.get("settings", {}).get("budget", ""))
            named = {"probe": str(probe), "budget": budget, "missing": missing}
            yield Caution(kind="forgone", facts=named)


def left_out(run: Mapping[str, Any]) -> Iterator[Caution]:
    """Yield what could not be measured, over the checkpoints of a part, by reason.

    Parts of which the same models lost the same are named together; `models` are those, none where
    it is all that were measured in the part. A checkpoint of theirs that lost nothing counts too.
    """
    measured: dict[tuple[str, str], list[tuple[str, dict[str, int]]]] = {}
    for cell in run.get("cells", ()):
        if cell.get("state", "done") in ("done", "cached"):
            place = str(cell["probe"]), str(cell.get("part", ""))
            lost = {str(why): int(count) for why, count in (cell.get("left_out") or {}).items()}
            measured.setdefault(place, []).append((str(cell.get("model", "")), lost))
    alike: dict[tuple[str, str, tuple[str, ...], int, int], list[str]] = {}
    for (probe, part), cells in sorted(measured.items()):
        for reason in sorted({why for _, lost in cells for why in lost}):
            losing = {model for model, lost in cells if reason in lost}
            counts = [lost.get(reason, 0) for model, lost in cells if model in losing]
            named = () if losing == {model for model, _ in cells} else tuple(in_order(losing))
            key = probe, reason, named, min(counts), max(counts)
            alike.setdefault(key, []).append(part)
    for (probe, reason, models, fewest, most), parts in alike.items():
        facts = {"probe": probe, "parts": parts, "reason": reason, "models": models}
        yield Caution(kind="left_out", facts={**facts, "fewest": fewest, "most": most})


def about_data(run: Mapping[str, Any]) -> Iterator[Caution]:
    """Yield what was done to a user's own images, all of it in one caution."""
    data = run.get("data", {})
    if notes := [str(note) for note in data.get("notes", ())]:
        yield Caution(kind="data", facts={"name": str(data.get("name", "")), "notes": notes})


def warned_of(run: Mapping[str, Any]) -> Iterator[Caution]:
    """Yield what the contract warns of in networks of the user's own, each model's once."""
    held: dict[str, dict[str, None]] = {}
    for entry in run.get("checkpoints", ()):
        texts = entry.get("warnings")
        if isinstance(texts, list | tuple):
            told = dict.fromkeys(map(str, texts))
            held.setdefault(str(entry.get("run_as", "")), {}).update(told)
    for model, warnings in held.items():
        if warnings:
            yield Caution(kind="contract", facts={"model": model, "warnings": list(warnings)})


def noted(run: Mapping[str, Any]) -> Iterator[Caution]:
    """Yield what had to be done to finish cells, each once, with how many they are."""
    notes = [str(cell["note"]) for cell in run.get("cells", ()) if cell.get("note")]
    for note in dict.fromkeys(notes):
        yield Caution(kind="noted", facts={"note": note, "count": notes.count(note)})


def _cells(run: Mapping[str, Any]) -> Iterator[Caution]:
    cells = run.get("cells", ())
    for state in ("failed", "missing"):
        those = [cell for cell in cells if cell.get("state") == state]
        if those:
            causes = sorted({str(cell["cause"]) for cell in those if cell.get("cause")})
            facts = {"count": len(those), "of": len(cells), "causes": causes[:3]}
            yield Caution(kind=state, facts=facts)


def _one_seed(clean: Sequence[CleanRow]) -> Iterator[Caution]:
    """Yield the datasets on which every model has one training seed."""
    several = {row.dataset for row in clean if len(row.seeds) > 1}
    single = [name for name in dict.fromkeys(row.dataset for row in clean) if name not in several]
    if single:
        yield Caution(kind="one_seed", facts={"datasets": single})


def _curves(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Return one model's robust accuracy by epsilon, for each condition."""
    return {
        str(name): curve.set_index("severity")["estimate"].sort_index()
        for name, curve in rows.groupby("condition", observed=True)
    }


def _not_to_zero(threat: str, curves: dict[str, pd.Series]) -> Iterator[Facts]:
    curve = curves.get(f"{threat}/worst", _EMPTY)
    if len(curve) > 1 and curve.iloc[-1] > SLACK:
        yield {"severity": float(curve.index[-1]), "by": float(curve.iloc[-1])}


def _single_step(threat: str, curves: dict[str, pd.Series]) -> Iterator[Facts]:
    yield from _stronger(threat, curves, weak="fgsm", strong="pgd")


def _black_box(threat: str, curves: dict[str, pd.Series]) -> Iterator[Facts]:
    # It works on what all attacks with gradients left, of which PGD is only one.
    strong = "gradients" if f"{threat}/gradients" in curves else "pgd"
    yield from _stronger(threat, curves, weak="square", strong=strong)


def _stronger(
    threat: str, curves: dict[str, pd.Series], *, weak: str, strong: str
) -> Iterator[Facts]:
    """Yield where the attack that should be weaker left clearly less than the stronger one."""
    less, more = (curves.get(f"{threat}/{name}", _EMPTY) for name in (weak, strong))
    yield from _largest(more - less)


def _largest(gaps: pd.Series) -> Iterator[Facts]:
    """Yield the largest of the gaps, where it is more than chance may bring about."""
    gaps = gaps.dropna()
    if len(gaps) and gaps.max() > SLACK:
        place = int(gaps.to_numpy().argmax())
        yield {"severity": float(gaps.index[place]), "by": float(gaps.iloc[place])}


_EMPTY = pd.Series(dtype="float64", index=pd.Index([], dtype="float64"))
_LOOKED_AT = ("worst", "fgsm", "pgd", "square", "gradients")
_SIGNS: dict[str, Callable[[str, dict[str, pd.Series]], Iterator[Facts]]] = {
    "not_to_zero": _not_to_zero,
    "single_step": _single_step,
    "black_box": _black_box,
}
