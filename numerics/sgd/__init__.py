"""Real stochastic gradient descent, without the limit of small steps.

Small models run in the fused kernels of :func:`numerics.simulation.simulate.simulate`, networks of any shape run with
PyTorch;
both draw their noise from counters, so that a replica is the same whatever runs beside it.

=====================  ========================================================================================
module                 question it answers
=====================  ========================================================================================
``iterate``            How does a recursion of formulas run on many replicas? (the fused kernel)
``empirical_loss``     What is trained: which module, which loss of a sample, which data?
``sample_mixing``      Is the loss a sum over samples? (batch normalisation and dropout are refused)
``batches``            How is a mini-batch drawn? (``minibatches`` draws them)
``label_noise``        What noise do the labels get?
``optimisers``         What is one step? (SGD with momentum and weight decay, Adam)
``replicas``           Train many replicas side by side, statistics on the way (``replica_run`` holds them)
``gradient_noise``     What is the covariance of the gradient, as a matrix, a product or its top eigenpairs?
``weight_sets``        Which weights vanish or agree: sign and permutation sets of any network
``module_invariance``  How far do SGD and Adam leave such a set?
``invariance``         The same for the networks of ``theory.symmetry``; ``convolutional`` for channels
``linear_networks``    SGD of linear networks with matrices
=====================  ========================================================================================
"""
