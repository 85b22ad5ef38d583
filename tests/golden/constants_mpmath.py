def program(v0):
    """Computes, from v0 = w1:

        w1/3 + sqrt(2)*pi
        0.1*w1
    """
    k0 = exact(0)  # 3602879701896397/36028797018963968
    k1 = exact(1)  # sqrt(2)*pi
    k2 = exact(2)  # 1/3
    v1 = k2 * v0
    v2 = plus(k1, v1)
    v3 = k0 * v0
    return v2, v3
