"""The fused CPU kernel: LLVM IR made from a program, compiled in process.

====================  ================================================================================
module                question it answers
====================  ================================================================================
``kernel``            Compile a step program once, run it on threads, keep the kernels used last
``time_loop``         The IR: loop over blocks of lanes, time loop inside it, the program in its body
``vectors``           Arithmetic on vectors of lanes; which operations are fused
``elementary``        exp, log, sin, tanh and their kin on vectors, with bounded errors
``inverse``           Their inverses: arctan, arcsinh and the like
``erf``               Error functions
``gamma``             The gamma function and its logarithm
``bessel``            Bessel functions I and J of small orders
``vocabulary``        Which operations have vector code? The others are named
``fitted``            The polynomials of the last three, made when they are needed
``noise``             Philox and Box-Muller on vectors: the same words as :mod:`numerics.random`
``lookup``            Entries of a table by number
``layer_kernel``      The same for layer programs: replicas of small networks in lanes
``layer_code``        From a layer program to IR: noise, time loop, workspace
``layer_operations``  Its operations as IR
``tiles``             Small matrix products, a register tile at a time
``target``            The host processor, the optimiser, machine code. The only module that imports llvmlite
====================  ================================================================================
"""
