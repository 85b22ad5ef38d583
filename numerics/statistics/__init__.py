"""Sample sizes, estimators with intervals, goodness of fit."""
