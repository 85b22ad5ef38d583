"""Pictures as inline SVG.

* ``curves``: pictures of figures measured again: curves with bars and vertical lines, panels, weights as points.
* ``intervals``: pictures of what was measured: an interval against the values that the forms of a statement predict.
* ``svg``: Matplotlib figures as inline SVG that is the same in every byte each time, and follows the page's colours.
"""
