"""The panels of the lessons, one module each: a pure function to a `Panel`, and the widget on it."""
