"""Small tensors: threads that wait for each other would take most of the time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from numerics.sgd.threads import torch_threads


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with torch_threads(1):
        yield
