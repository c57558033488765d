"""The words for kinds of corruption: their names, and what each exhibit of them says."""

from capsprobe.report.text import Text

CONDITIONS = {
    "noise/shot": "Shot noise",
    "noise/impulse": "Impulse noise",
    "blur/glass": "Glass blur",
    "blur/motion": "Motion blur",
    "geometry/shear": "Shear",
    "geometry/scale": "Scale",
    "geometry/rotate": "Rotation",
    "geometry/translate": "Translation",
    "light/brightness": "Brightness",
    "light/fog": "Fog",
    "light/stripe": "Stripes",
    "clutter/spatter": "Spatter",
    "clutter/dotted-line": "Dotted line",
    "clutter/zigzag": "Zigzag",
    "edges/canny": "Canny edges",
    "mean": "Mean over kinds",
}
EXHIBITS = {
    "kinds": Text(
        heading="Which kinds hurt which model?",
        reading=(
            "One image under every kind, severity growing to the right; a frame marks the severity "
            "that MNIST-C shows. Beside it, a point is a model's error (%), a mean over the "
            "severities other than zero, its line the 95 % interval: farther to the left bears "
            "more."
        ),
        meaning=(
            "Where MNIST-C defines five severities these are its own. Stripes, lines and edges "
            "have one there; here they have four more, each a factor of the square root of two "
            "from the next."
        ),
        folded="Accuracy against severity, kind by kind",
    ),
    "beside": Text(
        heading="Beside the baseline",
        reading=(
            "A model's error relative to that of cnn under the same kind: below 100 % it errs less "
            "than cnn does. The mean of a column is its mCE, which stands at a glance."
        ),
        meaning=(
            "A kind under which cnn errs on fewer than 2 % has no number and no part in the mean: "
            "a handful of images would decide. Which these are is settled before any draw. Model "
            "and baseline share the draws of the bootstrap, so what both find hard does not widen "
            "the interval; it has no upper end (∞) where cnn errs on nothing in some of them."
        ),
    ),
}
GRIDS = {
    "beside": "Error relative to that of cnn (%)",
}
OVERVIEW = {
    "corruption": (
        "A column is a network; less is better. The error is a mean over kinds and severities. "
        "Relative to that of cnn, kind by kind and then averaged, it is mCE: below 100 % a network "
        "errs less under corruption than cnn does. The loss, relative mCE, is what corruption adds "
        "to the clean error: it does not count what a network gets wrong anyway."
    ),
}
