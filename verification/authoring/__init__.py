"""How a paper is written down: the shorthand of claims, predictions, simulated experiments, figures.

* ``draws``: runs of a model by the draw that a check asks for: its trajectories, its stage.
* ``figures``: what measuring a figure again has in common: seeds, where a curve crosses, which features are there.
* ``invariant_sets``: affine sets of weights that training keeps, by the gradient of any sample and by runs of SGD.
* ``new_project``: a small project to start from: ``driftproof init FOLDER``.
* ``predictions``: what a candidate formula predicts for a measured number: substitution, an integral, a value along a
  path.
* ``replicas``: numbers that several runs of one setting gave: means with errors, intervals, which of two is the
  smaller.
* ``shares``: figures of how many runs have collapsed: their rows, features, picture and table in one record.
* ``shorthand``: the shorthand in which claims are written: one call a statement.
* ``simulated``: experiments declared by a model, an observable and a point; how they are sampled stands here alone.
* ``statement_arguments``: what the builders of statements refuse: slips that would otherwise be judged in silence.
"""
