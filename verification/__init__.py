"""Claims exactly as printed, the checks that judge them, and the verdicts.

A claim is data (``claim``); ``checks`` judge its candidates; ``investigation`` turns findings into verdicts; ``runner``
hands out the work, ``store`` keeps it, ``lock`` remembers what was found, ``report`` and ``follow`` show it.
"""
