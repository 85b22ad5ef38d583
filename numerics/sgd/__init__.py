"""Real stochastic gradient descent, run with PyTorch."""
