"""The galleries: every entry of a catalogue as a card, a picture and a row of a table, and choosers of widgets.

Nothing here knows any entry by name: a new one appears by itself.
"""

from __future__ import annotations

from course_lib.gallery.cards import card, cards, index
from course_lib.gallery.choosers import compare, explore
from course_lib.gallery.table import properties

__all__ = ["card", "cards", "compare", "explore", "index", "properties"]
