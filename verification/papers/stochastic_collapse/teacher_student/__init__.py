"""Section 6 and Appendices I, J: the modes of a linear network, their laws, random matrices."""
