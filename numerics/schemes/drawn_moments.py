"""Schemes for one form of process that draw a law with the right mean and variance instead of moving by the noise."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import ClassVar

import sympy as sp

from numerics.arguments import takes
from numerics.schemes.scheme import PROCESS, Scheme, SchemeError
from theory.ito import ItoProcess


class DrawnMoments(Scheme):
    """A scheme whose step draws from a law that stays in the domain, made of two normals; it follows no path."""

    strong_order: ClassVar[float] = math.nan
    weak_order: ClassVar[float] = 1.0

    @takes(process=PROCESS)
    def normals_per_step(self, process: ItoProcess) -> int:
        """Two, whose squares make an exponential or a uniform variable."""
        return 2

    @classmethod
    def applies(cls, process: ItoProcess) -> bool:
        """Whether ``process`` is of the scheme's form."""
        try:
            cls.coefficients(process)
        except SchemeError:
            return False
        return True

    @staticmethod
    @abstractmethod
    def coefficients(process: ItoProcess) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        """The three coefficients of the scheme's form.

        Raises:
            SchemeError: ``process`` has another form.
        """
