"""The linear teacher-student network in its modes: laws, means, errors, the drop of the learning rate."""
