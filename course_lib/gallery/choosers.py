"""The explorer and the comparison with a choice of all entries in front."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Any

from course_lib import widgets
from course_lib.catalogue import Catalogue
from course_lib.fields import Select
from course_lib.gallery.cards import by_family
from course_lib.gallery.curves import path_of
from course_lib.panels.compare import axis_of, family_members, is_drawn
from course_lib.spec import Activation, Loss
from course_lib.stage import Stage

NONE = ""
MOST = 4


def explore(catalogue: Catalogue[Any], start: str) -> Chooser:
    """A choice of every entry, and below it the explorer of the chosen one, or words where there is none."""
    return Explorer(catalogue, start)


def compare(catalogue: Catalogue[Any], *start: str) -> Chooser:
    """Choices of up to four entries that share an axis, or of a family, and below them their comparison."""
    return Comparison(catalogue, start)


class Chooser:
    """Fields, and below them what was chosen; where no widget can be shown, the picture of the first choice."""

    def __init__(self, catalogue: Catalogue[Any]) -> None:
        import ipywidgets as w

        self.catalogue = catalogue
        self.fields: dict[str, Any] = {}
        self.stage: Stage | None = None
        self.made: dict[tuple[str, ...], Stage] = {}
        self._place = w.VBox()
        self._widget: Any = None

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        view = self._widget._repr_mimebundle_(**kwargs)
        live = dict(view[0] if isinstance(view, tuple) else view)
        if self.stage is None:
            return live, {}
        data, metadata = self.stage._repr_mimebundle_()
        still = {kind: data[kind] for kind in ("image/png", "text/plain")}
        return {**live, **still}, metadata

    def show(self, made: Stage | str) -> None:
        """Put a widget, or words in HTML, in the place of what is shown."""
        import ipywidgets as w

        self.stage = made if isinstance(made, Stage) else None
        self._place.children = (made if isinstance(made, Stage) else w.HTML(made),)

    def once(self, make: Callable[..., Stage], *names: str) -> Stage:
        """The widget on these entries, made at the first call: who comes back finds it as it was left.

        None is closed before: whoever walks through a list by the arrow keys is faster than the page, which would then
        ask for a widget that is gone.
        """
        if names not in self.made:
            self.made[names] = make(*names)
        return self.made[names]


class Explorer(Chooser):
    """One choice over all entries, in the catalogue's order."""

    def __init__(self, catalogue: Catalogue[Any], start: str) -> None:
        import ipywidgets as w

        super().__init__(catalogue)
        catalogue.get_entry(start)
        options = [
            (f"{family}: {entry.title}", entry.name)
            for family, entries in by_family(catalogue).items()
            for entry in entries
        ]
        self.fields["entry"] = Select("Explore", options, start)
        self.fields["entry"].observe(lambda _: self.update(), "value")
        self._widget = w.VBox([self.fields["entry"], self._place])
        self.update()

    def update(self) -> None:
        """Show what the field says."""
        entry = self.catalogue.get_entry(self.fields["entry"].value)
        can_move = isinstance(entry, Activation) or is_drawn(entry) or path_of(entry) is not None
        self.show(self.once(widgets.explore, entry.name) if can_move else refusal(entry))


def refusal(entry: Loss) -> str:
    """Why there is nothing to move for this loss, in HTML."""
    words = f"{entry.title} compares {entry.prediction} as a whole, and no single number describes them; read its card."
    return f"<p>{html.escape(words)}</p>"


class Comparison(Chooser):
    """Up to four choices; the first fixes the axis, the others offer what shares it. A family fills them all."""

    def __init__(self, catalogue: Catalogue[Any], start: Sequence[str]) -> None:
        import ipywidgets as w

        super().__init__(catalogue)
        if not 2 <= len(start) <= MOST:
            raise ValueError(f"the comparison starts with 2 to {MOST} entries, got {len(start)}")
        self._axes = {name: axis_of(entry) for name, entry in catalogue.items() if is_drawn(entry)}
        families = [family for family in by_family(catalogue) if len(self._members(family)) > 1]
        self.fields["family"] = Select("Take a family", [("–", NONE), *((family, family) for family in families)], NONE)
        titles = [(catalogue[name].title, name) for name in self._axes]
        self.fields["first"] = Select("First", titles, start[0])
        for label in ("second", "third", "fourth")[: MOST - 1]:
            self.fields[label] = Select(label.capitalize(), [("–", NONE)], NONE)
        self._filling = False
        self.fill(start)
        for field, react in (("family", self._take_family), ("first", self._take_first)):
            self.fields[field].observe(react, "value")
        for label in list(self.fields)[2:]:
            self.fields[label].observe(lambda _: self.update(), "value")
        row = w.HBox(list(self.fields.values()), layout=w.Layout(flex_flow="row wrap"))
        self._widget = w.VBox([row, self._place])

    def _members(self, family: str) -> list[str]:
        """The first members of the family that share an axis."""
        names = [entry.name for entry in self.catalogue.values() if entry.family == family and is_drawn(entry)]
        return [entry.name for entry in family_members(family)][:MOST] if names else []

    def fill(self, names: Sequence[str]) -> None:
        """Put these names into the fields and compare them."""
        self._filling = True
        self.fields["first"].value = names[0]
        partners = [(self.catalogue[n].title, n) for n, axis in self._axes.items() if axis == self._axes[names[0]]]
        for place, label in enumerate(list(self.fields)[2:], start=1):
            self.fields[label].options = [("–", NONE), *partners]
            self.fields[label].value = names[place] if place < len(names) else NONE
        self._filling = False
        self.update()

    def _take_family(self, change: Any) -> None:
        if change["new"] != NONE:
            self.fill(self._members(change["new"]))

    def _take_first(self, change: Any) -> None:
        if self._filling:
            return
        self.fields["family"].value = NONE
        others = [self.fields[label].value for label in list(self.fields)[2:]]
        axis = self._axes[change["new"]]
        kept = [name for name in others if name and name != change["new"] and self._axes[name] == axis]
        # The other axis of a new kind of entry: its neighbour in the catalogue is a fair first comparison.
        same = [name for name, other in self._axes.items() if other == axis and name != change["new"]]
        self.fill([change["new"], *(kept or same[:1])])

    def update(self) -> None:
        """Compare what the fields say; what cannot be compared is refused in words."""
        if self._filling:
            return
        names = [name for label in list(self.fields)[1:] if (name := self.fields[label].value)]
        try:
            self.show(self.once(widgets.compare, *names))
        except ValueError as error:
            # What the learner put together; the words say what to change.
            self.show(f'<p role="alert">{html.escape(str(error))}</p>')
