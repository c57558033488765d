"""How the probe of cost is shown."""
