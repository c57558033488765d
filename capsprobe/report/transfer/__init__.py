"""The report of transfer: a matrix of sources by networks, an epsilon a figure."""
