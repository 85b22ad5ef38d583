"""Errors of the numerics package: each names the argument, what was needed, what arrived, the next move.

A symbol without a number is :class:`theory.errors.MissingParameterError`, as in ``theory``.
"""

from theory.errors import DriftproofError, MissingParameterError

__all__ = [
    "ArgumentError",
    "DivergenceError",
    "DriftproofError",
    "FallbackWarning",
    "MissingBackendError",
    "MissingParameterError",
    "NumericsError",
    "UnreliableEstimateWarning",
    "UnsupportedFunctionError",
]


class NumericsError(DriftproofError):
    """Base of every error that ``numerics`` raises for bad input."""


class ArgumentError(NumericsError):
    """An argument is outside its range or has the wrong shape."""


class UnsupportedFunctionError(NumericsError):
    """An expression holds a function that a backend cannot evaluate."""


class FallbackWarning(UserWarning):
    """What was asked for runs another way, with the same results and slower."""


class UnreliableEstimateWarning(UserWarning):
    """An estimate and its standard error rest on so few samples that neither can be trusted."""


class MissingBackendError(NumericsError):
    """A backend needs a package that is not installed."""


class DivergenceError(NumericsError):
    """A simulation or an integral left the finite numbers."""
