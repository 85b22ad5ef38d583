"""Networks of neurons as symbols: feed-forward and convolutional nets, activations, distances between neurons."""
