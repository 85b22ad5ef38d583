"""One module per target: what a program becomes, and how it runs.

``mpmath_``, ``numpy_`` and ``torch_`` print a program as Python source. ``cpu_`` builds a fused SIMD time loop through
LLVM (parts: ``llvm_*``), ``numpy_kernel`` is its plain twin; both implement ``stepping.SteppingKernel``.
"""
