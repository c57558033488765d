"""How the probe of relations is shown."""
