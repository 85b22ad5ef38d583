"""Section 3 and Appendices B and H: invariant sets and the symmetries behind them."""
