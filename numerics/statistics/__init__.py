"""What the samples say.

===================  =======================================================================
module               question it answers
===================  =======================================================================
``estimators``       Moments, batch means and proportions that merge, each with its interval
``recorded``         Moments of named observables at the recorded times of a run
``groups``           Moments once for every label: which replicas carry it
``training_run``     What training many replicas leaves behind, and how pieces are joined
``sample_size``      How many samples does a check need? Computed before the run
``tails``            How heavy are the tails? Told by the largest samples
``goodness_of_fit``  Do the samples follow this law?
``at_rest``          Has a mean come to rest, and where?
===================  =======================================================================
"""
