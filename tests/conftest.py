"""What all tests share: reproducible hypothesis runs. No torch here: the judging wing has none."""

import os

from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:
    # Torch reads it when it is imported: the workers are as many as the cores.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
# A first import of torch inside an example would miss any deadline; a failure must repeat.
settings.register_profile("capsprobe", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("capsprobe")
