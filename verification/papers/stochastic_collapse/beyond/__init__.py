"""Beyond the page: discrete time, windows, momentum, weight decay, Adam, skewed noise, a machine-made summary."""
