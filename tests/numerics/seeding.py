"""Seeds derived from what is tested: nobody types one, nobody tries another."""

import hashlib

FALSE_ALARM = 1e-6
"""Probability that one statistical test fails although the code is right."""

FALSE_ALARM_IN_PROPERTY = 1e-9
"""The same for one example of a property-based test."""


def seed_of(*what: object) -> int:
    """A 64-bit seed from the printed form of the arguments."""
    return int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:8], "little")
