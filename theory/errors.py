"""The root of every error of the project, and the errors of theory.

Each message names the argument, what was needed, what arrived and the next move.
"""

from __future__ import annotations

from typing import Any

_LONGEST = 160
"""Letters of a formula in a message."""


class DriftproofError(ValueError):
    """Root of the errors that ``theory``, ``numerics`` and ``verification`` raise for bad input."""


class TheoryError(DriftproofError):
    """Base of every error that ``theory`` raises for bad input."""


class KernelDisagreementError(BaseException):
    """Two kernels that decide the same thing came to different answers: a library, or this program, is at fault.

    No ``Exception``: code that takes any failure of a computation for "not decided" would take this for one too, and
    go on with a kernel whose proofs mean nothing any more.
    """

    @classmethod
    def about(cls, question: str, one: str, other: str) -> KernelDisagreementError:
        """The error that names the ``question``, both answers, and the next move."""
        question = question if len(question) <= _LONGEST else f"{question[: _LONGEST - 1]}…"
        return cls(
            f"two kernels disagree about {question}: {one}, {other}. Nothing that either proves can be trusted: "
            "install the sympy and python-flint of constraints.txt and run this again; if they still do, report it."
        )


class ShapeError(TheoryError):
    """A matrix or vector has the wrong shape."""


class DimensionError(TheoryError):
    """A formula for another dimension was asked for."""


class SymbolError(TheoryError):
    """A symbol is missing, unexpected, or carries assumptions that contradict its use."""


class MissingParameterError(SymbolError):
    """A parameter has no value where a number is needed; ``numerics`` raises it too."""


class NotNormalisableError(TheoryError):
    """A density has no finite integral at the parameters in question."""


class UnsupportedFormError(TheoryError):
    """The expression lies outside the class for which a derivation is implemented."""


class SingularInsideError(UnsupportedFormError):
    """The noise of a process vanishes, or a coefficient is infinite, inside the interval on which it is to live."""


class OrderError(UnsupportedFormError):
    """The order of two exponents depends on parameters.

    Attributes:
        difference: of the two exponents, whose sign is open.
    """

    def __init__(self, message: str, difference: Any) -> None:
        super().__init__(message)
        self.difference = difference

    def __reduce__(self) -> tuple[type[OrderError], tuple[str, Any]]:
        return OrderError, (str(self), self.difference)
