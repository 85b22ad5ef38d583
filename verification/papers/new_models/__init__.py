"""Closed forms of driftproof's own: ten models, each from its loss to a law, judged like the claims of a paper.

No paper prints them; sources are OURS throughout, so they are counted apart from what papers say.

====================  =======================================================================================
paper                 the collection and its symbols
descent               real SGD, which its experiments run
products              NM-1, NM-2: products of two vectors, charges and balance
chains                NM-3, NM-4: chains of scalar layers, their law and where finite steps collapse
gaussian_window       of NM-4: the same on Gaussian data
diagonal              NM-5: a diagonal linear network
label_noise           NM-6: the slow drift of label noise
at_rest               NM-7, NM-8: stationary variances of a quadratic loss and of linear regression
norms                 NM-9: scale invariance with weight decay
two_layers            NM-10: two layers at a given product
====================  =======================================================================================
"""
