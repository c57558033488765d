"""Small multiples: one figure of several sets of axes alike, each with a title of its own."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from capsprobe.report.canvas import WIDTH, written
from capsprobe.report.svg import Drawing, finish

# Points that are drawn as a picture, of which there are many, have this many dots to the inch.
_DOTS = 150.0
_TOP, _BETWEEN, _FOOT, _SIDE = 22.0, 18.0, 30.0, 6.0


class Multiples:
    """A figure with a title, and axes in rows of `columns`; use `axes`, then `finish`.

    `height` is that of one set of axes, `left` the room before each row.
    """

    def __init__(
        self,
        name: str,
        title: str,
        titles: Sequence[str],
        *,
        columns: int,
        height: float,
        left: float,
    ):
        rows = -(-len(titles) // columns)
        self._name = name
        self._height = _TOP + _FOOT + rows * (height + _BETWEEN)
        self._figure = Figure(figsize=(WIDTH / 72.0, self._height / 72.0), dpi=_DOTS)
        self._figure.patch.set_alpha(0.0)
        self._figure.text(4.0 / WIDTH, 1.0 - 12.0 / self._height, title, fontsize=10.5)
        width = (WIDTH - left) / columns
        self.axes = [
            self._add(
                left + width * (place % columns),
                _TOP + _BETWEEN + (place // columns) * (height + _BETWEEN),
                (width - _SIDE, height),
            )
            for place in range(len(titles))
        ]
        for axes, text in zip(self.axes, titles, strict=True):
            axes.set_title(text, fontsize=8.5, pad=3.0)
            axes.tick_params(labelsize=7.5, pad=1.5)
            axes.grid(visible=False)

    def finish(self, label: str) -> Drawing:
        """Return the figure for the page and as a file; `label` says in words what it shows."""
        return finish(written(self._figure), name=self._name, label=label, height=self._height)

    def _add(self, left: float, top: float, size: tuple[float, float]) -> Axes:
        width, height = size
        return self._figure.add_axes(
            (
                left / WIDTH,
                1.0 - (top + height) / self._height,
                width / WIDTH,
                height / self._height,
            )
        )
