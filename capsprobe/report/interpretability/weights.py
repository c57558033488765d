"""The mean weight of each child in each class, as matrices."""

import numpy as np

from capsprobe.report.exhibits import Matrix
from capsprobe.report.meanings import CONDITIONS
from capsprobe.report.names import shortened
from capsprobe.report.routing.evidence import Evidence

# More columns cannot be read.
_MOST = 16


def by_class(evidence: Evidence) -> tuple[Matrix, ...]:
    """Return a figure for each network and layer: classes in rows, the first children in columns.

    Of the children, those whose means differ most between classes.
    """
    held = evidence.traces[evidence.traces["name"] == "by-class"]
    found = []
    for model in evidence.models:
        own = held[held["model"] == model]
        for _, row in own[own["training_seed"] == own["training_seed"].min()].iterrows():
            means = np.array(row["values"]).reshape(int(row["rows"]), int(row["columns"]))
            most = np.sort(np.argsort(-means.std(axis=0), kind="stable")[:_MOST])
            found.append(
                Matrix(
                    name=evidence.named(str(row["condition"]), model, "by-class"),
                    heading=f"{shortened(model, 20)}: {CONDITIONS[str(row['condition'])].lower()}",
                    metric="class_share",
                    model="",
                    severity=0.0,
                    rows=tuple(f"class {label}" for label in range(len(means))),
                    columns=tuple(f"child {child}" for child in most),
                    values=tuple(tuple(map(float, line)) for line in means[:, most]),
                    n_seeds=(1, 1),
                    n_units=(len(most), len(most)),
                )
            )
    return tuple(found)
