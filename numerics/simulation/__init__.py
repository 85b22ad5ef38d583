"""One call of `simulate` or `iterate`, in the order in which it is planned and run."""
