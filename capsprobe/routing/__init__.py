"""Routing: how the votes of children become the poses of parents."""
