"""The galleries: every entry has a card, a picture and a row, a new one by itself, and the fields work."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from course_lib import activations, gallery, losses, plots
from course_lib.catalogue import Catalogue
from course_lib.gallery import curves
from course_lib.gallery.cards import FAMILIES, by_family, folded
from course_lib.gallery.table import choices, chosen
from course_lib.numerics import central_difference
from course_lib.panels.compare import is_drawn
from course_lib.stage import Stage

ROOT = Path(__file__).resolve().parents[1]
CATALOGUES = {"activation": activations.CATALOGUE, "loss": losses.CATALOGUE}
STORED = {"activation": "90_gallery_activations", "loss": "91_gallery_losses"}
ENTRIES = [pytest.param(entry, id=entry.name) for one in CATALOGUES.values() for entry in one.values()]
ALONG_A_PATH = [pytest.param(e, id=e.name) for e in losses.CATALOGUE.values() if not is_drawn(e)]


@pytest.fixture(params=CATALOGUES)
def kind(request):
    return request.param


@pytest.fixture
def grown(kind):
    """A small catalogue with a new entry in a family of its own, which nobody has written a sentence about."""
    known = {"activation": ("relu", "tanh"), "loss": ("mae", "mse")}[kind]
    entries = [CATALOGUES[kind][name] for name in known]
    entry = replace(entries[1], name="newcomer", title="Newcomer", family="invented", lesson=None)
    return Catalogue(kind, [*entries, entry]), entry


@pytest.fixture
def keep():
    """keep(chooser) closes its widgets at the end."""
    made = []
    yield lambda chooser: made.append(chooser) or chooser
    for chooser in made:
        for stage in chooser.made.values():
            stage.close()


def put_out(make) -> list[dict]:
    """The data of everything that a cell displays."""
    shown = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.display.display", lambda made, raw=False, **_: shown.append(made if raw else made.data))
        make()
    return shown


@pytest.fixture(scope="module")
def pages():
    """What the cells with all cards display."""
    return {kind: put_out(lambda kind=kind: gallery.cards(CATALOGUES[kind])) for kind in CATALOGUES}


def stored_outputs(kind):
    notebook = json.loads((ROOT / "notebooks" / f"{STORED[kind]}.ipynb").read_text(encoding="utf-8"))
    return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]


def stored_text(kind, mime):
    return "\n".join("".join(output["data"].get(mime, "")) for output in stored_outputs(kind) if "data" in output)


# Cards ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_card_says_all_that_the_catalogue_says(entry):
    text = html.unescape(re.sub(r"<[^>]+>", "", folded(entry)))
    slope = entry.derivative_formula if isinstance(entry, activations.Activation) else entry.gradient_formula
    told = [entry.title, entry.name, f" {entry.formula}$", f" {slope}$"]
    told += [call.call for call in entry.frameworks]
    told += [str(use.source.year) for use in entry.used]
    assert [words for words in told if words not in text] == []
    # Backquotes turn into a font.
    prose = [entry.says, *(t.text for t in (*entry.strengths, *entry.weaknesses)), *(u.text for u in entry.used)]
    assert [words for words in prose if words.replace("`", "") not in text] == []


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_card_is_well_formed(entry):
    written = folded(entry)
    opened = re.findall(r"<(\w+)[^>]*>", written)
    closed = re.findall(r"</(\w+)>", written)
    assert sorted(opened) == sorted(closed)


def test_a_card_says_what_holds_for_all_scores_together():
    text = re.sub(r"<[^>]+>", "", folded(activations.get("softmax")))
    assert "sum of the outputs: 1; unchanged by a common shift: yes" in text


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("sigmoid", "https://doi.org/10.1162/neco.1997.9.8.1735"),
        ("gelu", "https://arxiv.org/abs/1606.08415"),
        ("huber", "https://doi.org/10.1214/aoms/1177703732"),
    ],
)
def test_sources_are_linked(name, address):
    entry = activations.CATALOGUE.get(name) or losses.get(name)
    assert f'href="{address}"' in folded(entry)


def test_a_card_leads_to_the_lesson_beside_the_notebook_and_to_no_other(monkeypatch, tmp_path):
    (tmp_path / "03_sigmoid.ipynb").touch()
    monkeypatch.chdir(tmp_path)
    assert '<a href="03_sigmoid.ipynb">lesson 03</a>' in folded(activations.get("sigmoid"))
    assert ".ipynb" not in folded(activations.get("relu"))


def test_one_card_shows_its_picture_and_is_open():
    picture, words = put_out(lambda: gallery.card("gelu"))
    assert base64.b64decode(picture["image/png"]).startswith(b"\x89PNG")
    assert re.match(r"<details [^>]*open>", words["text/html"])


def test_a_misspelt_card_is_refused_with_advice():
    with pytest.raises(ValueError, match="did you mean 'gelu'"):
        gallery.card("gelo")


def test_the_page_holds_every_family_and_every_card(kind, pages):
    catalogue, outputs = CATALOGUES[kind], pages[kind]
    # JupyterLab hides what comes after the fiftieth output of a cell.
    assert len(outputs) == 3 * len(by_family(catalogue)) <= 50
    written = "".join(output.get("text/html", "") for output in outputs)
    assert re.findall(r"\(<code>(\w+)</code>\)", written) == [
        entry.name for entries in by_family(catalogue).values() for entry in entries
    ]


def test_every_family_has_a_sentence_and_every_sentence_a_family():
    assert set(FAMILIES) == {family for one in CATALOGUES.values() for family in by_family(one)}


def test_the_index_links_to_the_headings_that_the_cards_put_out(kind, pages):
    links = re.findall(r"\]\(#([^)]+)\)", gallery.index(CATALOGUES[kind]).data["text/markdown"])
    written = "\n".join(output.get("text/markdown", "") for output in pages[kind])
    assert links == [heading.replace(" ", "-") for heading in re.findall(r"^### (.*)$", written, re.MULTILINE)]


# A new entry ---------------------------------------------------------------------------------------------------------


def test_a_new_entry_appears_by_itself(grown):
    catalogue, entry = grown
    outputs = put_out(lambda: gallery.cards(catalogue))
    assert outputs[-3]["text/markdown"] == "### Invented: 1 card"
    assert entry.title in outputs[-2]["text/plain"]
    assert f"<code>{entry.name}</code>" in outputs[-1]["text/html"]
    assert entry.title in gallery.index(catalogue).data["text/markdown"]
    assert entry.title in gallery.properties(catalogue).html(list(catalogue))
    assert chosen(catalogue, family="invented") == [entry.name]


def test_a_new_entry_can_be_explored_and_compared(grown, kind, monkeypatch, keep):
    catalogue, entry = grown
    module, partner = {"activation": (activations, "relu"), "loss": (losses, "mae")}[kind]
    monkeypatch.setattr(module, "CATALOGUE", catalogue)
    explorer = keep(gallery.explore(catalogue, entry.name))
    assert entry.title in explorer.stage.panel.title
    comparison = keep(gallery.compare(catalogue, partner, entry.name))
    assert entry.title in comparison.stage.panel.title


# Pictures ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_has_a_curve(entry):
    shown = curves.trace(entry)
    assert shown is not None
    assert np.isfinite(shown.value).mean() > 0.98
    assert shown.axis


@pytest.mark.parametrize("entry", ALONG_A_PATH)
def test_the_slope_along_a_path_is_the_slope_of_the_loss(entry):
    path = curves.path_of(entry)
    shown = curves.trace(entry)
    places = np.linspace(path.low, path.high, 12)[1:-1] + 0.013

    def value(t):
        return np.array([np.atleast_1d(entry.function(*path.place(one)))[0] for one in np.atleast_1d(t)])

    np.testing.assert_allclose(np.interp(places, shown.x, shown.slope), central_difference(value, places), atol=0.02)


# Along each path the loss at its two ends is known in closed form.
@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("cosine_distance", 0.0, 2.0),
        ("contrastive", 0.5, 0.0),
        ("triplet", 2.0, 0.0),
        ("info_nce", np.log(1 + 3 * np.exp(-10)), 10 + np.log(3 + np.exp(-10))),
        ("dice", 1 - 1 / 5, 0.0),
        ("tversky", 1 - 1 / 3, 0.0),
    ],
)
def test_paths_start_and_end_where_the_formula_says(name, start, end):
    value = curves.trace(losses.get(name)).value
    assert (value[0], value[-1]) == pytest.approx((start, end), abs=1e-9)


def test_a_loss_of_an_unknown_kind_is_said_to_have_no_picture():
    stranger = replace(losses.get("cosine_distance"), gradient_for=("first", "second"), third="positive value")
    stranger = replace(stranger, function=lambda y_true, first, second: first, target="mask", title="Stranger")
    assert curves.trace(stranger) is None
    assert plots.png(curves.figure(stranger)).startswith(b"\x89PNG")
    from course_lib.gallery.choosers import refusal

    assert "no single number describes them" in refusal(stranger)


def test_the_pictures_of_a_family_are_small_and_told_in_words(kind, pages):
    for output, entries in zip(pages[kind][1::3], by_family(CATALOGUES[kind]).values(), strict=True):
        assert len(base64.b64decode(output["image/png"])) < 100_000
        assert all(entry.title in output["text/plain"] for entry in entries)


# The table -----------------------------------------------------------------------------------------------------------


def test_without_conditions_the_table_holds_everything_in_the_course_s_order(kind):
    assert chosen(CATALOGUES[kind]) == list(CATALOGUES[kind])


def test_words_are_found_in_what_the_cards_say():
    assert chosen(activations.CATALOGUE, words="TRANSFORMER attention") == ["softmax"]
    assert set(chosen(losses.CATALOGUE, words="segmentation")) == {
        "weighted_categorical_cross_entropy_with_logits",
        "dice",
    }


def test_conditions_add_up():
    found = chosen(activations.CATALOGUE, family="saturating", fact="Zero-centred: yes")
    assert found == ["tanh", "hard_tanh", "softsign"]
    assert chosen(activations.CATALOGUE, family="leaky", fact="Zero-centred: yes") == []


@pytest.mark.parametrize("kind", CATALOGUES)
def test_every_offered_property_is_had_by_some_and_not_by_all(kind):
    catalogue = CATALOGUES[kind]
    for fact in choices(catalogue):
        assert 0 < len(chosen(catalogue, fact=fact)) < len(catalogue), fact


def test_a_property_is_what_the_entry_claims():
    centred = [name for name, e in activations.CATALOGUE.items() if e.elementwise and e.claims().zero_centred]
    assert chosen(activations.CATALOGUE, fact="Zero-centred: yes") == centred
    convex = [name for name, entry in losses.CATALOGUE.items() if entry.claims().convex_in_prediction]
    assert chosen(losses.CATALOGUE, fact="Convex: yes") == convex


@pytest.mark.parametrize("down", [False, True])
def test_numbers_are_sorted_by_size_and_infinity_is_the_largest(down):
    names = chosen(activations.CATALOGUE, sort="Largest slope", down=down)
    sizes = [activations.get(name).claims().lipschitz for name in names]
    # The table shows four digits.
    assert np.all(np.diff([1e9 if np.isinf(size) else size for size in sizes]) * (-1 if down else 1) >= -1e-3)


@pytest.mark.parametrize("down", [False, True])
def test_what_has_no_answer_comes_last(down):
    names = chosen(activations.CATALOGUE, sort="Monotonic", down=down)
    without = [name for name, entry in activations.CATALOGUE.items() if not entry.elementwise]
    assert names[-len(without) :] == without


def test_negative_ends_are_sorted_as_numbers():
    names = chosen(activations.CATALOGUE, family="self-gated", sort="Range")
    lows = [activations.get(name).claims().range.low for name in names]
    assert lows[0] == -0.375
    assert np.all(np.diff(lows) >= -1e-4)


@pytest.mark.parametrize("asked", [{"fact": "Colour: red"}, {"sort": "Colour"}])
def test_an_unknown_column_is_refused_in_words(asked):
    with pytest.raises(ValueError, match="no column 'Colour'"):
        chosen(activations.CATALOGUE, **asked)


def test_the_fields_filter_and_sort_the_table():
    table = gallery.properties(activations.CATALOGUE)
    _, count, shown = table.widget().children
    assert "36 of 36" in count.value
    table.fields["family"].value = "exponential"
    table.fields["sort"].value = "Largest slope"
    table.fields["down"].value = True
    assert "3 of 36" in count.value
    assert re.findall(r'<th scope="row"[^>]*>(\w+)<', shown.value) == ["SELU", "ELU", "CELU"]
    assert shown.value.count('aria-sort="descending"') == 1
    table.fields["words"].value = "nothing holds this"
    assert "None fits" in count.value
    assert shown.value == ""


def test_the_fields_are_labelled():
    table = gallery.properties(losses.CATALOGUE)
    table.widget()
    assert all(field.description for field in table.fields.values())


def test_without_a_kernel_the_whole_table_is_there(kind):
    bundle = gallery.properties(CATALOGUES[kind])._repr_mimebundle_()
    assert bundle["text/html"].count('<th scope="row"') == 36 == len(bundle["text/plain"].splitlines())
    assert "<caption>" in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


# The choosers --------------------------------------------------------------------------------------------------------


def test_every_entry_can_be_chosen_in_the_explorer(kind, keep):
    catalogue = CATALOGUES[kind]
    start = {"activation": "relu", "loss": "mse"}[kind]
    explorer = keep(gallery.explore(catalogue, start))
    assert [name for _, name in explorer.fields["entry"].options] == [
        entry.name for entries in by_family(catalogue).values() for entry in entries
    ]
    for name in catalogue:
        explorer.fields["entry"].value = name
        assert explorer.stage.panel.name == f"explore-{name}"


def test_who_comes_back_finds_the_widget_as_it_was_left(keep):
    explorer = keep(gallery.explore(activations.CATALOGUE, "relu"))
    explorer.stage.move(x=-3)
    explorer.fields["entry"].value = "gelu"
    assert explorer.stage.state == "explore-gelu x=1.5"
    explorer.fields["entry"].value = "relu"
    assert explorer.stage.state == "explore-relu x=-3"


def test_a_widget_on_its_way_to_the_page_stays_alive(keep):
    """Arrow keys walk through the list faster than the page draws."""
    explorer = keep(gallery.explore(activations.CATALOGUE, "relu"))
    for name in ("relu6", "squared_relu", "leaky_relu"):
        explorer.fields["entry"].value = name
    assert len(explorer.made) == 4
    assert all(stage.comm is not None for stage in explorer.made.values())


def test_the_first_entry_decides_what_the_others_offer(keep):
    comparison = keep(gallery.compare(losses.CATALOGUE, "mse", "mae"))
    comparison.fields["first"].value = "hinge"
    offered = {name for _, name in comparison.fields["second"].options}
    assert "zero_one" in offered
    assert "mae" not in offered
    assert comparison.stage.panel.name.startswith("compare-hinge-")


def test_partners_that_still_fit_are_kept(keep):
    comparison = keep(gallery.compare(activations.CATALOGUE, "relu", "gelu", "silu"))
    comparison.fields["first"].value = "tanh"
    assert comparison.stage.panel.name == "compare-tanh-gelu-silu"


def test_a_family_fills_all_fields(keep):
    comparison = keep(gallery.compare(activations.CATALOGUE, "relu", "gelu"))
    comparison.fields["family"].value = "gated"
    assert comparison.stage.panel.name == "compare-glu-swiglu-geglu"
    assert comparison.fields["first"].value == "glu"


def test_every_family_on_offer_can_be_taken(kind, keep):
    start = {"activation": ("relu", "gelu"), "loss": ("mse", "mae")}[kind]
    comparison = keep(gallery.compare(CATALOGUES[kind], *start))
    for _, family in comparison.fields["family"].options[1:]:
        comparison.fields["family"].value = family
        assert isinstance(comparison.stage, Stage), family


def test_the_same_entry_twice_is_refused_in_words(keep):
    comparison = keep(gallery.compare(activations.CATALOGUE, "relu", "gelu"))
    comparison.fields["second"].value = "relu"
    assert comparison.stage is None
    words = comparison._widget.children[1].children[0].value
    assert 'role="alert"' in words
    assert "different" in words


def test_a_chooser_has_a_static_twin(keep):
    for chooser in (gallery.explore(activations.CATALOGUE, "mish"), gallery.compare(losses.CATALOGUE, "mse", "mae")):
        data, metadata = keep(chooser)._repr_mimebundle_()
        assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
        assert metadata["image/png"]["alt"] == data["text/plain"]
        assert "application/vnd.jupyter.widget-view+json" in data


# What is stored ------------------------------------------------------------------------------------------------------


def test_the_stored_page_has_a_card_for_every_entry(kind):
    found = set(re.findall(r"\(<code>(\w+)</code>\)", stored_text(kind, "text/html")))
    assert found == set(CATALOGUES[kind]), f"run `python -m authoring build {STORED[kind]}`"


def test_the_stored_page_is_light(kind):
    assert (ROOT / "notebooks" / f"{STORED[kind]}.ipynb").stat().st_size < 3_000_000


def test_the_stored_text_names_no_digits_that_depend_on_the_machine(kind):
    # The number of a publication is no measurement.
    text = re.sub(r"doi\S+", "", stored_text(kind, "text/html") + stored_text(kind, "text/plain"))
    assert re.findall(r"\d\.\d{7,}", text) == []
