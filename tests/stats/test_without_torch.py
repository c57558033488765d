import pkgutil
import subprocess
import sys
from pathlib import Path

import capsprobe.stats

ROOT = Path(__file__).parents[2]


def test_judging_never_imports_torch() -> None:
    rooms = [f"stats.{module.name}" for module in pkgutil.iter_modules(capsprobe.stats.__path__)]
    imports = "; ".join(f"import capsprobe.{name}" for name in [*rooms, "report.exports"])
    code = f"{imports}; import sys; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=False)
    assert done.returncode == 0
