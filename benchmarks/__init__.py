"""Measurements of the course's own code against others, in one run: `python -m benchmarks`."""
