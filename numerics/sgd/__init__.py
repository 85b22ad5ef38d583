"""Real stochastic gradient descent: small models in the fused kernel (``iterate``), networks with PyTorch."""
