"""The judge: claims as values, and verdicts on them from tables alone; no torch."""
