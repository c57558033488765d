"""An image's votes in a plane, and where the parents stand among them round by round."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from capsprobe.report import wording
from capsprobe.report.canvas import settings
from capsprobe.report.exhibits import Frame, Planes, Portrait
from capsprobe.report.multiples import Multiples
from capsprobe.report.names import shortened
from capsprobe.report.styles import PALETTE, Style
from capsprobe.report.svg import INK, Drawing

_HEIGHT, _LEFT, _COLUMNS = 96.0, 4.0, 3
_OTHERS = "#8b949e"
# Areas of dots, in square points, for coefficients of 0 and 1.
_LEAST, _MOST = 2.0, 60.0


def draw_planes(figure: Planes, looks: Mapping[str, Style]) -> Drawing:
    """Return the plane of the votes once a round; its axes are the same in all."""
    of = figure.portrait
    colour = PALETTE[looks[of.model].colour][0]
    with settings(figure.name):
        multiples = Multiples(
            figure.name,
            f"{shortened(of.model)}, a {of.label}: votes, {100.0 * of.explained:.0f} % of spread",
            [wording.severity(frame.severity, "rounds", "") for frame in of.frames],
            columns=_COLUMNS,
            height=_HEIGHT,
            left=_LEFT,
        )
        for axes, frame in zip(multiples.axes, of.frames, strict=True):
            _votes(axes, of, frame, colour)
            _centres(axes, of, frame)
            axes.set(xticks=[], yticks=[], xlabel="", ylabel="")
        return multiples.finish(_label(figure))


def _votes(axes: Axes, of: Portrait, frame: Frame, colour: str) -> None:
    """Draw all votes as dots, so many that they are a picture within the figure."""
    others = np.array([votes for j, votes in enumerate(of.votes) if j != of.winner])
    x, y = others.reshape(-1, 2).T
    axes.scatter(x, y, s=2.0, color=_OTHERS, alpha=0.35, linewidth=0.0, rasterized=True)
    x, y = np.array(of.votes[of.winner]).T
    sizes = _LEAST + (_MOST - _LEAST) * np.array(frame.coefficients)[:, of.winner]
    axes.scatter(x, y, s=sizes, color=colour, alpha=0.8, linewidth=0.0, rasterized=True)


def _centres(axes: Axes, of: Portrait, frame: Frame) -> None:
    others = np.array([each for j, each in enumerate(frame.centres) if j != of.winner])
    x, y = others.reshape(-1, 2).T
    axes.plot(x, y, "o", color=INK, markerfacecolor="none", markersize=3.0, markeredgewidth=0.5)
    across, up = of.centroids[of.winner]
    axes.plot([across], [up], "x", color=INK, markersize=5.0, markeredgewidth=1.0)
    across, up = frame.centres[of.winner]
    axes.annotate(
        str(of.winner), (across, up), ha="center", va="center", fontsize=9.0, weight="bold"
    )


def _label(figure: Planes) -> str:
    of = figure.portrait
    apart = "; ".join(
        f"{wording.severity(frame.severity, 'rounds', '')} {_distance(of, frame):.2f}"
        for frame in of.frames
    )
    return (
        f"Votes of {shortened(of.model)} for image {of.unit_id}, a {of.label}, in a plane with "
        f"{100.0 * of.explained:.0f} % of their spread; mean distance in it of a parent's centre "
        f"from the centroid of k-means: {apart}."
    )


def _distance(of: Portrait, frame: Frame) -> float:
    apart = np.array(frame.centres) - np.array(of.centroids)
    return float(np.hypot(*apart.T).mean())
