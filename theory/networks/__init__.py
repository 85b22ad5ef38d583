"""Networks of neurons as symbols: feed-forward and convolutional nets, activations, distances between neurons.

* ``activations``: activation functions as symbols: the named ones, and arbitrary ones that pass through the origin.
* ``convolutional``: small convolutional networks with symbols for weights: channels play the part of neurons.
* ``feed_forward``: small feed-forward networks with symbols for weights, and the sets that vanishing and identical
  neurons span.
* ``layered``: what networks of layers have in common: own weights of a unit, and the sets that vanishing and
  identical units span.
* ``neurons``: how far apart are two neurons, which have vanished, how many directions do they span: the formulas.
"""
