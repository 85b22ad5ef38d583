"""``python -m verification`` is ``driftproof``."""

import sys

from verification.garbage import collect_rarely
from verification.signals import answer_with, end_at_once

answer_with(end_at_once)  # Before the command line is imported, which takes longer than an impatient Ctrl-C.


def driftproof() -> int:
    """The command line; its exit code."""
    collect_rarely()
    from verification import cli
    from verification.ending import leave

    return leave(cli.main())


if __name__ == "__main__":
    sys.exit(driftproof())
