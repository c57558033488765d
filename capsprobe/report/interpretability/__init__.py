"""How the probes of interpretability are shown."""
