"""The claims of "Saddle-to-Saddle" (arXiv 2604.06366), in the order of the catalogue.

Corlouer, Semler, Strang, Gietelink Oldenziel, "Stochastic Gradient Descent in the Saddle-to-Saddle Regime of Deep
Linear Networks" (2026).

===============  ============================================================================================
paper            the paper, its symbols, and the chain of layers from which modes are derived
gradient_flow    DLN-GF1 .. DLN-GF4: modes under gradient flow (Section 2.3)
diffusion_peak   DLN-D3a .. DLN-D3c: where the diffusion along a mode peaks (Section 4)
===============  ============================================================================================
"""
