"""For a school that grades with nbgrader: its course directory laid out from ours, and our executor in its autograde.

`layout` needs nothing but our notebooks. `stubs`, `sanitizer` and `executor` are preprocessors that nbgrader_config.py
names; only nbgrader imports them, and nbgrader is no requirement of the course.
"""
