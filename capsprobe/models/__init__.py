"""Networks under test: one trunk with several heads, the full-size reference, checkpoints."""
