"""An image's coefficients, children by parents, a heatmap a round."""

from collections.abc import Mapping

import numpy as np

from capsprobe.report import wording
from capsprobe.report.canvas import settings
from capsprobe.report.exhibits import Heatmaps
from capsprobe.report.multiples import Multiples
from capsprobe.report.names import shortened
from capsprobe.report.styles import PALETTE, Style
from capsprobe.report.svg import Drawing

_HEIGHT, _LEFT = 170.0, 22.0


def draw_heatmaps(figure: Heatmaps, looks: Mapping[str, Style]) -> Drawing:
    """Return the heatmaps, all on one scale from 0 to the largest coefficient."""
    # Slow to import, and most reports have no such figure.
    import seaborn

    of = figure.portrait
    colours = seaborn.light_palette(PALETTE[looks[of.model].colour][0], as_cmap=True)
    largest = max(float(np.max(frame.coefficients)) for frame in of.frames)
    with settings(figure.name):
        multiples = Multiples(
            figure.name,
            f"{shortened(of.model)}, a {of.label}: coefficients up to {largest:.2f}",
            [wording.severity(frame.severity, "rounds", "") for frame in of.frames],
            columns=len(of.frames),
            height=_HEIGHT,
            left=_LEFT,
        )
        for axes, frame in zip(multiples.axes, of.frames, strict=True):
            seaborn.heatmap(
                np.array(frame.coefficients),
                vmin=0.0,
                vmax=largest,
                cmap=colours,
                cbar=False,
                rasterized=True,
                xticklabels=3,
                yticklabels=False,
                ax=axes,
            )
            axes.tick_params(axis="x", labelrotation=0)
            axes.set_xlabel("parent", fontsize=8.5, labelpad=1.0)
        multiples.axes[0].set_ylabel("child", fontsize=8.5)
        return multiples.finish(_label(figure))


def _label(figure: Heatmaps) -> str:
    of = figure.portrait
    said = "; ".join(
        f"{wording.severity(frame.severity, 'rounds', '')} "
        f"{np.max(frame.coefficients):.2f} at most, on average "
        f"{np.mean(np.array(frame.coefficients)[:, of.winner]):.2f} to parent {of.winner}"
        for frame in of.frames
    )
    return f"Coefficients of {shortened(of.model)} for image {of.unit_id}, a {of.label}: {said}."
