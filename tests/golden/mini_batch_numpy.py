def program(v0, v1, v2, v3):
    """Computes, from v0 = w1, v1 = u_0, v2 = u_1, v3 = eta:

        -eta*((2*w1 - 2*Lookup(DistinctIndex(4, 2, u_0), 2, 4, -6, 8))*Lookup(DistinctIndex(4, 2, u_0), 1, 3, 5, 7)/4 + (2*w1 - 2*Lookup(DistinctIndex(4, 2, u_0, u_1), 2, 4, -6, 8))*Lookup(DistinctIndex(4, 2, u_0, u_1), 1, 3, 5, 7)/4) + w1
    """
    v4 = 3.0 * v1
    v5 = np.floor(v4)
    v6 = lookup(v5, 2.0, 4.0, -6.0, 8.0)
    v7 = v0 - v6
    v8 = 2.0 * v7
    v9 = lookup(v5, 1.0, 3.0, 5.0, 7.0)
    v10 = v9 * v8
    v11 = 4.0 * v2
    v12 = np.floor(v11)
    v13 = np.equal(v12, v5)
    v14 = np.where(v13, 3.0, v12)
    v15 = lookup(v14, 2.0, 4.0, -6.0, 8.0)
    v16 = v0 - v15
    v17 = 2.0 * v16
    v18 = lookup(v14, 1.0, 3.0, 5.0, 7.0)
    v19 = v18 * v17
    v20 = v10 + v19
    v21 = 0.25 * v20
    v22 = v3 * v21
    v23 = v0 - v22
    return (v23,)
