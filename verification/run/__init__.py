"""A run of the checks: tasks, workers, the store, and what a result depends on."""
