def program(v0):
    """Computes, from v0 = w1:

        1 - cos(w1)
        exp(w1) - 1
        log(w1 + 1)
        log(exp(w1) + 1)
    """
    v1 = 0.5 * v0
    v2 = np.sin(v1)
    v3 = v2 * v2
    v4 = 2.0 * v3
    v5 = np.expm1(v0)
    v6 = np.log1p(v0)
    v7 = np.maximum(0.0, v0)
    v8 = np.abs(v0)
    v9 = -v8
    v10 = np.exp(v9)
    v11 = np.log1p(v10)
    v12 = v7 + v11
    return v4, v5, v6, v12
