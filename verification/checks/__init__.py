"""Ways to judge a candidate: one module per check, each an implementation of :class:`check.Check`."""
