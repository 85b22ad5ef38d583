"""Errors of the theory package: each names the argument, what was needed, what arrived, the next move."""


class TheoryError(ValueError):
    """Base of every error that ``theory`` raises for bad input."""


class ShapeError(TheoryError):
    """A matrix or vector has the wrong shape."""


class DimensionError(TheoryError):
    """A formula for another dimension was asked for."""


class SymbolError(TheoryError):
    """A symbol is missing, unexpected, or carries assumptions that contradict its use."""


class MissingParameterError(SymbolError):
    """A parameter has no value where a number is needed."""


class NotNormalisableError(TheoryError):
    """A density has no finite integral at the parameters in question."""


class UnsupportedFormError(TheoryError):
    """The expression lies outside the class for which a derivation is implemented."""
