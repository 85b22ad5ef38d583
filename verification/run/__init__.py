"""A run of the checks: tasks, workers, the store, and what a result depends on.

* ``cluster``: tasks on other machines: the workers of a Dask cluster as the executor of a run.
* ``database``: the SQLite file behind a store: opened by one writer at a time, checked before it is believed, rebuilt
  if damaged.
* ``fingerprint``: what a result depends on, as one hash: the code that computes and every file the claim draws on.
* ``place``: where the tasks of a run are computed: processes here, or a cluster.
* ``pool``: a process pool that survives the death of its workers.
* ``preloaded``: what the process that workers are forked from loads once: the libraries, the theory, and the hash of
  their code.
* ``preloaded_for_many``: what it loads too where many claims are to be judged: numerics and torch.
* ``process``: what the system tells of a process: how it was ended, and how much processor time it has used.
* ``prelude``: imported before anything else in the processes that workers are made from: one thread for each worker,
  and garbage collected rarely while the libraries are loaded.
* ``runner``: a run: hand out the tasks that investigations ask for, keep every result as it comes, pronounce the
  verdicts.
* ``settings``: what a run may be asked to do differently; everything else follows from the claims.
* ``store``: the store: one SQLite file that keeps every finished computation.
* ``summary``: what a run tells while it goes on, and when it is done.
* ``task``: units of work: what a check asks to have computed, in a form that any executor can carry and the store can
  keep.
* ``worker``: what happens inside a worker process: take one call, run it under a memory limit, send back what came of
  it.
"""
