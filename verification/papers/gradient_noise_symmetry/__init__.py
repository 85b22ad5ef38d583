"""The claims of "The Implicit Bias of Gradient Noise: A Symmetry Perspective" (arXiv 2402.07193).

Ziyin, Wang, Li, Wu (2024). The text at hand has lost its formulas: most are reconstructed from the prose, and no
verdict rests on a constant that the prose does not fix.

=====================  =======================================================================================
paper                  the paper, its symbols, and the small models on which general statements are judged
descent                real SGD of small models, for the experiments
noether                SYM-01 .. SYM-04, SYM-06 .. SYM-08, SYM-10, SYM-28, SYM-42: Sections 1 to 3.2, Appendix A.1
exponential            SYM-05, SYM-32, SYM-48: which symmetries the framework has (Sections 2, 3.2, 5)
fixed_point            SYM-11, SYM-12, SYM-30, SYM-43: Theorem 1 (Section 3.3, Appendix A.2)
degenerate_directions  SYM-27, SYM-29, SYM-34, SYM-44: motion along them, and steps of the proof of Theorem 1
applications           SYM-14, SYM-16 .. SYM-18: scale invariance, double rotation, sign coherence (Sections 4.1, 4.2)
balance                SYM-19, SYM-20, SYM-21c, SYM-45: Theorem 2 (Section 4.3, Appendix B)
two_layers             SYM-21, SYM-21b, SYM-46: the trace of the Hessian (Section 4.3, Appendix A.4)
near_a_minimum         SYM-23, SYM-38, SYM-39: where SGD rests near a minimum without the symmetry (Section 4.4)
broken_symmetry        SYM-22, SYM-37, SYM-40, SYM-41: losses with a part that has no symmetry (Section 4.4)
long_times             SYM-09, SYM-13, SYM-47: what comes late, and what never ends (Sections 1, 3.2, 5, 6)
noise_of_layers        SYM-31: the noise of different layers at the end of training (Section 3.3)
end_of_training        SYM-26, SYM-35, SYM-36: norms and sharpness at the end (Section 4.3)
figures                SYM-15, SYM-24, SYM-25, SYM-33: figures run again (Figures 2 to 5)
beyond                 SYM-D1 .. SYM-D3: what the page does not have, the exact law of every step among it
=====================  =======================================================================================
"""
