"""Pictures as inline SVG.

* ``curves``: pictures of figures measured again: panels of curves with bars, lines and guides, weights as points, their
  tables.
* ``intervals``: pictures of what was measured: an interval against the values that the forms of a statement predict.
* ``paths``: trajectories at one parameter, with the law that they come to beside them.
* ``svg``: Matplotlib figures as inline SVG that is the same in every byte each time, and follows the page's colours.
"""
