"""Lights: signs by which an attack that found little is told from a network that resists."""
