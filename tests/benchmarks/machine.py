"""On what machine the numbers were found: no name or path of it, only what they depend on."""

import platform
from pathlib import Path
from typing import Any

import torch

from capsprobe import __version__

_CPU_INFO = Path("/proc/cpuinfo")
_INSTRUCTIONS = ("avx2", "avx512_f", "avx512_bf16", "amx_bf16", "sve", "bf16")


def facts(device: torch.device) -> dict[str, Any]:
    """Return what is printed above the table and written beside it."""
    processor = _capabilities()
    return {
        "processor": cpu_name(),
        "threads": torch.get_num_threads(),
        "cores": processor.get("num_physical_cores"),
        "l2_cache_bytes": processor.get("l2_cache_size"),
        "instructions": [name for name in _INSTRUCTIONS if processor.get(name)],
        "bf16_in_hardware": _has_bf16(device),
        "device": device.type,
        **(_gpu(device) if device.type == "cuda" else {}),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "capsprobe": __version__,
    }


def cpu_name() -> str:
    """Return how the processor calls itself."""
    if _CPU_INFO.is_file():
        for line in _CPU_INFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _capabilities() -> dict[str, Any]:
    return getattr(torch.cpu, "get_capabilities", dict)()


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    processor = _capabilities()
    return any(processor.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def _gpu(device: torch.device) -> dict[str, Any]:
    properties = torch.cuda.get_device_properties(device)
    return {
        "gpu": properties.name,
        "gpu_memory_bytes": properties.total_memory,
        "gpu_capability": f"{properties.major}.{properties.minor}",
        "cuda": torch.version.cuda,
    }
