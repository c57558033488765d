"""The most memory that a pass holds beyond what was there before it.

On an Nvidia GPU torch's allocator keeps the mark. On a processor nothing does that repeats: what
the process holds depends on what was freed before, and what kernels take for themselves on the
machine. So there the pass's own tensors are counted, from the operation that makes one to the one
before which it is gone. What a kernel takes and gives back within one operation, as for weights
laid out anew, is not seen.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

Pass = Callable[[], object]


def peak_bytes(run: Pass, device: torch.device) -> int:
    """Return the most bytes that a pass holds at once, its results included.

    What it is given is not counted, as are weights and images.
    """
    return _allocated(run, device) if device.type == "cuda" else _held(run)


def _allocated(run: Pass, device: torch.device) -> int:
    # The first pass also allocates what libraries keep for all that follow.
    run()
    torch.cuda.synchronize(device)
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    run()
    torch.cuda.synchronize(device)
    return torch.cuda.max_memory_allocated(device) - before


def _held(run: Pass) -> int:
    with _Ledger() as ledger:
        # Kept, as whoever asked for a result would.
        result = run()
    del result
    return ledger.peak


class _Ledger(TorchDispatchMode):
    """Counts the bytes of all tensors that operations have made and that are still there."""

    def __init__(self) -> None:
        super().__init__()
        self.peak = 0
        self._given: set[StorageWeakRef] = set()
        self._made: dict[StorageWeakRef, int] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Compute, and note what has come and what is gone."""
        del types
        kwargs = kwargs or {}
        # What no operation made, and one takes, was there before.
        self._given |= dict(_storages((args, kwargs))).keys() - self._made.keys()
        result = func(*args, **kwargs)
        self._made |= {ref: size for ref, size in _storages(result) if ref not in self._given}
        self._made = {ref: size for ref, size in self._made.items() if not ref.expired()}
        self.peak = max(self.peak, sum(self._made.values()))
        return result


def _storages(values: Any) -> Iterable[tuple[StorageWeakRef, int]]:
    """Yield the memory behind every tensor among the values; views share theirs."""
    for value in tree_iter(values):
        if isinstance(value, Tensor) and value.layout is torch.strided:
            storage = value.untyped_storage()
            yield StorageWeakRef(storage), storage.nbytes()
