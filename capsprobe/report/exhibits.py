"""Figures and tables that answer one question together, where curves do not say it all."""

from dataclasses import dataclass
from typing import Literal

from capsprobe.report.panels import Cell, Grid, Panel, Series


@dataclass(frozen=True, kw_only=True)
class Course:
    """One small figure of one model: its own curve, and others by name beside it."""

    name: str
    metric: str
    own: Series
    beside: tuple[tuple[str, Series], ...]
    n_seeds: tuple[int, int]
    n_units: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How one model's values of a metric are spread over images; quantiles at even steps."""

    model: str
    values: tuple[float, ...]
    shuffled: tuple[float, ...]
    nulls: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, kw_only=True)
class Violins:
    """One figure: the spreads of all models beside those of the shuffled null.

    The other nulls are given by their median and the middle 90 % of images.
    """

    name: str
    condition: str
    metric: str
    severity: float
    spreads: tuple[Spread, ...]
    n_seeds: tuple[int, int]
    n_units: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """One figure: numbers in rows and columns; None where there is none.

    `model` is "" where the rows are models; with a `condition`, columns are the classes under it.
    A `heading` stands above it in place of what these say.
    """

    name: str
    metric: str
    model: str
    severity: float
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    n_seeds: tuple[int, int]
    n_units: tuple[int, int]
    condition: str = ""
    heading: str = ""


@dataclass(frozen=True, kw_only=True)
class Dot:
    """One model's estimate in one row; `null` is the same with children shuffled."""

    model: str
    cell: Cell
    null: Cell | None


@dataclass(frozen=True, kw_only=True)
class Dots:
    """One figure: a row a metric, in it a point a model, zero to one or minus one to one.

    With a `heading`, that and the `axis` stand there in place of what condition and kind are
    called, and rows have their labels as they are.
    """

    name: str
    condition: str
    kind: str
    lowest: float
    rows: tuple[tuple[str, tuple[Dot, ...]], ...]
    n_seeds: tuple[int, int]
    n_units: tuple[int, int]
    heading: str = ""
    axis: str = ""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What a routing had done with one image after so many iterations.

    `coefficients` are children by parents; `centres`, one a parent, lie in the plane of the votes.
    """

    severity: float
    coefficients: tuple[tuple[float, ...], ...]
    centres: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Portrait:
    """One image through one model's routing: its frames, and where its votes lie in a plane.

    `votes` has for each parent the points of the children's votes for it, `centroids` where
    k-means ends; `explained` is what part of the votes' spread lies in the plane. The `winner` is
    the longest parent. Children stand in the order of the parent that they give most to.
    """

    model: str
    training_seed: int
    unit_id: int
    label: str
    winner: int
    frames: tuple[Frame, ...]
    votes: tuple[tuple[tuple[float, ...], ...], ...]
    centroids: tuple[tuple[float, ...], ...]
    explained: float


@dataclass(frozen=True, kw_only=True)
class Heatmaps:
    """One figure: the coefficients of a portrait, iteration by iteration."""

    name: str
    portrait: Portrait


@dataclass(frozen=True, kw_only=True)
class Planes:
    """One figure: the votes and centres of a portrait, iteration by iteration."""

    name: str
    portrait: Portrait


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """One figure: a row a condition, in it a point a model, a fraction."""

    name: str
    metric: str
    rows: tuple[tuple[str, tuple[Dot, ...]], ...]
    n_seeds: tuple[int, int]
    n_units: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Stair:
    """One row of a figure: a condition, a point a model, and how many images they rest on."""

    condition: str
    dots: tuple[Dot, ...]
    n_units: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Stairs:
    """One figure: accuracy under conditions that are ever harder."""

    name: str
    metric: str
    rows: tuple[Stair, ...]
    n_seeds: tuple[int, int]
    n_units: tuple[int, int]


# Grey levels, row by row.
Pixels = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Strips:
    """One figure: an image under each condition, a row, at each severity; None where it was not.

    `published` has for each row the severity that a published test shows, None where it is not
    among them.
    """

    name: str
    unit_id: int
    label: str
    rows: tuple[str, ...]
    severities: tuple[float, ...]
    pictures: tuple[tuple[Pixels | None, ...], ...]
    published: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One figure: pictures in labelled rows and columns, and below them lines of short texts.

    A line has a label and a text for each column.
    """

    name: str
    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Pixels | None, ...]], ...]
    lines: tuple[tuple[str, tuple[str, ...]], ...]
    unit_id: int
    label: str
    across: str = ""


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A point of a model in a plane; without ends on an axis where they are the estimate."""

    model: str
    across: Cell
    up: Cell


@dataclass(frozen=True, kw_only=True)
class Scatter:
    """One figure: points in a plane of two quantities, with the diagonal where both are one."""

    name: str
    heading: str
    across: str
    up: str
    spots: tuple[Spot, ...]
    diagonal: bool
    n_seeds: tuple[int, int]
    n_units: tuple[int, int]
    scale: Literal["linear", "log"] = "linear"


@dataclass(frozen=True, kw_only=True)
class Lamp:
    """One light of one model: the worst state of its training seeds, and what it says of each.

    `seeds` are those in that state.
    """

    model: str
    state: str
    seeds: tuple[int, ...]
    n_seeds: int
    sentences: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Board:
    """One table: a row a light, a column a model, under one threat model."""

    threat: str
    models: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Lamp, ...]], ...]


Figure = (
    Panel
    | Course
    | Violins
    | Matrix
    | Dots
    | Heatmaps
    | Planes
    | Ladder
    | Stairs
    | Strips
    | Sheet
    | Scatter
)


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """One question with what answers it; `key` chooses its words.

    What is `folded` is shown on demand.
    """

    key: str
    figures: tuple[Figure, ...] = ()
    folded: tuple[Figure, ...] = ()
    grid: Grid | None = None
    boards: tuple[Board, ...] = ()
