"""The words for cost: sizes, times, memory."""

from capsprobe.report.text import Text

HEADS = ("size", "latency", "block", "iterations", "memory")
CONDITIONS = {
    "size/all": "Size",
    "latency/forward": "Forward",
    "latency/training": "Forward and backward",
    "block/routing": "Votes and routing alone",
    "iterations/forward": "Forward, by iterations",
    "memory/forward": "Memory, forward",
    "memory/training": "Memory, forward and backward",
}
AXES = {
    **dict.fromkeys(("block/routing", "iterations/forward"), "iterations of routing"),
    **dict.fromkeys(
        ("latency/forward", "latency/training", "memory/forward", "memory/training"),
        "images in a batch",
    ),
}
VERTICAL = {
    "latency_ms": "ms a batch",
    "relative_latency": "fixed convolutions",
    "peak_memory_mib": "MiB",
}
METRICS = {
    "parameters": "parameters",
    "decoder_parameters": "parameters of the decoder",
    "macs": "MACs of an image",
    "macs_trunk": "MACs but for votes and routing",
    "macs_primary": "MACs of the primary capsules' layer",
    "macs_votes": "MACs of the votes",
    "macs_routing": "MACs of routing",
    "latency_ms": "latency (ms a batch)",
    "reference_ms": "fixed convolution (ms a batch)",
    "relative_latency": "latency, in fixed convolutions",
    "peak_memory_mib": "peak memory (MiB)",
}
COUNTS = ("parameters", "decoder_parameters", "macs")
EXHIBITS = {
    "size": Text(
        heading="How large is it?",
        reading=(
            "Parameters and multiply-accumulates of one image, counted: votes and routing rounds "
            "by what they are, as counters of matrix products do not see them."
        ),
    ),
    "latency": Text(
        heading="How long does a batch take?",
        reading=(
            "Latency against the number of images in a batch, median of the repeats and the "
            "middle half of them, scores alone and with the gradient for images and weights. Then "
            "votes and routing alone, and the whole network, by the number of iterations, 128 "
            "images at once."
        ),
        meaning=(
            "Times are of this run on this machine, with all else that ran there. Networks were "
            "timed one after the other; beside each one fixed convolution took turns with it, and "
            "latency in multiples of that convolution's is what to compare networks by."
        ),
        folded="As multiples of the fixed convolution",
    ),
    "memory": Text(
        heading="How much memory does it hold?",
        reading="The most held at once beyond weights and images, by the size of the batch.",
    ),
    "pareto": Text(
        heading="What does accuracy cost?",
        reading=(
            "A point is a model: up the accuracy named, across what it costs. Nothing speaks for a "
            "network that has another above it and to its left. Robust accuracy stands there where "
            "the run attacked, otherwise the accuracy of digits turned by 30°."
        ),
    ),
}
GRIDS = {
    "size": "Parameters and MACs",
}
OVERVIEW = {
    "cost": (
        "A column is a network. Latencies are medians over repeats in this run; the multiple of a "
        "fixed convolution that took turns with it is what to compare networks by."
    ),
}
READING = (
    "What is counted repeats exactly. What is timed does not: another run on a busy machine finds "
    "other numbers, so compare networks of one run."
)


def severity(value: float, condition: str) -> str:
    """Return a severity as a reader would say it; "" where there is only one."""
    if condition in ("block/routing", "iterations/forward"):
        return f"{value:g} iterations" if value != 1.0 else "1 iteration"
    if condition == "size/all":
        return ""
    return f"{value:g} images" if value != 1.0 else "1 image"
