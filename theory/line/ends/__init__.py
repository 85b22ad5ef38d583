r"""How scale, speed and a process behave at the ends of an interval, and at singular points inside.

* ``boundary``: scale, speed, and Feller's classification of the ends of a diffusion on the line.
* ``crossings``: what a process does at a point inside where a coefficient is singular and changes its form.
* ``endpoints``: how :math:`\\exp\\int\rho` behaves at an end of an interval.
* ``feller``: Feller's classes of an end, from the behaviour of scale and diffusion beside it.
* ``growth``: ends of a diffusion whose coefficients no chart holds, from their growth.
"""
