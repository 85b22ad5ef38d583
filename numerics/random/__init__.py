"""Noise by address: the counter-based generator Philox and the normals made from its words."""
