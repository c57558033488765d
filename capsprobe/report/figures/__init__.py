"""The figures of exhibits: each kind of figure in a file, from its numbers to SVG."""
