"""Section 4 and Appendices C to F: gradient flow, diffusion matrices, attraction to invariant sets."""
