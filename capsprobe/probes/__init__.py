"""Probes: each turns a network and images into observations."""
