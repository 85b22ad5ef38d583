"""The figures of the saddle-to-saddle paper, run again: real SGD through layer programs, its SDE, gradient descent.

===================  ===================================================================================
module               figures and claims
===================  ===================================================================================
``runs``             what all share: the teacher, starts, four optimisers, what is read off
``mode_growth``      Figure 1: modes and the peaks that announce them (DLN-E12)
``optimisers``       Figure 2: order of learning, plateaus and ranks (DLN-E1, DLN-E11)
``diffusion``        Figures 1 and 3: observed diffusion against (7) (DLN-E2)
``time_scales``      Figures 2 and 3: how long SGD takes, how abrupt it is (DLN-E3, DLN-E13)
``learning_times``   mean, spread and order of learning times by SGD (statements of DLN-S8)
``end_of_training``  Figures 4, 5, 12: the first mode in the end (DLN-E5, DLN-E6)
``noise_models``     Section 5.1: which noise is the better model of SGD (DLN-E10)
``cross_modes``      Figure 6: cross modes while modes are learned (DLN-E7, DLN-E14)
``balance``          Figures 7 and 8: balance of layers from two kinds of starts (DLN-E8, DLN-E15)
``extrapolation``    law in the end, by SGD at three learning rates (statements of DLN-P5, DLN-M4)
``collapse``         where label noise makes SGD collapse (a statement of DLN-P3)
``splitting``        where the SDE and SGD end without label noise (statements of DLN-P2, DLN-P9)
``peak_in_runs``     peak of the diffusion before learning, depth two (a statement of DLN-D3c)
``ranks``            whether noise raises the rank of a map (statements of DLN-R1)
``smaller_start``    delay from the code's smaller starts (a statement of DLN-CODE2)
``small_rates``      distance from gradient flow as the learning rate falls (a statement of DLN-A2)
``two_losses``       learning times with the code's loss and the page's (a statement of DLN-CODE1)
``tails``            tail of one weight in long runs (a statement of DLN-P10)
``scaling``          Figures 9 to 11: scaling in eta and b, wide layers (DLN-E4, DLN-E9)
===================  ===================================================================================
"""
