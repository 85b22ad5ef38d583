"""The claims of "Saddle-to-Saddle" (arXiv 2604.06366), in the order of the catalogue.

Corlouer, Semler, Strang, Gietelink Oldenziel, "Stochastic Gradient Descent in the Saddle-to-Saddle Regime of Deep
Linear Networks" (2026).

===============  ============================================================================================
paper            the paper, its symbols, and the chain of layers from which modes are derived
measured         what claims are measured on: samples, steps and runs of SGD
long_runs        long runs of SGD with label noise: means, variances, the minimum they drift to
network_samples  gradient noise of small networks by samples of data
sgd_samples      samplers that train small networks by SGD, for experiments of claims
notation         DLN-P0-notation: slips of notation that a number decides
gradient_flow    DLN-GF1 .. DLN-GF4: modes under gradient flow (Section 2.3)
gradients        DLN-G1 .. DLN-G5: Jacobians, the population gradient and its zeros (Proposition 3.1)
covariance       DLN-P0-loss, DLN-C1 .. DLN-C5: the gradient noise (Proposition 3.2, Appendix B)
modes            DLN-D1 .. DLN-D2e: diffusion of modes (Proposition 3.3, Appendix C)
mode_drift       DLN-S1 .. DLN-S6, DLN-D2d, DLN-L1: drift of modes (Proposition 3.4, Appendix D)
balanced         DLN-I0 .. DLN-M4, DLN-0a: modes of aligned balanced layers, and whether they stay so (Prop. 3.5)
learning_speed   DLN-S8: what the noise changes, in orders of its strength (Sections 1.1 and 3)
diffusion_peak   DLN-D3a .. DLN-D3c: where the diffusion along a mode peaks (Section 4)
stationary       DLN-FP1 .. DLN-P10: Fokker-Planck equations and stationary laws (Section 5, Appendix F)
martingale       DLN-A1 .. DLN-A5: from steps to the SDE (Section 2.2, Appendix A)
finite_data      DLN-F1 .. DLN-F5: batches without replacement, minima of finite data (Appendix G)
experiments      DLN-H0, DLN-CODE1, DLN-CODE2, DLN-E4, DLN-E6, DLN-E9: what needs no training (Appendices H to K)
figures          DLN-E1 .. DLN-E15 by runs of SGD: the figures measured again (Sections 3 to 5, Appendices I to K)
related_work     DLN-GF5, DLN-R1 .. DLN-R3, DLN-E16: saddles, ranks and noise (Sections 1 and 2)
===============  ============================================================================================
"""
