"""`python -m course_lib.exercises.grading PATH…`: see `--help`."""

from course_lib.exercises.grading.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
