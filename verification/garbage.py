"""When Python looks for objects that only refer to one another: seldom.

SymPy's trees are freed by their counts and rarely lie in circles. By default Python looks after every 700 new objects,
which takes a tenth of the time in which SymPy is loaded and a claim is derived.
"""

from __future__ import annotations

import gc


def collect_rarely() -> None:
    """Look for circles after every 50 000 new objects in this process and in those forked from it."""
    gc.set_threshold(50_000, 20, 50)
