"""Noise by address: a number depends on seed, stream, trajectory and step alone.

================  ===================================================================
module            question it answers
================  ===================================================================
``philox``        The generator: 128 random bits as a function of a counter and a key
``layout``        Which words of the generator belong to which step and trajectory?
``normal``        From words to standard normals
``uniform``       From words to uniforms on (0, 1)
``spiked_noise``  A signal in a large random matrix, without making the matrix
================  ===================================================================

The fused kernel and PyTorch make the same words in :mod:`numerics.kernels.cpu.noise` and
:mod:`numerics.sgd.torch_philox`.
"""
