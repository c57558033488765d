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
import torch
from rich.console import Console

from capsprobe.data.base import Source
from capsprobe.data.views import load_images
from capsprobe.faults import DataFault
from capsprobe.models.checkpoints import load_model
from capsprobe.models.inference import frozen, score
from capsprobe.report.reading import read_run
from tests.oracles.elsewhere import art_pgd, foolbox_pgd

OTHERS = {"foolbox": foolbox_pgd, "art": art_pgd}
MARGIN = 0.005
_CHECKPOINT = ["model", "training_seed"]
_COLUMNS = [*_CHECKPOINT, "epsilon", "images", "worst_case", *OTHERS, "lowest"]
_AT_ONCE = 250


def main(arguments):
    """Compare, print and write; return the exit code, 2 where nothing can be compared."""
    parser = _parser()
    given = parser.parse_args(arguments)
    missing = [name for name in OTHERS if importlib.util.find_spec(name) is None]
    if missing:
        parser.error(f"expected {' and '.join(missing)}: pip install --group oracles")
    try:
        worst = worst_case(given.run)
        images = load_images("mnist", source=Source(folder=given.data_dir))
    except DataFault as fault:
        parser.error(str(fault))
    attacked = torch.isin(images.ids, torch.from_numpy(worst["unit_id"].unique()))
    images = images.take(attacked.nonzero().squeeze(1)).limit(given.limit)
    table = pd.DataFrame(
        [
            row
            for (model, seed), ours in worst.groupby(_CHECKPOINT, observed=True)
            for row in _compared(model, int(seed), ours, images)
        ],
        columns=_COLUMNS,
    )
    table.to_csv(given.run / "elsewhere.csv", index=False, lineterminator="\n")
    Console(width=200).print(table.to_string(index=False))
    return int((table["lowest"] < table["worst_case"] - MARGIN).any())


def worst_case(run):
    """Return which images stand at every eps of a run on MNIST, checkpoint by checkpoint."""
    kept, _ = read_run(run)
    found = kept.observations
    found = found[(found["condition"] == "linf/worst") & (found["metric"] == "correct")]
    found = found[(found["severity"] > 0) & (found["dataset"] == "mnist")]
    if found.empty:
        raise DataFault(f"expected the worst case of Linf attacks on mnist in {run}, got none")
    return found[[*_CHECKPOINT, "severity", "unit_id", "value"]]


def _compared(model, seed, ours, images):
    """Yield for each eps what stands in our worst case, and after each of the others."""
    network = load_model(model, dataset="mnist", seed=seed).eval()
    right = score(network, images.images).argmax(dim=1) == images.labels
    ours = ours[ours["unit_id"].isin(images.ids.tolist())]
    for epsilon, standing in ours.groupby("severity"):
        assert len(standing) == len(images), (model, seed, "was attacked on other images")
        lowest = standing["value"].mean()
        if lowest <= MARGIN:
            continue  # Nothing can be lower by more than the margin.
        row = dict(zip(_COLUMNS, (model, seed, epsilon, len(images), lowest), strict=False))
        for name, search in OTHERS.items():
            row[name] = _accuracy(network, images, right, search, epsilon)
        yield row | {"lowest": min(row[name] for name in OTHERS)}


def _accuracy(network, images, right, search, epsilon):
    standing = 0
    for rows in torch.arange(len(images)).split(_AT_ONCE):
        clean, labels = images.images[rows], images.labels[rows]
        with frozen(network):
            found = search(network, clean, labels, epsilon).clamp(0.0, 1.0)
        assert (found - clean).abs().max() <= epsilon + 1e-6
        standing += (right[rows] & (score(network, found).argmax(dim=1) == labels)).sum().item()
    return standing / len(images)


def _parser():
    parser = argparse.ArgumentParser(prog="python -m tests.oracles.beside", description=__doc__)
    parser.add_argument("run", type=Path, help="folder of a run that attacked, with its cells")
    parser.add_argument("--data-dir", type=Path, required=True, help="MNIST's four idx files")
    parser.add_argument("--limit", type=int, help="so many of its images (default all)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
