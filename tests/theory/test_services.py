"""Theory finds what it does not import."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from theory import services
from theory.errors import UnsupportedFormError

ROOT = Path(__file__).parents[2]


def test_what_numerics_offers_is_also_an_entry_point():
    import numerics  # noqa: F401  offers its services

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][services.GROUP]
    assert declared == services._offers
    assert all(services.service(name) is not None for name in declared)


def test_a_service_that_nobody_offers_is_refused_with_what_to_import():
    with pytest.raises(UnsupportedFormError, match="tea leaves.*import numerics"):
        services.service("tea_leaves")


@pytest.mark.slow  # by day: the imports as they are written, tests/architecture/test_imports.py
def test_theory_alone_imports_nothing_above_it():
    program = "import sys, theory.line.laws.stationary; print(any(name.startswith('numerics') for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
