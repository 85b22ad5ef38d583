"""When Python looks for objects that only refer to one another: seldom.

SymPy's trees are freed by their counts and rarely lie in circles. By default Python looks after every 700 new objects,
which takes a tenth of the time in which SymPy is loaded and a claim is derived. A look at 50 000 young objects, of
which none is garbage while modules are loaded, takes a thirtieth of a second; so not even these.
"""

from __future__ import annotations

import gc


def collect_rarely() -> None:
    """Look for circles after every 200 000 new objects in this process and in those forked from it."""
    gc.set_threshold(200_000, 5, 50)
