"""Panels of later lessons on the stage as it is: drawn at every extreme by both renderers, tabled, run, recorded."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from panel_states import any_state, extremes
from stage_to_come import DEPTH, DESIGN, FAN, LANDSCAPE, SIMPLEX, TO_COME, TREE

from course_lib import plots
from course_lib.stage import Line, Stage, Text
from course_lib.stage.encode import RECORDED_STEPS, frame_bytes, read, table_bytes
from course_lib.stage.figure import figure
from course_lib.stage.page import limits


@pytest.fixture(params=TO_COME)
def panel(request):
    return TO_COME[request.param]


def test_it_is_drawn_at_its_extremes(panel):
    for params in extremes(panel):
        scene = panel.scene(**params)
        assert len(frame_bytes(scene, panel.result(params, scene))) < 100_000


def test_its_twin_is_drawn_with_every_control_at_either_end(panel):
    for params in list(extremes(panel))[-2:]:
        assert len(plots.png(figure(panel.scene(**params)))) < 150_000


@pytest.mark.parametrize("name", TO_COME)
def test_it_is_drawn_in_any_state(name):
    panel = TO_COME[name]

    @settings(max_examples=25, deadline=None)
    @given(params=any_state(panel))
    def draw(params):
        scene = panel.scene(**params)
        assert "nan" not in scene.says
        assert panel.from_text(panel.to_text(params)) == params

    draw()


def test_its_page_is_small(panel):
    assert len(table_bytes(panel, panel.defaults)) < 1_500_000


# Scenes by value -----------------------------------------------------------------------------------------------------


def test_every_cell_of_the_depth_map_can_be_pressed_and_says_its_number():
    scene = DEPTH.scene(**DEPTH.defaults)
    matrix = scene.charts[0]
    for spot in matrix.spots:
        chosen = DEPTH.scene(**{**DEPTH.defaults, **DEPTH.accept(spot.values)})
        middle = (float(np.mean(spot.x)), float(np.mean(spot.y)))
        words = next(mark for mark in matrix.marks if isinstance(mark, Text) and (mark.x, mark.y) == middle)
        # The map is cut off at a billionth.
        assert float(words.text) == pytest.approx(math.log10(max(chosen.facts["size"], 1e-9)), abs=0.06)
        assert [one.on for one in chosen.charts[0].spots].index(True) == matrix.spots.index(spot)


def test_the_fan_is_widest_outside():
    areas = [mark for mark in FAN.scene(**FAN.defaults).charts[0].marks if type(mark).__name__ == "Area"]
    widths = [float((area.high - area.low).mean()) for area in areas]
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize("dog", [0, 0.3, 1])
@pytest.mark.parametrize("owl", [0, 0.4, 1])
def test_the_point_of_the_simplex_stays_inside_it(dog, owl):
    handle = SIMPLEX.scene(dog=dog, owl=owl, smoothing=0.1).charts[0].handles[0]
    x, y = handle.x, handle.y / math.sqrt(0.75)
    assert y / 2 - 1e-9 <= x <= 1 - y / 2 + 1e-9


def test_only_the_way_to_the_chosen_leaf_is_thick():
    lines = [mark for mark in TREE.scene(leaf="many").charts[0].marks if isinstance(mark, Line)]
    assert sum(line.width > 2 for line in lines) == 2


# A run that leaves its mark in the state -----------------------------------------------------------------------------


def test_a_paused_run_is_given_back_by_its_state():
    stage = Stage(LANDSCAPE)
    for _ in range(5):
        stage.step()
    again = Stage(LANDSCAPE)
    again.state = stage.state
    assert again.params["steps"] == 5
    assert again.frame == stage.frame


def test_a_run_goes_on_from_the_state_that_was_given():
    stage = Stage(LANDSCAPE, steps=7)
    stage.step()
    assert stage.params["steps"] == 8


def test_moving_the_start_begins_the_run_again():
    stage = Stage(LANDSCAPE, steps=7)
    stage.move(u=1.0)
    assert stage.params["steps"] == 0


def test_a_state_that_names_the_steps_keeps_them():
    stage = Stage(LANDSCAPE)
    stage.move(u=1.0, steps=9)
    assert stage.params["steps"] == 9


def test_a_control_moved_in_a_pause_is_seen_at_once():
    stage = Stage(LANDSCAPE)
    for _ in range(20):
        stage.step()
    stage.move(rate=0.01)
    assert stage.scene.facts == LANDSCAPE.scene(**{**LANDSCAPE.defaults, "rate": 0.01, "steps": 20}).facts
    stage.step()
    assert stage.params["steps"] == 21


def test_the_end_of_a_run_is_said():
    stage = Stage(LANDSCAPE, steps=59)
    assert stage.step()
    assert stage.note == ""
    assert not stage.step()
    assert "ended" in stage.note
    stage.move(steps=3)
    assert stage.note == ""


# Without a kernel ----------------------------------------------------------------------------------------------------


def test_a_recording_takes_the_place_of_the_grid():
    recorded = replace(LANDSCAPE, record=lambda params: LANDSCAPE.run({**params, "steps": 50}))
    head, _ = read(table_bytes(recorded, recorded.defaults))
    assert [len(values) for _, values in head["axes"]] == [1, 1, 1, 1]
    assert len(head["frames"]) == 1
    assert [frame["moves"]["steps"] for frame in head["recorded"]] == list(range(51, 61))
    assert "open the widget in JupyterLab" in limits(recorded, head["leads"])


def test_an_endless_run_is_recorded_in_part():
    endless = replace(LANDSCAPE, run=lambda params: iter(lambda: LANDSCAPE.scene(**LANDSCAPE.defaults), None))
    assert len(read(table_bytes(endless, endless.defaults))[0]["recorded"]) == RECORDED_STEPS


def test_an_action_is_offered_where_all_its_ends_are_in_the_table():
    wide = replace(DESIGN, controls=tuple(replace(control, default=0.0) for control in DESIGN.controls), presets=())
    head, _ = read(table_bytes(wide, wide.defaults))
    (leads,) = head["leads"]
    values = dict(head["axes"])["a"]
    # The last control varies fastest: one step along it is the mirror image of one step along the first.
    assert leads[1] == len(values) ** 4
    assert [leads[leads[index]] for index in range(len(leads))] == list(range(len(leads)))


def test_an_action_that_leads_off_the_table_is_named_as_one_for_the_notebook():
    head, _ = read(table_bytes(DESIGN, DESIGN.defaults))
    assert head["leads"] == [None]
    assert "Only there: “Mirror”" in limits(DESIGN, head["leads"])
