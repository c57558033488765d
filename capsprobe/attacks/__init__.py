"""Attacks: small perturbations sought so that a network errs."""
