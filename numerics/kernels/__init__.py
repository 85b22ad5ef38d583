"""Time loops with the state in registers.

================  ============================================================================================
module            question it answers
================  ============================================================================================
``kernel``        What does a step program compute, and what does a kernel promise? (sizes, precision, noise)
``cpu``           The fused kernel: machine code of this processor, through LLVM
``numpy_kernel``  Its plain twin, and what runs where llvmlite is missing
``layer_kernel``  The same for layer programs: many replicas of a small network
================  ============================================================================================
"""
