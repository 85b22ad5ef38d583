"""The fused CPU kernel: LLVM IR made from a program, compiled in process."""
