"""Time loops with the state in registers: the interface of a kernel, its NumPy twin, the fused CPU kernel."""
