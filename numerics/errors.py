"""Errors of the numerics package: each names the argument, what was needed, what arrived, the next move."""


class NumericsError(ValueError):
    """Base of every error that ``numerics`` raises for bad input."""


class MissingParameterError(NumericsError):
    """A symbol has no number where one is needed."""


class ArgumentError(NumericsError):
    """An argument is outside its range or has the wrong shape."""


class UnsupportedFunctionError(NumericsError):
    """An expression holds a function that a backend cannot evaluate."""


class MissingBackendError(NumericsError):
    """A backend needs a package that is not installed."""


class DivergenceError(NumericsError):
    """A simulation or an integral left the finite numbers."""
