r"""Means of products of quadratic forms of one Gaussian sample, of any degree that is met, exactly.

The signal of a batch of one has rank one, :math:`T = rx^\top`, so a word :math:`u^\top B_0TB_1T\cdots B_kv` is a
product of k numbers: the forms :math:`x^\top B_ir` between its signals, and the one that its ends make,
:math:`x^\top(B_kv\,u^\top B_0)r`. With :math:`z = (r, x) \sim N(0, S)` and forms :math:`z^\top A_iz` the joint
cumulants are

.. math::
    \kappa(A_1, \dots, A_n) = 2^{n-1}\sum_{\pi}\mathrm{tr}(A_1S\,A_{\pi(2)}S\cdots A_{\pi(n)}S) ,

over the orders of all but the first, and the mean of the product is the sum over partitions of products of cumulants.
Both are found by adding one form at a time to sets that are met again and again, so 2L forms cost some powers of 7 to
the L instead of the :math:`(4L-1)!!` pairings of the vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cache
from itertools import combinations

import numpy as np

from numerics.arguments import require, whole_number
from numerics.deep_linear.signal import GaussianSignal, matrix
from numerics.errors import ArgumentError
from theory.argument_kinds import ArgumentKind, one_of
from theory.values import shown

Array = np.ndarray
Name = str | tuple[Hashable, ...]
NAME = ArgumentKind(
    "text, or a tuple of text and numbers",
    lambda n: isinstance(n, str | tuple) and hash(n) is not None and all(part == part for part in n),  # no nan
)
Forms = tuple[int, ...]
"""Numbers of forms, rising, with repetitions."""


class SampleForms:
    r"""Quadratic forms of one sample :math:`z = (r, x)`, and the means of their products.

    Example:
        >>> from numerics.deep_linear import NoisyTeacher
        >>> forms = SampleForms(NoisyTeacher([[1.0]]).signal(np.zeros((1, 1))))  # r = x
        >>> square = forms.between("x r", np.eye(1))
        >>> [round(forms.mean([square] * n)) for n in (1, 2, 3)]  # E x^2, E x^4, E x^6
        [1, 3, 15]
    """

    def __init__(self, signal: GaussianSignal) -> None:
        require(one_of(GaussianSignal, needed="the signal of a batch of a noisy teacher"), signal, "signal")
        R, C, Lambda = signal.residual_covariance, signal.mean, signal.inputs
        self._covariance = np.block([[R, C], [C.T, Lambda]])
        self._residuals, self._inputs = slice(0, len(R)), slice(len(R), len(R) + len(Lambda))
        self._matrices: list[Array] = []
        self._numbers: dict[Name, int] = {}
        self._sums: dict[Forms, Array] = {(): np.eye(len(self._covariance))}
        self._cumulants: dict[Forms, float] = {}
        self._means: dict[Forms, float] = {(): 1.0}

    def between(self, name: Name, B: Array) -> int:
        r"""The number of the form :math:`x^\top Br`; the same one for the same name."""
        return self._numbered(name, B, self._inputs, self._residuals)

    def of_residuals(self, name: Name, B: Array) -> int:
        r"""The number of the form :math:`r^\top Br`."""
        return self._numbered(name, B, self._residuals, self._residuals)

    def of_inputs(self, name: Name, B: Array) -> int:
        r"""The number of the form :math:`x^\top Bx`."""
        return self._numbered(name, B, self._inputs, self._inputs)

    def _numbered(self, name: Name, B: Array, rows: slice, columns: slice) -> int:
        require(NAME, name, "name")
        B = matrix(B, "B")
        sizes = tuple(len(range(*part.indices(len(self._covariance)))) for part in (rows, columns))
        if B.shape != sizes:
            raise ArgumentError(f"B must have shape {sizes} to fit the sample, got {B.shape}.")
        if name not in self._numbers:
            A = np.zeros_like(self._covariance)
            A[rows, columns] += B / 2
            A[columns, rows] += B.T / 2
            self._numbers[name] = len(self._matrices)
            self._matrices.append(A @ self._covariance)
        return self._numbers[name]

    def mean(self, forms: Sequence[int]) -> float:
        """The mean of the product of forms, given by their numbers."""
        return self._mean(self._known(forms))

    def _known(self, forms: Sequence[int]) -> Forms:
        """``forms`` in rising order, each of them the number of a form."""
        if not isinstance(forms, list | tuple):
            raise ArgumentError(f"forms must be a sequence of numbers of forms, got {shown(forms)}.")
        return tuple(sorted(whole_number(n, "forms", at_least=0, below=len(self._matrices)) for n in forms))

    def _mean(self, forms: Forms) -> float:
        if forms not in self._means:
            first, others = forms[0], forms[1:]
            total = 0.0
            for size in range(len(forms)):
                for chosen in combinations(range(len(others)), size):
                    with_first = (first, *(others[i] for i in chosen))
                    rest = tuple(form for i, form in enumerate(others) if i not in chosen)
                    total += self._cumulant(with_first) * self._mean(rest)
            self._means[forms] = total
        return self._means[forms]

    def mean_signal(self, forms: Sequence[int]) -> Array:
        r"""The mean of :math:`rx^\top` times the product of forms. Shape ``(d_L, d_0)``."""
        forms, total = self._known(forms), np.zeros_like(self._covariance)
        for size in range(len(forms) + 1):
            for chosen in combinations(range(len(forms)), size):
                rest = tuple(sorted(form for i, form in enumerate(forms) if i not in chosen))
                along = self._ordered_products(tuple(sorted(forms[i] for i in chosen)))
                total += 2.0**size * self._mean(rest) * along
        return (self._covariance @ total)[self._residuals, self._inputs]

    def _cumulant(self, forms: Forms) -> float:
        if forms not in self._cumulants:
            first, rest = self._matrices[forms[0]], self._ordered_products(forms[1:])
            self._cumulants[forms] = 2.0 ** (len(forms) - 1) * float(np.sum(first.T * rest))
        return self._cumulants[forms]

    def _ordered_products(self, forms: Forms) -> Array:
        """The sum, over all orders of the forms, of the products of their matrices."""
        if forms not in self._sums:
            self._sums[forms] = sum(
                (
                    self._ordered_products(forms[:i] + forms[i + 1 :]) @ self._matrices[form]
                    for i, form in enumerate(forms)
                ),
                np.zeros_like(self._covariance),
            )
        return self._sums[forms]


class WordsOfOneSample:
    """Products of two words of one Gaussian sample, each named by the layers whose signals it holds.

    ``word`` gives the matrices between the signals of such layers, in falling order.
    """

    def __init__(self, signal: GaussianSignal, word: Callable[[Sequence[int]], list[Array]]) -> None:
        self._forms, self._word = SampleForms(signal), cache(word)

    def mean(self, layers: Forms) -> Array:
        """The mean of a word."""
        word = self._word(layers)
        return word[0] @ self._forms.mean_signal(self._inner(layers, word)) @ word[-1] if layers else word[0]

    def covariance(self, first: Forms, second: Forms, one: tuple[Array, Array], two: tuple[Array, Array]) -> float:
        r"""The covariance of the first word between the vectors ``one`` and of the second between ``two``."""
        left, right = self._chain(first, one, "one"), self._chain(second, two, "two")
        mean = self._forms.mean
        return mean([*left, *right]) - mean(left) * mean(right)

    def square(self, first: Forms, second: Forms, moment: Array) -> float:
        r"""The mean of the trace of the first word times ``moment`` times the second one transposed."""
        left, right, forms = self._word(first), self._word(second), self._forms
        if not first and not second:
            return float(np.sum((left[0] @ moment) * right[0]))
        if not first or not second:
            layers, (word, (constant,)) = (first, (left, right)) if first else (second, (right, left))
            closing = forms.between(("trace", layers[0], layers[-1]), word[-1] @ moment @ constant.T @ word[0])
            return forms.mean([*self._inner(layers, word), closing])
        # Transposed, the trace is that of the words exchanged, so pairs of ends are named in one order.
        top, bottom = tuple(sorted((first[-1], second[-1]))), tuple(sorted((first[0], second[0])))
        ends = [
            forms.of_residuals(("top", top), left[0].T @ right[0]),
            forms.of_inputs(("bottom", bottom), left[-1] @ moment @ right[-1].T),
        ]
        return forms.mean([*self._inner(first, left), *self._inner(second, right), *ends])

    def _inner(self, layers: Forms, word: list[Array]) -> list[int]:
        """The forms between the signals of a word."""
        falling = sorted(layers, reverse=True)
        return [
            self._forms.between(pair, B)
            for pair, B in zip(zip(falling, falling[1:], strict=False), word[1:-1], strict=True)
        ]

    def _chain(self, layers: Forms, ends: tuple[Array, Array], name: str) -> list[int]:
        """The forms of a word between two vectors."""
        word, (u, v) = self._word(layers), ends
        closing = self._forms.between((name, layers[0], layers[-1]), np.outer(word[-1] @ v, u @ word[0]))
        return [*self._inner(layers, word), closing]
