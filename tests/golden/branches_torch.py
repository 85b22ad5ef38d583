def program(v0, v1):
    """Computes, from v0 = w1, v1 = w2:

        Piecewise((sqrt(2)*w1, w1 > 0), (0, w1 > -1))
        Max(0, w1, w2)
        Heaviside(w1)
    """
    v2 = -1.0 < v0
    v3 = torch.where(v2, v0.new_tensor(0.0), v0.new_tensor(nan))
    v4 = 0.0 < v0
    v5 = 1.4142135623730951 * v0
    v6 = torch.where(v4, v5, v3)
    v7 = torch.maximum(v0.new_tensor(0.0), v0)
    v8 = torch.maximum(v7, v1)
    v9 = sign(v0)
    v10 = 0.5 * v9
    v11 = 0.5 + v10
    return v6, v8, v11
