"""Section 5 and Appendix G: the single neuron, pairs of neurons, how vanishing and identical neurons are counted."""
