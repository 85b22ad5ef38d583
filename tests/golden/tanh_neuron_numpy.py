def program(v0, v1, v2):
    """Computes, from v0 = w1, v1 = w2, v2 = eta:

        -w2*(1 - tanh(w1)**2)*(w2*tanh(w1) - 1/2)/2 + w2*(1 - tanh(2*w1)**2)*(-w2*tanh(2*w1) + 1)
        eta*(w2**2*(1 - tanh(w1)**2)**2*(w2*tanh(w1) - 1/2)**2 + 4*w2**2*(1 - tanh(2*w1)**2)**2*(-w2*tanh(2*w1) + 1)**2)/2
    """
    v3 = 2.0 * v0
    v4 = sech_squared(v3)
    v5 = np.tanh(v3)
    v6 = v1 * v5
    v7 = 1.0 - v6
    v8 = v4 * v7
    v9 = sech_squared(v0)
    v10 = np.tanh(v0)
    v11 = v1 * v10
    v12 = v11 - 0.5
    v13 = v9 * v12
    v14 = 0.5 * v13
    v15 = v8 - v14
    v16 = v1 * v15
    v17 = v13 * v13
    v18 = v8 * v8
    v19 = 4.0 * v18
    v20 = v17 + v19
    v21 = v1 * v1
    v22 = v21 * v20
    v23 = v2 * v22
    v24 = 0.5 * v23
    return v16, v24
