"""How many examples Hypothesis draws: some by day, many more at night.

A test that costs more than most says with :func:`examples` how many it draws where the others draw ``COMMON``.
"""

from hypothesis import settings

COMMON = 25
BY_DAY, AT_NIGHT = 10, 400
"""Examples of a test that does not say how many; the night is asked for by ``--hypothesis-profile night``."""


def examples(of_common: int) -> int:
    """Examples of a test that draws ``of_common`` where others draw ``COMMON``, by day or at night, rounded up."""
    return -(-of_common * settings().max_examples // COMMON)
