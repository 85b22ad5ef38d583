"""How many threads PyTorch uses for one operation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from numerics.arguments import whole_number


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Run with ``count`` threads, then go back to what was set.

    Threads that wait for each other after every small operation cost more than they bring, many times more on a busy
    machine; large convolutions gain from them.
    """
    count = whole_number(count, "threads", at_least=1, below=2**16)
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
