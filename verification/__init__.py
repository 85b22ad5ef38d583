"""Claims exactly as printed, the checks that judge them, and the verdicts.

A claim is data (``claim``); ``checks`` judge its candidates; ``investigation`` turns findings into verdicts; ``runner``
hands out the work, ``store`` keeps it, ``lock`` remembers what was found, ``report`` and ``follow`` show it.

* ``authoring``: how a paper is written down: the shorthand of claims, predictions, simulated experiments, figures.
* ``cli``: the command ``driftproof``: verify, list, follow, mutate, report, init.
* ``command_line``: how a command line is read: what it asks for, and to a mistake the nearest name that exists.
* ``docstring``: what the docstring of a claim says: its title, the page's own words, its scope, notes.
* ``drawing``: pictures as inline SVG.
* ``ending``: how the command ends: exit codes, and one sentence for whatever went wrong.
* ``arguments``: the border of the package: arguments of the wrong kind are refused by name.
* ``errors``: errors of the verification package: each says what was needed, what arrived and the next move.
* ``files``: files that driftproof writes: all of one or nothing, and never over what somebody else may need.
* ``foreign_code``: code of a paper's author runs in our process: it may not end it, fork it, or write among our output.
* ``forms``: the forms a statement can take, and what each of them is judged by.
* ``formulas``: formulas as readers meet them: one source, three faces, whether it comes from SymPy or stands in a
  sentence.
* ``freshness``: is a stored verdict still about the claim and the code as they are now?
* ``garbage``: when Python looks for objects that only refer to one another.
* ``glossary``: what the symbols of a claim mean: its paper says it once for all claims.
* ``layout``: text for a terminal: blocks of words, formulas, listings and programs, none wider than 80 columns.
* ``outline``: Python text without the bodies of its functions, for lists of claims.
* ``papers``: one sub-package per paper: its claims, in the paper's order, and what they are measured on.
* ``power``: which agreement is worth anything? Only that of a check which has refuted a near miss, and a near one.
* ``provenance``: where a derived form comes from: the function, what it is called, its source, and the theory behind
  it.
* ``pytest_plugin``: every claim of a project as a pytest test: ``driftproof = true`` in pytest's settings, or
  ``pytest --driftproof``.
* ``registry``: the claims of a project, found without running any of them.
* ``run``: a run of the checks: tasks, workers, the store, and what a result depends on.
* ``screen``: what ``driftproof verify`` shows: a line for each verdict as it arrives, progress on a terminal, a table
  last.
* ``signals``: what SIGINT, SIGTERM and SIGHUP do to the command: it ends with exit code 3 and one sentence.
* ``sources``: where claims come from: the built-in papers, installed packages, and a user's own folder or module.
* ``verify``: the command ``driftproof verify``: judge claims, compare the verdicts with the lock, report.
* ``vocabulary``: the words in which a claim is filed: its kind, where the point at issue stands, in which way it fails,
  its id.
* ``verdict``: what exactly may we now say? Outcomes of checks, verdicts of statements and of claims.
* ``yielding``: what the function of a claim yields: some statements, each of a name of its own.
* ``mutation``: mutation: generic near misses made by machine, and how many of them the checks refute.
"""
