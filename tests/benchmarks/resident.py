"""One call in a fresh process, and the most memory that it held beyond what was there before.

`python -m tests.benchmarks.resident REQUEST` prints the bytes; the request is JSON.

On Linux the resident high-water mark is set back before the call (/proc/self/clear_refs) and read
after it; elsewhere it cannot be set back, and where it was higher before, less is found.
"""

import ctypes
import gc
import json
import resource
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from tests.benchmarks.cases import Sizes
from tests.benchmarks.timing import settle
from tests.benchmarks.versions import OURS, PLAIN, Mode, Problem, computation

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_WARM_UP_IMAGES = 2
# getrusage counts in KiB, but in bytes on macOS.
_RUSAGE_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the fresh process computes."""

    version: str
    mode: Mode
    sizes: Sizes
    device: str

    def dumped(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def parsed(cls, text: str) -> "Request":
        """Return what `dumped` wrote."""
        given = json.loads(text)
        return cls(**{**given, "sizes": Sizes(**given["sizes"])})


def extra_bytes(compute: Callable[[], object], device: torch.device) -> int:
    """Return by how much the most memory held during a call exceeds that held before it."""
    gc.collect()
    return _extra_on_gpu(compute, device) if device.type == "cuda" else _extra_resident(compute)


def main(text: str) -> None:
    """Print the extra bytes of one request."""
    request = Request.parsed(text)
    device = torch.device(request.device)
    version = {each.name: each for each in (OURS, PLAIN)}[request.version]
    problem = Problem.drawn(request.sizes, device)
    tiny = replace(
        problem,
        children=problem.children[:_WARM_UP_IMAGES],
        gradient=problem.gradient[:_WARM_UP_IMAGES],
    )
    computation(version, tiny, request.mode)()
    print(extra_bytes(computation(version, problem, request.mode), device))


def _extra_on_gpu(compute: Callable[[], object], device: torch.device) -> int:
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    compute()
    settle(device)
    return torch.cuda.max_memory_allocated(device) - before


def _extra_resident(compute: Callable[[], object]) -> int:
    _give_back()
    if not _CLEAR.exists():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        compute()
        return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * _RUSAGE_UNIT
    _CLEAR.write_text("5")
    before = _status("VmRSS")
    compute()
    return _status("VmHWM") - before


def _give_back() -> None:
    """Let the C library return what the warm-up freed: the call would use it again, uncounted."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):
        return


def _status(field: str) -> int:
    """Return a field of the process's status in bytes."""
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    (kibibytes,) = (line.split()[1] for line in lines if line.startswith(f"{field}:"))
    return 1024 * int(kibibytes)


if __name__ == "__main__":
    main(sys.argv[1])
