"""Recall items on what the course takes for granted: the warm-up of lesson 00."""

from __future__ import annotations

from course_lib.exercises.items import Item, Option

ITEMS = (
    Item(
        "prior-slope-of-a-line",
        "By how much does 3x + 2 grow when x grows by 1?",
        (
            Option("2", "2 is its height at x = 0. How fast it grows is the factor of x."),
            Option("3", "Yes: the factor of x is the slope.", right=True),
            Option("5", "5 is its value at x = 1, not its growth."),
        ),
    ),
    Item(
        "prior-power-of-e",
        "What is e^0, written np.exp(0) in NumPy?",
        (
            Option("0", "No power of e is ever 0; for very negative exponents it only comes close."),
            Option("1", "Yes: any number to the power 0 is 1.", right=True),
            Option("e, about 2.718", "That is e^1."),
        ),
    ),
    Item(
        "prior-elementwise",
        "What does np.array([1, 2, 3]) * 2 give?",
        (
            Option("[2 4 6]", "Yes: NumPy multiplies every element.", right=True),
            Option("[1 2 3 1 2 3]", "A Python list would be repeated; a NumPy array is multiplied element by element."),
            Option("an error", "NumPy stretches the single number to the array's shape; nothing is wrong with that."),
        ),
    ),
)
