"""Diffusions on an interval: scale and speed, boundaries, stationary laws, first passage."""

from theory.line.interval import Interval

__all__ = ["Interval"]
