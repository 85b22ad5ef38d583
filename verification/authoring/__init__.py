"""How a paper is written down: the shorthand of claims, predictions, simulated experiments, figures."""
