"""Proposition 3.5 and Appendix E: modes of aligned balanced layers, and whether layers stay so."""
