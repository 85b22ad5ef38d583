"""Exact decisions: is an expression zero, what is its sign, where does a condition hold?"""
