"""`python -m tests.oracles.beside RUN --data-dir FOLDER`: other libraries' PGD beside a run.

Whether foolbox's or ART's own PGD leaves less standing than the worst case of a run that
attacked, on the same images of MNIST with the same eps, checkpoint by checkpoint. The table is
printed and written as `elsewhere.csv` into RUN; the exit code is 1 where one of them leaves more
than half a point less. Where the worst case is half a point or less none can, so none is tried.
"""

import argparse
import importlib.util
import sys
from pathlib import Path

import pandas as pd
from rich.console import Console

from capsprobe.data.base import Source
from capsprobe.data.views import load_images
from capsprobe.models.checkpoints import load_model
from capsprobe.models.inference import frozen, score
from capsprobe.report.reading import read_run
from tests.oracles.elsewhere import art_pgd, foolbox_pgd

OTHERS = {"foolbox": foolbox_pgd, "art": art_pgd}
MARGIN = 0.005
_CHECKPOINT = ["model", "training_seed"]


def main(arguments):
    """Compare, print and write; return the exit code."""
    given = _parser().parse_args(arguments)
    images = load_images("mnist", source=Source(folder=given.data_dir)).limit(given.limit)
    worst = worst_case(given.run, images.ids.tolist())
    rows = [
        row
        for (model, seed), ours in worst.groupby(_CHECKPOINT, observed=True)
        for row in _compared(model, int(seed), ours, images)
    ]
    table = pd.DataFrame(rows)
    table.to_csv(given.run / "elsewhere.csv", index=False, lineterminator="\n")
    Console(width=200).print(table.to_string(index=False))
    return int((table["lowest"] < table["worst_case"] - MARGIN).any())


def worst_case(run, units):
    """Return which of these images stand at every eps of the run, checkpoint by checkpoint."""
    kept, _ = read_run(run)
    found = kept.observations
    found = found[(found["condition"] == "linf/worst") & (found["metric"] == "correct")]
    found = found[(found["severity"] > 0) & found["unit_id"].isin(units)]
    if found.empty:
        raise SystemExit(f"expected the worst case of Linf attacks in {run}, got none")
    return found[[*_CHECKPOINT, "severity", "unit_id", "value"]]


def _compared(model, seed, ours, images):
    """Yield for each eps what stands in our worst case, and after each of the others."""
    network = load_model(model, dataset="mnist", seed=seed).eval()
    right = score(network, images.images).argmax(dim=1) == images.labels
    for epsilon, standing in ours.groupby("severity"):
        if standing["value"].mean() <= MARGIN:
            continue  # Nothing can be lower by more than the margin.
        if len(standing) != len(images):
            raise SystemExit(f"expected {len(images)} images of {model} in the run, got others")
        row = {"model": model, "training_seed": seed, "epsilon": epsilon, "images": len(images)}
        row["worst_case"] = standing["value"].mean()
        for name, search in OTHERS.items():
            if importlib.util.find_spec(name) is None:
                raise SystemExit(f"expected {name}, got none: pip install --group oracles")
            row[name] = _accuracy(network, images, right, search, epsilon)
        yield row | {"lowest": min(row[name] for name in OTHERS)}


def _accuracy(network, images, right, search, epsilon):
    with frozen(network):
        found = search(network, images.images, images.labels, epsilon).clamp(0.0, 1.0)
    assert (found - images.images).abs().max() <= epsilon + 1e-6
    standing = right & (score(network, found).argmax(dim=1) == images.labels)
    return standing.double().mean().item()


def _parser():
    parser = argparse.ArgumentParser(prog="python -m tests.oracles.beside", description=__doc__)
    parser.add_argument("run", type=Path, help="folder of a run that attacked, with its cells")
    parser.add_argument("--data-dir", type=Path, required=True, help="MNIST's four idx files")
    parser.add_argument("--limit", type=int, default=1000, help="so many images (default 1000)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
