"""What is looked at to tell whether a machine and an installation are fit.

Libraries are imported inside the looks, so that one that is broken is a finding like others.
"""

import importlib
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

from capsprobe.faults import EnvironmentFault, Fault, ModelFault
from capsprobe.files import check_writable

State = Literal["ok", "warning", "fault"]
REPORTS = Path("reports")
# By the extra's name, the distribution that it brings.
_EXTRAS = {"parallel": "distributed", "timm": "timm", "hub": "huggingface_hub"}
_GIB = 2**30
# A process with torch and a compact network; a report with its cells.
_LEAST_MEMORY, _LEAST_DISK = 2 * _GIB, _GIB
_CPU_FACTS = Path("/proc/cpuinfo")
_BF16_UNITS = ("amx_bf16", "avx512_bf16", "bf16")


@dataclass(frozen=True, kw_only=True)
class Symptom:
    """What was looked at and how it stands; `exit_code` is that of a fault, else 0."""

    what: str
    state: State
    text: str
    exit_code: int = 0


Look = Callable[[], tuple[State, str]]


def examined() -> list[Symptom]:
    """Return all findings; whatever a look raises is one of them."""
    return [_looked(what, look) for what, look in LOOKS.items()]


def _looked(what: str, look: Look) -> Symptom:
    try:
        state, text = look()
    except Fault as fault:
        return Symptom(what=what, state="fault", text=str(fault), exit_code=fault.exit_code)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        code = EnvironmentFault.exit_code
        return Symptom(what=what, state="fault", text=text, exit_code=code)
    return Symptom(what=what, state=state, text=text)


def _program() -> tuple[State, str]:
    from capsprobe import __version__

    return "ok", f"{__version__} in {Path(__file__).parents[1]}"


def _python() -> tuple[State, str]:
    return "ok", f"{platform.python_version()} in {sys.prefix}, {platform.platform()}"


def _libraries() -> tuple[State, str]:
    """Look at the versions of all that is required, none of it imported."""
    held = {name: _version(name) for name in _required()}
    if missing := [name for name, found in held.items() if not found]:
        raise EnvironmentFault(f"expected {', '.join(missing)}, not installed: pip install .")
    return "ok", ", ".join(f"{name} {found}" for name, found in held.items())


def _torch() -> tuple[State, str]:
    import torch

    built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built for the CPU"
    return "ok", f"{torch.__version__}, {built}"


def _cores() -> tuple[State, str]:
    from capsprobe.cli.threads import affinity, quota, use_threads

    share = min(affinity(), quota())
    asked = os.environ.get("OMP_NUM_THREADS")
    used = use_threads()
    text = (
        f"{os.cpu_count()} in the machine, {share} for this process, threads used: {used}, "
        f"OMP_NUM_THREADS {asked or 'not set'}"
    )
    if used > share:
        return "warning", f"{text}: more threads than cores wait for each other"
    return "ok", text


def _memory() -> tuple[State, str]:
    import torch

    from capsprobe.models.batches import free_bytes

    free = free_bytes(torch.device("cpu"))
    text = f"{free / _GIB:.1f} GiB free"
    if free < _LEAST_MEMORY:
        return "warning", f"{text}: fewer images go through a network at once, and it takes longer"
    return "ok", text


def _devices() -> tuple[State, str]:
    import torch

    from capsprobe.cli.devices import available

    return "ok", ", ".join(
        f"{name} ({torch.cuda.get_device_name(name)}, "
        f"{torch.cuda.get_device_properties(name).total_memory / _GIB:.0f} GiB)"
        if name.startswith("cuda")
        else name
        for name in available()
    )


def _bf16() -> tuple[State, str]:
    """Multiply in half precision, and say whether there is hardware for it."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    ones = torch.ones(8, 8, device=device)
    with torch.autocast(device, torch.bfloat16):
        found = float((ones @ ones).sum())
    if found != 512.0:
        raise EnvironmentFault(f"expected 512 from a product in bf16 on {device}, got {found:g}")
    if device == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
        return "ok", f"works on cuda, {'in' if fast else 'without'} hardware"
    units = [name for name in _BF16_UNITS if name in _flags()]
    how = f"by {units[0]}" if units else "no units for it are known: it may be slower than fp32"
    return "ok", f"works on the CPU, {how}"


def _weights() -> tuple[State, str]:
    """Look whether each shipped checkpoint has the hash that its entry says."""
    from capsprobe.models.checkpoints import SHIPPED, check_weights, manifest

    entries, damaged = manifest(SHIPPED), []
    for entry in entries:
        try:
            check_weights(SHIPPED, entry)
        except ModelFault as fault:
            damaged.append(str(fault))
    if damaged:
        raise ModelFault(f"{len(damaged)} of {len(entries)} in {SHIPPED} damaged: {damaged[0]}")
    if not entries:
        raise ModelFault(f"expected checkpoints in {SHIPPED}, got none")
    return "ok", f"{len(entries)} checkpoints in {SHIPPED}, each with the SHA-256 of its entry"


def _data() -> tuple[State, str]:
    from capsprobe.data.views import load_images

    images = load_images("digits", split="test")
    height, width = images.size
    told = f"digits: {len(images)} test images of {height}x{width}, {images.classes} classes"
    return "ok", f"{told}, SHA-256 {images.sha256[:16]}…"


def _output() -> tuple[State, str]:
    """Look whether reports can be written, and make no folder for it."""
    place = REPORTS if REPORTS.exists() else Path.cwd()
    check_writable(place)
    free = shutil.disk_usage(place).free
    text = f"{REPORTS.absolute()} can be written to, {free / _GIB:.1f} GiB free"
    return ("warning" if free < _LEAST_DISK else "ok"), text


def _encoding() -> tuple[State, str]:
    name = sys.stdout.encoding or "unknown"
    text = f"{name}, {'a terminal' if sys.stdout.isatty() else 'no terminal'}"
    if "utf" not in name.lower():
        return "warning", f"{text}: signs that it lacks come out escaped; set PYTHONUTF8=1"
    return "ok", text


def _extra(name: str) -> Look:
    def look() -> tuple[State, str]:
        module = _EXTRAS[name]
        if not (found := _version(module)):
            return "ok", f"{module} not installed; for it: pip install 'capsprobe[{name}]'"
        importlib.import_module(module)
        return "ok", f"{module} {found}"

    return look


LOOKS: dict[str, Look] = {
    "capsprobe": _program,
    "python": _python,
    "torch": _torch,
    "libraries": _libraries,
    "cores": _cores,
    "memory": _memory,
    "devices": _devices,
    "bf16": _bf16,
    "weights": _weights,
    "data": _data,
    "output": _output,
    "encoding": _encoding,
    **{f"extra {name}": _extra(name) for name in _EXTRAS},
}


def _required() -> list[str]:
    """Return what the installed package needs, extras apart."""
    try:
        lines = requires("capsprobe") or []
    except PackageNotFoundError as error:
        raise EnvironmentFault("expected capsprobe to be installed: pip install .") from error
    plain = [line for line in lines if "extra ==" not in line]
    return sorted(re.split(r"[^A-Za-z0-9._-]", line)[0] for line in plain)


def _version(name: str) -> str:
    """Return a distribution's version, "" where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _flags() -> set[str]:
    """Return what the processor can do, nothing where the system does not say."""
    try:
        lines = _CPU_FACTS.read_text().splitlines()
    except OSError:
        return set()
    told = (line.partition(":")[2] for line in lines if line.lower().startswith(("flags", "feat")))
    return set(next(told, "").split())
