"""Numbers of NumPy and PyTorch as numbers of Python, neither of which is loaded for it."""

from __future__ import annotations

import decimal
import numbers
from typing import Any


def own_number(value: Any) -> Any:
    """The number that an array or a tensor without axes holds, a single as it prints; another value as it is.

    The single nearest to 1/10 prints as 0.1, its double as 0.10000000149011612.

    Example:
        >>> import numpy as np
        >>> own_number(np.float32(0.1)), own_number(np.array(3) / 4), own_number("0.1")
        (Decimal('0.1'), np.float64(0.75), '0.1')
    """
    library = type(value).__module__.partition(".")[0]
    if library == "torch" and getattr(value, "ndim", 1) == 0 and not value.is_meta:
        # NumPy has no bfloat16.
        value = value.item() if str(value.dtype) == "torch.bfloat16" else value.detach().cpu().numpy()[()]
    elif library != "numpy" or getattr(value, "ndim", 1):
        return value
    number = value[()] if hasattr(value, "ndim") else value
    is_short = (
        isinstance(number, numbers.Real)
        and not isinstance(number, numbers.Integral)
        and getattr(number, "itemsize", 8) < 8
    )
    return decimal.Decimal(str(number)) if is_short else number
