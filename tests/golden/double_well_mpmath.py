def program(v0, v1, v2):
    """Computes, from v0 = theta, v1 = mu, v2 = zeta:

        mu*theta - theta**3
        theta*zeta
    """
    v3 = v0 ** 2
    v4 = minus(v1, v3)
    v5 = v0 * v4
    v6 = v2 * v0
    return v5, v6
