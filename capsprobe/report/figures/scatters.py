"""Points of models in a plane of two quantities."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import StrMethodFormatter

from capsprobe.report.canvas import Canvas, line_of, settings
from capsprobe.report.exhibits import Scatter, Spot
from capsprobe.report.names import shortened
from capsprobe.report.styles import PALETTE, Style
from capsprobe.report.svg import INK, Drawing

_HEIGHT, _LEFT = 236.0, 54.0
# With more points than these of one model they are a cloud, small and faint.
_FEW = 8


def draw_scatter(figure: Scatter, looks: Mapping[str, Style]) -> Drawing:
    """Return the plane; a few points have their intervals, a cloud has none."""
    shown = {spot.model: looks[spot.model] for spot in figure.spots}
    cloud = len(figure.spots) > _FEW * len(shown)
    with settings(figure.name):
        canvas = Canvas(figure.name, left=_LEFT, height=_HEIGHT, legend={} if cloud else shown)
        axes = canvas.axes
        if figure.diagonal:
            axes.axline((0.0, 0.0), slope=1.0, color=INK, linewidth=0.8, linestyle=(0, (1.0, 2.0)))
        for spot in figure.spots:
            _put(axes, spot, shown[spot.model], cloud=cloud)
        if figure.scale == "log":
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axes.minorticks_off()
        axes.set_xlabel(figure.across)
        axes.set_ylabel(figure.up)
        canvas.title(figure.heading)
        return canvas.finish(_label(figure, cloud=cloud))


def _put(axes: Axes, spot: Spot, style: Style, *, cloud: bool) -> None:
    look = {**line_of(style), "linestyle": "none"}
    if cloud:
        axes.plot(
            [spot.across.estimate], [spot.up.estimate], **{**look, "markersize": 2.4, "alpha": 0.6}
        )
        return
    colour = PALETTE[style.colour][0]
    across, up = spot.across, spot.up
    axes.plot([across.lower, across.upper], [up.estimate] * 2, color=colour, linewidth=1.2)
    axes.plot([across.estimate] * 2, [up.lower, up.upper], color=colour, linewidth=1.2)
    axes.plot([across.estimate], [up.estimate], **{**look, "markersize": 6.5})


def _label(figure: Scatter, *, cloud: bool) -> str:
    about = f"{figure.heading}: {figure.up} against {figure.across}"
    if cloud:
        return f"{about}, {len(figure.spots)} points."
    spots = "; ".join(
        f"{shortened(each.model)} {each.up.estimate:.3g} at {each.across.estimate:.3g}"
        for each in figure.spots
    )
    return f"{about}. {spots}."
