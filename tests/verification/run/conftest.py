"""What the tests of the store share."""

import pytest


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.db"
