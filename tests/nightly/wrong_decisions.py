"""Wrong decisions: signs, zeros, regions and walls that are called proved or certified and are not.

Each entry is a file, the arguments of pytest for the tests that must notice, and pairs of right and wrong text.
"""

PAIRS = (
    (
        "theory/decision/sign.py",
        "tests/theory/decision",
        (("return (exact > 0) - (exact < 0)", "return (exact < 0) - (exact > 0)"),),
    ),
    (
        "theory/decision/conditions/sign_patterns.py",
        "tests/theory/decision/conditions/test_sign_patterns.py",
        (
            ("if any(pattern[i] == 0 for i in divisors):", "if False:"),
            ("and one(pattern) is not other(pattern)", "and False"),
        ),
    ),
    (
        "theory/decision/proofs/box_signs.py",
        "tests/theory/decision/proofs/test_box_signs.py",
        (
            ("if signs == {1}:", "if 1 in signs:"),
            ("4 * a * c - b**2", "4 * a * c + b**2"),
        ),
    ),
    (
        "theory/decision/conditions/linear_systems.py",
        "tests/theory/decision/conditions/test_sign_patterns.py",
        (("self.constant < 0 or self.strict and self.constant == 0", "self.constant <= 0"),),
    ),
    (
        "theory/decision/conditions/definedness.py",
        "tests/verification/checks/test_conditions.py",
        (
            (
                "        return False, True\n    return known, False",
                "        return known, False\n    return known, False",
            ),
        ),
    ),
    (
        "theory/decision/proofs/signs_on_line.py",
        "tests/theory/decision/conditions/test_monotony.py",
        (
            ("if right is not None and right <= 0:", "if right is not None and right <= 1:"),
            ("found if power % 2 else Signs(", "found if True else Signs("),
        ),
    ),
    (
        "theory/decision/conditions/monotony.py",
        "tests/theory/decision/conditions/test_monotony.py",
        (
            ("weak = not strict or bool(u.is_nonzero)", "weak = True"),
            ("if _rises(other, u, outside) == side and", "if _rises(other, u, outside) and"),
        ),
    ),
    (
        "theory/decision/points/point_search.py",
        "tests/theory/decision/test_rare_surfaces.py",
        (("for cut in branch_cuts(self.expression):", "for cut in ():"),),
    ),
    (
        "theory/decision/points/jumps.py",
        "tests/theory/decision/points/test_jumps.py",
        (
            ("    first, closer = sides.bits, sides\n", "    return\n    first, closer = sides.bits, sides\n"),
            ("if not _are_one(other, sides, region):", "if False:"),
            ("SHARPNESS = 1024", "SHARPNESS = 64"),
        ),
    ),
    (
        "theory/decision/algebra/second_kernel.py",
        "tests/theory/decision/algebra/test_second_kernel.py",
        (("    if not zero:", "    if False:"), ("numerator == 0", "True")),
    ),
    (
        "theory/decision/evidence_class.py",
        "tests/theory/decision/test_evidence_class.py",
        (
            ("if not (is_plain(wall, LARGEST_NUMBER) or _is_absent(wall, given)):", "if False:"),
            ("if isinstance(node, _WAVES):", "if False:"),
            ("if isinstance(node, sp.exp) and len(node.free_symbols) > 1 and _bends(node.args[0]):", "if False:"),
            ("period *= own", "period = own"),
        ),
    ),
    (
        "theory/decision/number_sizes.py",
        "tests/theory/decision/test_evidence_class.py",
        (
            ("size if size > 1 else 1 / size", "size"),
            ("return sum(map(self.of, e.args))", "return max(map(self.of, e.args))"),
            ("square = 2 if", "square = 1 if"),
            ("return inner + max(own, 0.0)", "return max(inner, own, 0.0)"),
        ),
    ),
    (
        "theory/decision/pieces.py",
        "tests/theory/decision/test_pieces.py tests/theory/decision/test_far_sides.py",
        (
            ("if seen and not unseen or not seen and _is_empty(piece, conditions):", "if True:"),
            ("proof_of_sign(high, conditions):", "proof_of_sign(high, conditions, strict=False):"),
            ("expression.xreplace({step: -level(-u)})", "expression.xreplace({step: level(u)})"),
        ),
    ),
    (
        "theory/decision/proofs/readings.py",
        "tests/theory/decision/test_pieces.py tests/theory/decision/test_evidence_class.py",
        (("before = sp.And(before, sp.Not(condition))", "before = sp.And(before, condition)"),),
    ),
    (
        "theory/decision/proofs/ranges.py",
        "tests/theory/decision/proofs/test_signs_on_boxes.py",
        (
            ("if k % 2 == 0 and b.low < 0 < b.high:", "if False:"),
            ("if power.low < 0 < power.high:", "if False:"),
            ("u.low >= 0 and u.high < 3:", "u.low >= 0 and u.high < 6:"),
            ("rising = along.low >= 0", "rising = along.high >= 0"),
            (
                'outwards(1 - _rising("erf", u.high), 1 - _rising("erf", u.low))',
                'outwards(1 - _rising("erf", u.low), 1 - _rising("erf", u.low))',
            ),
            ("if is_false_on(condition, self.box):", "if truth_on(condition, self.box) is not True:"),
        ),
    ),
    (
        "theory/decision/proofs/signs_on_boxes.py",
        "tests/theory/decision/proofs/test_signs_on_boxes.py",
        (
            ("lowest > 0 or not strict and lowest >= 0", "lowest >= 0"),
            ("below = below + away.low", "below = below + away.high"),
            (
                "math.gcd(*(int(s.p) for s in shares)), math.lcm(*(int(s.q) for s in shares))",
                "math.lcm(*(int(s.p) for s in shares)), math.gcd(*(int(s.q) for s in shares))",
            ),
            ("parts = _halves(box)", "parts = _halves(box)[:1]"),
        ),
    ),
    (
        "theory/decision/proofs/sign_proofs.py",
        "tests/theory/decision/proofs/test_signs_on_boxes.py tests/theory/decision/test_far_sides.py",
        (
            ("sp.expand(number**2 * root.base - rest**2)", "sp.expand(number * root.base - rest**2)"),
            ("for unit in t if strict else ():", "for unit in ():"),
        ),
    ),
    (
        "theory/decision/far_sides.py",
        "tests/theory/decision/test_far_sides.py",
        (
            ("if len(met) != 1 or _is_one_sided(factor * min(met), search):", "if True:"),
            ("strict=not few", "strict=False"),
        ),
    ),
    (
        "theory/decision/conditions/holes.py",
        "tests/theory/decision/conditions/test_holes.py",
        (
            ("if any(map(self.vanishes, _denominators(condition))):", "if False:"),
            (
                "itertools.chain(_touched(left, right, region, start), _crossed(left, right, region, start))",
                "_touched(left, right, region, start)",
            ),
        ),
    ),
    (
        "theory/decision/proofs/repeating_steps.py",
        "tests/theory/decision/test_pieces.py",
        (
            ("((low, {t: low}), ((low + high) / 2, {}))", "(((low + high) / 2, {}),)"),
            ("math.lcm(*(int(slope.q) for slope in slopes))", "1"),
        ),
    ),
    (
        "theory/decision/points/spread.py",
        "tests/theory/decision/points/test_spread.py",
        (("_SOON) else 3 * u", "_SOON) else u / 3"), ("_whole(2 * u * u if", "_whole(2 * u if")),
    ),
    (
        "theory/decision/points/zeros_on_a_line.py",
        "tests/theory/decision/points/test_zeros_on_a_line.py",
        (
            ("if below == 0:", "if False:"),
            ("if root.imag == 0]", "]"),
            ("for part in quotient if part.degree() > 0", "for part in quotient[:1] if part.degree() > 0"),
        ),
    ),
    (
        "theory/decision/points/touched_steps.py",
        "tests/theory/decision/points/test_touched_steps.py",
        (
            ("return None  # it stays away", "pass"),
            ("return _beyond(expression, region, upwards, start, lowest)", "return None"),
        ),
    ),
    (
        "theory/decision/arb/integrals_in_pieces.py",
        "tests/theory/decision/arb/test_integrals_in_pieces.py",
        (
            ("elif pieces and pieces[-1].meaning == meaning is not None:", "elif pieces:"),
            ("return branch if holds else None", "return branch"),
        ),
    ),
    (
        "theory/decision/algebra/roots_of_unity.py",
        "tests/theory/decision/algebra/test_roots_of_unity.py",
        (
            ("sp.cyclotomic_poly(2 * order, z), z)", "sp.cyclotomic_poly(order, z), z)"),
            ("or below.rem(modulus).is_zero", ""),
        ),
    ),
    (
        "theory/decision/points/both_signs.py",
        "tests/theory/decision/points/test_both_signs.py",
        (("if len(seen) == 2:", "if seen:"),),
    ),
)
