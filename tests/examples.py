"""How many examples Hypothesis draws for a test that costs more than most: some by day, many more at night."""

from hypothesis import settings

BY_DAY, AT_NIGHT = 25, 400
"""Examples of a test that does not say how many; the night is asked for by ``--hypothesis-profile night``."""


def examples(by_day: int) -> int:
    """``by_day`` examples by day, and at night more of them in the proportion of the two profiles."""
    return by_day * settings().max_examples // BY_DAY
