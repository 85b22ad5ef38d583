"""Settings shared by all tests: SymPy is slow the first time and fast the second, so no test has a deadline."""

import hypothesis

hypothesis.settings.register_profile("driftproof", deadline=None, derandomize=True, database=None, print_blob=True)
hypothesis.settings.load_profile("driftproof")
