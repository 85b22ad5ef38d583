"""Second opinions that draw nothing: quadrature, grids, multiprecision, exact thresholds."""
