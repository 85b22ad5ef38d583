def program(v0, v1, v2):
    """Computes, from v0 = w1, v1 = w2, v2 = eta:

        -w2*(1 - tanh(w1)**2)*(w2*tanh(w1) - 1/2)/2 + w2*(1 - tanh(2*w1)**2)*(-w2*tanh(2*w1) + 1)
        eta*(w2**2*(1 - tanh(w1)**2)**2*(w2*tanh(w1) - 1/2)**2 + 4*w2**2*(1 - tanh(2*w1)**2)**2*(-w2*tanh(2*w1) + 1)**2)/2
    """
    v3 = 2.0 * v0
    v4 = np.tanh(v3)
    v5 = v4 * v4
    v6 = 1.0 - v5
    v7 = v1 * v4
    v8 = 1.0 - v7
    v9 = v6 * v8
    v10 = np.tanh(v0)
    v11 = v10 * v10
    v12 = 1.0 - v11
    v13 = v1 * v10
    v14 = v13 - 0.5
    v15 = v12 * v14
    v16 = 0.5 * v15
    v17 = v9 - v16
    v18 = v1 * v17
    v19 = v15 * v15
    v20 = v9 * v9
    v21 = 4.0 * v20
    v22 = v19 + v21
    v23 = v1 * v1
    v24 = v23 * v22
    v25 = v2 * v24
    v26 = 0.5 * v25
    return v18, v26
