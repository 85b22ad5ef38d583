"""What the tests of the report share."""

import pytest

from verification.run.store import Store


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "run.db") as opened:
        yield opened
