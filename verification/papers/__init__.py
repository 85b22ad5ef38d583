"""One sub-package per paper: its claims, in the paper's order, and what they are measured on."""
