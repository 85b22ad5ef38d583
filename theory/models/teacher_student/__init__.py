r"""The linear teacher-student network in its modes: laws, means, errors, the drop of the learning rate.

* ``error``: what a noisy mode contributes to the test error of a linear student.
* ``learning_rate_drop``: a mode of a linear student near zero, at one learning rate and then at a smaller one.
* ``mean``: exact facts about the mean of a student mode, :math:`m(t) = E\hat s(t)`, and the bounds that follow.
* ``modes``: the linear teacher-student network with structured label noise.
* ``stochastic_logistic``: the stochastic Verhulst process and the exact law of its mean, from the spectrum of its
  generator.
"""
