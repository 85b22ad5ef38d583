"""``python -m verification`` is ``driftproof``."""

import os
import sys

try:
    from verification.garbage import collect_rarely
    from verification.signals import answer_with, end_at_once

    answer_with(end_at_once)  # Before the command line is imported, which takes longer than an impatient Ctrl-C.
except KeyboardInterrupt:  # while that was loaded
    os.write(2, b"driftproof: interrupted.\n")
    os._exit(3)


def driftproof() -> int:
    """The command line; its exit code."""
    collect_rarely()
    from verification import cli
    from verification.ending import leave

    return leave(cli.main())


if __name__ == "__main__":
    sys.exit(driftproof())
