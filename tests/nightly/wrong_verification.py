"""Wrong verification: decisions that never refuse, predictions that ignore their candidate, texts astray from forms.

Each entry is a file, the arguments of pytest for the tests that must notice, and pairs of right and wrong text.
"""

PAIRS = (
    (
        "verification/checks/intervals.py",
        "tests/numerics/statistics/test_sample_size.py tests/verification/checks",
        (
            ("/ float(np.sqrt(len(means))) + bias", "/ float(np.sqrt(len(means)))"),
            ("if not interval.is_valid:", "if False:"),
            ("if not interval.lower <= value <= interval.upper:", "if False:"),
        ),
    ),
    (
        "verification/checks/conditions.py",
        "tests/verification/checks/test_conditions.py",
        (("if point.derived is not point.candidate:", "if False:"),),
    ),
    (
        "verification/checks/figure.py",
        "tests/verification/checks/test_figure.py",
        (("if stated < lower - margin or stated > upper + margin:", "if False:"),),
    ),
    (
        "verification/checks/invariance.py",
        "tests/verification/checks/test_invariance.py -k runs_keep_a_set",
        (('worst["violation"] > tolerance', 'worst["violation"] > 1e9'),),
    ),
    (
        "verification/checks/monte_carlo.py",
        "tests/verification/checks/test_monte_carlo.py",
        (("size = max(4 * plan.design.n, ", "size = max(plan.design.n, "), ("SECOND, size)", "FIRST, size)")),
    ),
    (
        "verification/checks/stages.py",
        "tests/verification/checks/test_stages.py tests/verification/checks/test_monte_carlo.py",
        (
            (
                'arguments["statement"], experiment.name, arguments["stage"])',
                'arguments["statement"], experiment.name, FIRST)',
            ),
            ('refinement = 2 if arguments["stage"] == SECOND else 1', "refinement = 1"),
        ),
    ),
    (
        "verification/investigation.py",
        "tests/verification/test_investigation.py tests/verification/test_variants_by_machine.py",
        (
            ("if survivors and not (", "if False and not ("),
            ("survivors <= _right_variants(statement, misses, found)", "True"),
            ("is Verdict.HOLDS}", "is not Verdict.FAILS}"),
            ("return Verdict.UNDECIDED if Outcome.PROVED in outcomes else Verdict.FAILS", "return Verdict.FAILS"),
            ("withdraw_powerless(found, list(killers))\n", "pass\n"),
            ("if not holds or not all(holds):", "if not holds or not any(holds):"),
        ),
    ),
    (
        "verification/claim.py",
        "tests/verification/test_claim.py",
        (
            ("form.subs(meanings, simultaneous=True)", "form"),
            (
                'if not found:\n            raise ClaimError(\n                f"statement {self.name!r} has no',
                'if False:\n            raise ClaimError(\n                f"statement {self.name!r} has no',
            ),
        ),
    ),
    (
        "verification/authoring/simulated.py",
        "tests/verification/authoring tests/verification/test_own_project.py",
        (("2 * fine - coarse", "2 * coarse - fine"),),
    ),
    (
        "verification/run/fingerprint.py",
        "tests/verification/run/test_fingerprint.py",
        (
            ("waiting += _imported(path, name)", "pass"),
            ('"verification/checks/*.py",', '"verification/checks/symbolic.py",'),
        ),
    ),
    (
        "verification/run/worker.py",
        "tests/verification/run/test_fingerprint.py",
        (("!= self.fingerprint:", "== None:"),),
    ),
    (
        "verification/lock.py",
        "tests/verification/test_lock.py",
        (("if locked.verdict != found.verdict:", "if False:"),),
    ),
    (
        "verification/mutation/mutants.py",
        "tests/verification/mutation",
        (
            (
                "distance = None if wrong in seen else _measured(wrong, measured)",
                "distance = _measured(wrong, measured)",
            ),
        ),
    ),
    (
        "verification/run/fingerprint.py",
        "tests/verification/run/test_fingerprint.py",
        (
            ("judging, *map(repr, settings)", "judging"),
            ("sorted({*framework(), *(ROOT", "sorted({*(ROOT"),
            ("if _saved_since_the_start(drawn_on(module, str(home)))", "if False"),
        ),
    ),
    (
        "verification/run/store.py",
        "tests/verification/run/test_standing.py",
        (
            ("if stored is None or stored.basis != basis:", "if stored is None:"),
            ("return stored if all(done) else None", "return stored"),
        ),
    ),
    (
        "verification/report/claim_markup.py",
        "tests/verification/report/test_report.py -k markup_is_kept",
        (("[asdict(incident) for incident in self.incidents]", "[]"),),
    ),
    (
        "verification/checks/finite_integral.py",
        "tests/verification/checks/test_symbolic.py",
        (
            ("[*ends, *sides]", "[*ends]"),
            ("and _is_periodic(slope, x)", "and False"),
            ("zip(interval.ends, (True, False)", "zip(interval.ends, (True, True)"),
        ),
    ),
    (
        "verification/checks/symbolic.py",
        "tests/verification/checks/test_symbolic.py",
        (("(at - t, at - left)", "(at + t, at - left)"), ("1 / t if at.is_extended_positive else -1 / t", "1 / t")),
    ),
    (
        "verification/run/runner.py",
        "tests/verification/run/test_disagreement.py",
        (("if self.disagreement is not None:", "if False:"),),
    ),
    (
        "verification/checks/sampling_plan.py",
        "tests/verification/checks/test_sampling_plan.py",
        (("    if bound >= 2:", "    if True:"), ("plan.design.n > GROWTH * PILOT_SIZE", "False")),
    ),
    (
        "verification/checks/measured_mean.py",
        "tests/verification/checks",
        (
            ("moments.n / len(means) / moments.variance", "moments.n / moments.variance"),
            ("if moments.M2 <= 0 or moments.M2**2 < FEW_EVENTS * moments.M4:", "if True:"),
        ),
    ),
    (
        "verification/checks/seams.py",
        "tests/verification/checks/test_seams.py",
        (
            ("return True if close > enough and", "return None if close > enough and"),
            ("if unseen is not None:", "if False:"),
            ("if region.contains(both.below) and region.contains(both.above):", "if True:"),
        ),
    ),
    (
        "verification/power.py",
        "tests/verification/test_investigation.py",
        (("if not all(map(is_grotesque, refuted)):", "if refuted:"), ("GROTESQUE = 20.0", "GROTESQUE = 2e5")),
    ),
    (
        "verification/registry.py",
        "tests/verification/test_registry.py tests/verification/test_cli.py tests/verification/test_own_project.py",
        (
            ("except KeyboardInterrupt:", "except BaseException:"),
            ('path.read_text(encoding="utf-8-sig")', 'path.read_text(encoding="utf-8")'),
        ),
    ),
    (
        "verification/yielding.py",
        "tests/verification/test_claim.py",
        (
            ("if len(set(names)) != len(names):", "if False:"),
            ("if len(found) > MOST_STATEMENTS:", "if False:"),
        ),
    ),
)
