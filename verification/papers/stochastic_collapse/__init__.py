"""The claims of "Stochastic Collapse" (arXiv 2306.04251), in the order of the catalogue.

Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse: How Gradient Noise Attracts SGD Dynamics Towards Simpler
Subnetworks" (2023).

================  ==========================================================================================
sets              SC-001 .. SC-015: invariant sets of networks, symmetries, residual connections
attraction        SC-020 .. SC-043, SC-099: gradient flow, diffusion matrices, attraction, the double well
neurons           SC-050 .. SC-063, SC-098: the single neuron, pairs, diagnostics, deep networks
teacher_student   SC-070 .. SC-097: modes of a linear network, their laws, random matrices, generalisation
beyond            SC-110 .. SC-120: discrete time, windows, momentum, weight decay, Adam, a machine-made summary
measured          samplers and measurements behind the experiments of the other rooms
figures           Figures 1, 2, 5, 7 and 11: measured again, drawn, judged
================  ==========================================================================================
"""
