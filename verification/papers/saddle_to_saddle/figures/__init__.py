"""The figures of the saddle-to-saddle paper, run again: real SGD through layer programs, its SDE, gradient descent.

===============  ==========================================================================
module           figures and claims
===============  ==========================================================================
``runs``         what all share: the teacher, starts, four optimisers, what is read off
``mode_growth``  Figure 1: modes and the peaks that announce them (DLN-E12)
``diffusion``    Figures 1 and 3: observed diffusion against (7) (DLN-E2)
``time_scales``  Figures 2 and 3: how long SGD takes, how abrupt it is (DLN-E3, DLN-E13)
===============  ==========================================================================
"""
