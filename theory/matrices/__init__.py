"""Symbolic matrices: certified exponentials, moduli, and a spike in a random matrix."""
