"""Fresh interpreters: what is measured in one owes nothing to what ran before."""

import subprocess
import sys

from tests.benchmarks.cases import ROOT


def fresh(*arguments: str) -> str:
    """Return what a fresh interpreter printed; raise RuntimeError with its last word on failure."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no word"]
        raise RuntimeError(f"a fresh process ended with {done.returncode}: {last[0]}")
    return done.stdout
