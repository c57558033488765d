"""How fast capsprobe is beside what it replaces, in ratios: `python -m tests.benchmarks`."""
