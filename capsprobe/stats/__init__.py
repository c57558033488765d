"""The statistics of the judging wing: observations in, estimates with intervals out; no torch."""
