"""Section 5 and Appendix F: the stationary laws of the modes."""
