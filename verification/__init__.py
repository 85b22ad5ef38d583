"""Claims exactly as printed, the checks that judge them, and the verdicts: see ``claim``, ``checks``, ``investigation``."""
