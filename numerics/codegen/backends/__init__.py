"""Templates that print a program as Python source, one file per target.

===========  ===============================================================================================
module       question it answers
===========  ===============================================================================================
``numpy_``   Double precision, or single where all floating arguments are single; special functions of SciPy
``torch_``   Tensors of any floating type on any device, differentiable
``torch_special``  Functions that PyTorch lacks, by SciPy, with their derivatives
``torch_branches``  Branches that are not taken send no NaN back
``layers``   Layer programs on whole arrays of NumPy and PyTorch
``mpmath_``  As many digits as asked for; the judge of the others
``lost_digits``  How many digits did a run lose, and with how many must it run again?
===========  ===============================================================================================
"""
