"""Figures of the symmetry paper run again, on small networks; what the page does not give is said by each claim.

===========  ==============================================================================================
norms        SYM-15: networks with normalised weights (Figure 2)
alignment    SYM-24, SYM-25, SYM-33: alignment under SGD and under gradient descent (Figures 3 left, 4, 5)
===========  ==============================================================================================
"""
