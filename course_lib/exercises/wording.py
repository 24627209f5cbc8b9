"""Plain sentences for what went wrong, and short text for values: the words that notebook and grader share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# The commonest slips, by a piece of Python's own message: what it means for array code.
_BY_MESSAGE = (
    (
        "truth value of an array",
        "An `if`, and Python's own max and min, need a single True or False, but x is a whole array. Use np.where, "
        "np.minimum or np.maximum instead.",
    ),
    ("only length-1 arrays", "The functions of `math` take one number. NumPy's (np.exp, np.log) take whole arrays."),
    (
        "only 0-dimensional arrays",
        "The functions of `math` take one number. NumPy's (np.exp, np.log) take whole arrays.",
    ),
    ("bitwise_xor", "In Python `^` is not a power: write `**`."),
    (
        "Cannot cast ufunc",
        "An array of whole numbers cannot take fractions in place. Begin with floats: np.zeros without dtype=int.",
    ),
    ("math range error", "`math.exp` gives up on large numbers. Keep the exponent at or below zero."),
    (
        "mismatch in its core dimension",
        "The shapes do not fit for `@`: as many columns on the left as rows on the right. Print both shapes.",
    ),
    ("not aligned", "The shapes do not fit: as many columns on the left as rows on the right. Print both shapes."),
    ("does not have enough dimensions", "`@` multiplies arrays; a single number is multiplied with `*`."),
    ("could not be broadcast", "Two arrays have shapes that do not fit together. Print both shapes."),
    ("missing 1 required positional", "The function takes other arguments than the specification says."),
    ("positional argument", "The function takes other arguments than the specification says."),
    ("unexpected keyword", "NumPy's function has no argument of that name. Look it up with `?`."),
    ("not callable", "Something that is not a function is called like one. Look for a missing `*` before a bracket."),
)
_BY_TYPE = {
    "NameError": "A name is used that has not been defined. Is it spelt right, and has its cell been run?",
    "UnboundLocalError": "A variable is used before the line that gives it a value.",
    "AttributeError": "The object has nothing of that name. Look for a slip in the spelling.",
    "TypeError": "An operation was given a kind of value that it cannot take.",
    "ValueError": "A function was given a value or a shape that it cannot take.",
    "AxisError": "There is no axis of that number: the array has fewer dimensions. axis=-1 is always the last.",
    "IndexError": "An index points outside the array. Print the array's shape.",
    "KeyError": "A key is looked up that is not there.",
    "ZeroDivisionError": "Something is divided by zero.",
    "OverflowError": "A number became too large. Keep the exponent of exp at or below zero.",
    "FloatingPointError": "A number became too large or undefined. Keep the exponent of exp at or below zero.",
    "RecursionError": "The function calls itself again and again. Does its name shadow the one you meant?",
    "ModuleNotFoundError": "That package is not part of the course. NumPy is all that is needed.",
    "ImportError": "That name cannot be imported. NumPy is all that is needed.",
    "MemoryError": "The answer asked for more memory than there is.",
    "SyntaxError": "Python cannot read this line. Look for a missing bracket, colon or quote on it or just above.",
    "IndentationError": "Python cannot read this line. Look at the blanks before it and before the line above.",
    "Crash": "The answer took the whole Python process down with it. Return the value instead.",
    "SystemExit": "The answer tried to end Python. Return the value instead.",
}


def explain_error(kind: str, message: str) -> str:
    """One plain sentence for Python's error `kind: message`, and what to do."""
    for piece, sentence in _BY_MESSAGE:
        if piece in message:
            return sentence
    return _BY_TYPE.get(kind, "Read Python's message from its last line up: the last line says what happened.")


def one_line(text: str, limit: int = 160) -> str:
    """`text` on one line without control characters, cut after `limit` characters."""
    if not text:
        return ""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def show_number(value: Any) -> str:
    """A number in at most six digits, with a true minus sign: −0.25, 1e−43, nan."""
    return f"{value + 0.0:.6g}".replace("-", "−")  # + 0.0: no negative zero


def show_array(array: NDArray[Any]) -> str:
    """Up to six values in brackets, or one bare number; a larger array is told by its shape."""
    if array.ndim == 0:
        return show_number(array[()])
    if array.size > 6:
        return f"an array of shape {array.shape}"
    if array.ndim == 1:
        return "[" + ", ".join(show_number(v) for v in array) + "]"
    return "[" + ", ".join(show_array(row) for row in array) + "]"


def show_argument(value: Any) -> str:
    """An argument of a probe as short text."""
    return (
        show_array(value)
        if isinstance(value, np.ndarray)
        else (show_number(value) if isinstance(value, (int, float)) else repr(value))
    )


def listed(items: tuple[str, ...]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]
