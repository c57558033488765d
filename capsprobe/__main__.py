"""`python -m capsprobe` is the command line."""

from capsprobe.cli import main

if __name__ == "__main__":
    main()
