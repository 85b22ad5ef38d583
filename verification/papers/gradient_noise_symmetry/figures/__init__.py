"""Figures of the symmetry paper run again, on small networks; what the page does not give is said by each claim.

===========  ==============================================================================================
norms        SYM-15: networks with normalised weights (Figure 2)
alignment    SYM-24, SYM-25, SYM-33: alignment under SGD and under gradient descent (Figures 3 left, 4, 5)
flattening   of SYM-35: the trace of the Hessian after Kaiming initialisation against the width (Figure 3 right)
drawn        pictures of alignment
===========  ==============================================================================================
"""
