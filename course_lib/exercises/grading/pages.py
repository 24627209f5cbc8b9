"""Pages that stand alone, from the templates beside this file: everything that is put into them is escaped."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from course_lib.exercises.cards import rich

__all__ = ["render"]


def render(template: str, **values: Any) -> str:
    """The page or part of a page that the template of that name makes of `values`."""
    return _environment().get_template(template).render(values) + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("course_lib.exercises.grading"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["rich"] = lambda text: Markup(rich(text))
    # A file's name may break after each _, or one long name makes a table wider than the paper.
    environment.filters["breakable"] = lambda text: Markup(str(escape(text)).replace("_", "_<wbr>"))
    return environment
