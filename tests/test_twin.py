"""The static twin of every widget: words where the page has them, and none on top of another's."""

from __future__ import annotations

import importlib
import itertools

import pytest
from matplotlib.legend import Legend
from matplotlib.text import Annotation

from course_lib import widgets
from course_lib.panels.compare import compare_panel
from course_lib.panels.explore import explore_panel
from course_lib.stage import Axis, Chart, Line, Scene, Text
from course_lib.stage.figure import figure

PANELS = {
    name: getattr(importlib.import_module(f"course_lib.panels.{home}"), f"{name}_panel")
    for name, home in widgets.HOMES.items()
} | {"explore": lambda: explore_panel("gelu"), "compare": lambda: compare_panel("mse", "mae", "huber")}
ONE_PIXEL = 1.0


def drawn(scene):
    made = figure(scene)
    made.draw_without_rendering()
    return made


def chart(*marks, title="", low=0.0):
    return Chart(title, Axis("", low, 1.0), Axis("", 0.0, 1.0), marks)


def keys(axes):
    """The rows of a chart's key, from the lowest."""
    return sorted((part for part in axes.get_children() if isinstance(part, Legend)), key=lambda row: box(row).y0)


def box(part):
    return part.get_window_extent()


def covered(one, two):
    """Pixels of width and height that two boxes share."""
    return min(one.x1, two.x1) - max(one.x0, two.x0), min(one.y1, two.y1) - max(one.y0, two.y0)


@pytest.fixture(params=PANELS)
def scenes(request):
    """Every first picture and every preset of a panel, by name."""
    panel = PANELS[request.param]()
    places = {"start": {}, **{preset.label: preset.values for preset in panel.presets}}
    return {name: panel.scene(**panel.complete(dict(values))) for name, values in places.items()}


@pytest.mark.parametrize("boxed", [False, True], ids=["bare", "boxed"])
@pytest.mark.parametrize("dy", [0.0, 30.0, -28.0])
def test_the_first_line_of_words_stands_where_a_single_line_stands(dy, boxed):
    texts = ("one", "one\ntwo", "one\ntwo\nthree")
    charts = tuple(chart(Text(0.5, 0.5, text, dy=dy, boxed=boxed)) for text in texts)
    axes = drawn(Scene(charts, "Words.", columns=3)).axes
    written = [next(part for part in one.get_children() if isinstance(part, Annotation)) for one in axes]
    assert [words.get_text() for words in written] == list(texts)
    tops = [box(words).y1 for words in written]
    assert tops == pytest.approx([tops[0]] * 3, abs=ONE_PIXEL)
    assert box(written[2]).height > 2 * box(written[0]).height


def test_a_key_has_as_many_rows_as_its_names_need():
    short = [f"name {number}" for number in range(3)]
    long = [f"a name of so many letters, number {number}" for number in range(3)]
    for names, columns, rows in ((short, 1, 1), (long, 2, 3)):
        marks = tuple(Line([0, 1], [0, 1], label=name) for name in names)
        axes = drawn(Scene((chart(*marks),) * columns, "Names.", columns=columns)).axes[0]
        told = [[text.get_text() for text in row.get_texts()] for row in reversed(keys(axes))]
        assert len(told) == rows
        assert list(itertools.chain(*told)) == names


def test_keys_and_titles_stay_clear_of_each_other_and_inside_the_picture(scenes):
    wrong = []
    for name, scene in scenes.items():
        made = drawn(scene)
        parts = [part for axes in made.axes for part in (*keys(axes), axes._left_title) if box(part).width > 1]
        for part in parts:
            if max(box(part).x1 - made.bbox.x1, box(part).y1 - made.bbox.y1) > ONE_PIXEL:
                wrong.append((name, "outside", str(part)))
        for one, two in itertools.combinations(parts, 2):
            if min(covered(box(one), box(two))) > 2 * ONE_PIXEL:
                wrong.append((name, str(one), str(two)))
    assert wrong == []
