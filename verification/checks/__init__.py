"""Ways to judge a candidate: one module per check, each an implementation of :class:`check.Check`.

* ``check``: the interface of a check: it asks for tasks, and turns their results into findings about candidates.
* ``comparison``: a second deterministic opinion: values computed another way, against what each candidate predicts.
* ``conditions``: conditions and inequalities: on which side of a surface a point lies.
* ``figure``: the figure check: run a figure again, measure where its feature lies, compare with the stated location.
* ``intervals``: decisions from intervals: refuted, consistent to a stated resolution, or undecided.
* ``invariance``: the invariance check: train from a point of the set with real SGD, and see whether any step leaves
  it.
* ``measured_mean``: what a stage of an experiment measured, and what that says about a prediction.
* ``monte_carlo``: the Monte Carlo check: when do simulated numbers contradict a formula?
* ``namesakes``: two symbols of one name: SymPy holds them for different, a reader cannot tell them apart.
* ``naming``: the names of a statement's near misses, asked of a worker, which keeps what it made.
* ``sampling_plan``: how many samples decide, and whether those that came are of the kind that was planned for.
* ``stages``: what the tasks of a Monte Carlo check compute: a pilot, a chunk of a stage, the predictions.
* ``symbolic``: the symbolic check: residual zero in a normal form (PROVED), or a point in a ball that contradicts
  (REFUTED).
* ``finite_integral``: whether a density has a finite integral: at its ends, and at poles inside.
* ``densities``: is a candidate a stationary density of a process? Equation, sign, continuity, and integral, in that
  order.
* ``seams``: where a density or a coefficient changes its form: what must be continuous there.
"""
