"""Real stochastic gradient descent, without the limit of small steps.

Small models run in the fused kernels (:mod:`numerics.simulation.iterate`), networks of any shape run with PyTorch; both
draw their noise from counters, so that a replica is the same whatever runs beside it.

======================  =====================================================================================
module                  question it answers
======================  =====================================================================================
``empirical_loss``      What is trained: which module, which loss of a sample, which data?
``sample_mixing``       Is the loss a sum over samples? (batch normalisation and dropout are refused)
``backward_mixing``     Is the gradient of a batch made of those of its samples? (hooks, scaled embeddings)
``module_copy``         How is a module copied that keeps a weight it computed?
``batches``             How is a mini-batch drawn?
``minibatches``         The mini-batches of all replicas, drawn for many steps at once
``descent``             The steps that every training makes
``label_noise``         What noise do the labels get?
``optimisers``          What is one step? (SGD with momentum and weight decay, Adam)
``hyperparameters``     Numbers that all replicas share, or that each has its own of
``torch_philox``        Which noise does a replica get at a step? (the words of :mod:`numerics.random`)
``replicas``            Train many replicas side by side
``recorder``            Moments of observables, taken while they train
``replica_run``         What training leaves behind, and how pieces are put together
``threads``             How many threads does PyTorch use?
``gradient_noise``      What is the covariance of the gradient, as a matrix, a product or its top eigenpairs?
``weight_sets``         Which weights vanish or agree: sign and permutation sets of any network
``module_invariance``   How far do SGD and Adam leave such a set?
``invariance``          The same for the symbolic networks of :mod:`theory.networks`
``convolutional``       The same for their channels
``charge_path``         Does a charge follow its exact law in every step?
``module_symmetries``   Which affine symmetries does a module have on its data, numerically?
``module_equilibrium``  Where do noise and decay bring its charges to rest, numerically?
``preloaded``           What ``torch.func`` imports at the first gradient, for many processes at once
``linear_networks``     SGD of two-layer linear networks, by matrix products
``linear_student``      A linear student of a noisy teacher, mode by mode, and its errors
======================  =====================================================================================
"""
