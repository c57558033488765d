"""capsprobe measures what is true of capsule networks.

A probe turns a model and images into a table; a report turns tables into figures and numbers.
What is named here is imported when it is first used, so that `--help` does not wait for torch.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from capsprobe.claims.judge import judge
    from capsprobe.data.base import Source
    from capsprobe.data.images import ImageSet
    from capsprobe.data.views import load_images
    from capsprobe.models.checkpoints import load_model
    from capsprobe.report import write_report
    from capsprobe.report.compare import compare_runs
    from capsprobe.study import Settings, run_study

__version__ = "0.1.0"

__all__ = [
    "ImageSet",
    "Settings",
    "Source",
    "compare_runs",
    "judge",
    "load_images",
    "load_model",
    "run_study",
    "write_report",
]

_HOMES = {
    "ImageSet": "capsprobe.data.images",
    "Settings": "capsprobe.study",
    "Source": "capsprobe.data.base",
    "compare_runs": "capsprobe.report.compare",
    "judge": "capsprobe.claims.judge",
    "load_images": "capsprobe.data.views",
    "load_model": "capsprobe.models.checkpoints",
    "run_study": "capsprobe.study",
    "write_report": "capsprobe.report",
}


def __getattr__(name: str) -> Any:
    """Return what lives deeper in the package under this name (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names, also those not yet imported."""
    return sorted({*globals(), *_HOMES})
