"""`python -m tests.benchmarks` runs the benchmark."""

import sys

from tests.benchmarks.command import main

if __name__ == "__main__":
    main(sys.argv[1:])
