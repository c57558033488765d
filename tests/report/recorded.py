"""A small run as a study would hand it over, made up from a fixed seed: no model was asked."""

from typing import Any

import numpy as np
import pandas as pd

from capsprobe.tables import COLUMNS, SAMPLE_COLUMNS, STUDY_COLUMNS

SKILLS = {"capsnet": 0.03, "capsnet-uniform": 0.0, "cnn": -0.04, "senet": 0.01}
SEEDS = (0, 1, 2)
ROTATION = tuple(float(degrees) for degrees in range(0, 181, 15))
LINF = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
L2 = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
# Condition: unit, severities, where accuracy has halved, the data sets' endings.
AFFINE = {
    "rotation": ("deg", ROTATION, 70.0, ("", "-placed")),
    "translation": ("px", (0.0, 1.0, 2.0, 3.0, 4.0), 6.0, ("", "-placed")),
    "scale": ("1", tuple(step / 10 for step in range(-4, 5)), 0.5, ("", "-placed")),
    "shear": ("1", tuple(step / 10 for step in range(7)), 0.9, ("", "-placed")),
    "affnist": ("1", (0.0, 1.0), 2.0, ("-placed",)),
}
ATTACKS = ("fgsm", "pgd", "square")
MAPS = ("scores", "margin")

Run = tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]


def run(
    skills: dict[str, float] = SKILLS, seeds: tuple[int, ...] = SEEDS, images: int = 120
) -> Run:
    """Return observations, samples, and the content of run.json."""
    tables = [
        *(
            _curve("affine", condition, severities, halved, skills, seeds, images, f"digits{end}")
            for condition, (_, severities, halved, endings) in AFFINE.items()
            for end in endings
        ),
        *(
            _curve("adversarial", name, severities, halved, skills, seeds, images, "digits")
            for name, severities, halved in _attacked()
        ),
        *(
            _curve(
                "overlap",
                "overlap",
                (0.0, 0.25, 0.5, 0.75, 1.0),
                1.4,
                skills,
                seeds,
                images,
                dataset,
                metric,
            )
            for dataset in ("digits-pairs", "digits-placed")
            for metric in ("exact_match", "almost", "recall")
        ),
        *(
            _curve(
                "overlap", "multimnist", (4.0, 6.0), 12.0, skills, seeds, images, dataset, metric
            )
            for dataset in ("digits-pairs", "digits-placed")
            for metric in ("exact_match", "almost", "recall")
        ),
    ]
    observations = pd.concat(tables, ignore_index=True)
    return observations, samples(observations), record(observations, images)


def record(observations: pd.DataFrame, images: int) -> dict[str, Any]:
    """Return the content of run.json for these observations."""
    checkpoints = observations[["model", "dataset", "training_seed"]].drop_duplicates()
    return {
        "schema": 1,
        "title": "Robustness on digits",
        "command": "capsprobe robustness --dataset digits --output reports/robustness-digits",
        "settings": {"dataset": "digits", "limit": None, "seed": 0, "training_seeds": [0, 1, 2]},
        "data": {
            "name": "digits",
            "split": "test",
            "n_images": images,
            "classes": 10,
            "sha256": "d3117f115a71a2bb5104e8a3900c391b18098704b20d37fd053b80417fc1cdc4",
        },
        "versions": {"capsprobe": "0.1.0", "torch": "2.15.0", "numpy": "2.4.0", "python": "3.11"},
        "device": "cpu, x86_64, 2 threads",
        "probes": {
            "affine": _probe(
                "How much turning, moving, resizing and shearing does it bear?",
                {name: facts[0] for name, facts in AFFINE.items()},
            ),
            "adversarial": _probe(
                "How small a change, chosen to harm, makes it wrong?",
                {name: "1" for name, _, _ in _attacked()},
            ),
            "overlap": _probe(
                "Are two digits still told apart when they lie on one another?",
                {"overlap": "1", "multimnist": "px"},
            ),
        },
        "checkpoints": [_checkpoint(*row) for row in checkpoints.itertuples(index=False)],
        "cells": _cells(observations),
        "set_aside": [],
        "partial": False,
    }


def samples(observations: pd.DataFrame) -> pd.DataFrame:
    """Return two images for each condition and model: an upright bar that becomes a lying one."""
    rng = np.random.default_rng(3)
    keys = observations[["probe", "model", "dataset", "condition"]].drop_duplicates()
    rows = []
    for probe, model, dataset, condition in keys.itertuples(index=False):
        for unit in range(2):
            side = {"digits": 28, "digits-placed": 40, "digits-pairs": 36}[dataset]
            clean = np.zeros((side, side), dtype=np.uint8)
            clean[6:-6, side // 2 - 2 : side // 2 + 2] = 230
            noise = rng.integers(0, 60, clean.shape)
            perturbed = np.clip(clean.T.astype(int) + noise, 0, 255)
            rows.append(
                (
                    probe,
                    model,
                    0,
                    dataset,
                    condition,
                    0.25 + 0.5 * unit,
                    unit,
                    "1",
                    "1",
                    "7",
                    side,
                    side,
                    clean.ravel().tolist(),
                    perturbed.ravel().tolist(),
                )
            )
    return pd.DataFrame(rows, columns=[*STUDY_COLUMNS, *SAMPLE_COLUMNS])


def _attacked() -> list[tuple[str, tuple[float, ...], float]]:
    linf = [(f"linf/{attack}", LINF, 0.2) for attack in ATTACKS]
    maps = [(f"linf/{attack}/{output}", LINF, 0.22) for attack in ATTACKS for output in MAPS]
    l2 = [("l2/pgd", L2, 1.8), *((f"l2/pgd/{output}", L2, 1.9) for output in MAPS)]
    return [*linf, *maps, ("linf/worst", LINF, 0.12), *l2, ("l2/worst", L2, 1.6)]


def _curve(
    probe: str,
    condition: str,
    severities: tuple[float, ...],
    halved: float,
    skills: dict[str, float],
    seeds: tuple[int, ...],
    images: int,
    dataset: str,
    metric: str = "correct",
) -> pd.DataFrame:
    """Return zeros and ones that fall along a logistic curve; a hard image is hard for all."""
    rng = np.random.default_rng(abs(hash_of(f"{condition}{dataset}{metric}")))
    hardness = rng.normal(size=images)
    tables = []
    for model, skill in skills.items():
        for seed in seeds:
            luck = rng.normal(scale=0.02)
            for severity in severities:
                level = 3.4 - 4.0 * (abs(severity) / halved) * (1.0 - skill - luck)
                noise = rng.normal(scale=0.6, size=images)
                right = (level - 1.1 * hardness + noise) > 0.0
                tables.append(
                    pd.DataFrame(
                        {
                            "probe": probe,
                            "model": model,
                            "training_seed": seed,
                            "dataset": dataset,
                            "condition": condition,
                            "severity": severity,
                            "unit": "image",
                            "unit_id": np.arange(images),
                            "metric": metric,
                            "value": right.astype(float),
                        }
                    )
                )
    return pd.concat(tables, ignore_index=True)[list(COLUMNS)]


def hash_of(text: str) -> int:
    """Return a whole number that is the same in every process."""
    return sum((place + 1) * ord(letter) for place, letter in enumerate(text))


def _probe(question: str, units: dict[str, str]) -> dict[str, Any]:
    return {
        "question": question,
        "metrics": [],
        "conditions": [{"name": name, "unit": unit} for name, unit in units.items()],
        "settings": {"steps": 40, "restarts": 1, "cut": 0.001},
    }


def _checkpoint(model: str, dataset: str, seed: int) -> dict[str, Any]:
    return {
        "model": model,
        "dataset": dataset,
        "seed": int(seed),
        "parameters": 92_684,
        "epochs": 100,
        "validation_accuracy": 0.99,
        "test_accuracy": 0.985 + 0.002 * int(seed) + (0.004 if model == "capsnet" else 0.0),
        "n_test": 360,
        "wall_s": 45.2,
        "device": "cpu, 1 threads",
        "weights_sha256": f"{hash_of(model + dataset):064x}",
    }


def _cells(observations: pd.DataFrame) -> list[dict[str, Any]]:
    parts = observations.assign(part=observations["condition"].str.partition("/")[0])
    keys = parts[["probe", "part", "model", "training_seed", "dataset"]].drop_duplicates()
    return [
        {
            "key": f"k{place}",
            "probe": probe,
            "part": part,
            "model": model,
            "training_seed": int(seed),
            "dataset": dataset,
            "state": "done",
            "seconds": 1.25,
            "cause": "",
            "row_hash": "ab",
            "left_out": {"overlap farther from the target than allowed": 7}
            if part == "overlap"
            else {},
        }
        for place, (probe, part, model, seed, dataset) in enumerate(keys.itertuples(index=False))
    ]
