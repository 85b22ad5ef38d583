"""Does an invariant set attract? Rates at a point, linearisations next to a set, Lyapunov exponents."""
