"""Sample sizes, intervals and the decisions they allow."""
