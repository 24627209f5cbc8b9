"""Where a field over the plane has one level, as marks that are seen on every colour of a heat map."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from course_lib.spec import Array
from course_lib.stage import Line, Text
from course_lib.stage.scene import Mark

# A black line with a white rim.
WIDTH, RIM = 2.5, 1.5


def contour(along: Array, field: Array, level: float, text: str = "", label: str = "") -> Iterator[Mark]:
    """The places where `field`, (n, n) over the places `along` of both axes, has this level; nothing if it has none.

    `text` stands once on the line itself, `label` in the chart's key.
    """
    from contourpy import contour_generator

    pieces = contour_generator(along, along, field).lines(level)
    if not pieces:
        return
    # A NaN lifts the pen between two pieces.
    gap = np.full((1, 2), np.nan)
    x, y = np.concatenate([part for piece in pieces for part in (piece, gap)]).T
    yield Line(x, y, role="white", width=WIDTH + 2 * RIM)
    yield Line(x, y, role="black", width=WIDTH, label=label)
    if text:
        longest = max((np.asarray(piece) for piece in pieces), key=len)
        middle = longest[len(longest) // 2]
        yield Text(float(middle[0]), float(middle[1]), text, side="centre", boxed=True)
