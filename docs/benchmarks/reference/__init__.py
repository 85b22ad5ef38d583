"""The hand-written C reference of the benchmarks, compiled on demand where a C compiler exists."""
