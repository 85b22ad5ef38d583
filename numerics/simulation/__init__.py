"""One call of ``simulate`` or ``iterate``, in the order in which it is planned and run.

======================  ========================================================================================
module                  question it answers
======================  ========================================================================================
``simulate``            Trajectories of a process: plan, chunks, merge
``iterate``             The same for a recursion: SGD on small models as it is
``options``             How is it run? (precision, backend, threads, streams; no mathematics)
``plan``                Are all arguments right? One frozen record, sent to workers as it is
``default_scheme``      Which scheme steps a process when none is named?
``on_interval``         Which steps keep a process on a given interval?
``one_step``            Scheme or recursion: what moves the state by one step?
``domain``              What must a step keep, and which poles may it not pass?
``accumulators``        What else is carried along the path? (extremes, crossings, sign changes, time integrals)
``brownian``            What happens between two grid points?
``log_coordinates``     How is a collapse followed to 1e-300 and beyond?
``step_definition``     Which program and which kernel is that?
``chunks``              Blocks of trajectories, simulated anywhere and merged in order
``elsewhere``           Chunks computed by an executor: processes, the workers of a cluster
``observing``           Divergence, moments and sign changes, taken on the way
``coupled_levels``      How large is the error of the step? (coarse and fine paths on one noise)
``simulated_exponent``  The top Lyapunov exponent, by simulation with renormalisation
======================  ========================================================================================
"""
