"""The workflow that grades at every push: its own shell lines, run on folders of notebooks."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from notebook_edits import ROOT, answered, handed_out, saved

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the workflow runs on Ubuntu")

WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "grade.yml").read_text(encoding="utf-8"))


def pushed(folder: Path, **files: bytes) -> tuple[int, str]:
    """(exit code, job summary) of the step that grades, for these files in exercises/."""
    (folder / "exercises").mkdir()
    for name, content in files.items():
        (folder / "exercises" / f"{name}.ipynb").write_bytes(content)
    # `python3 course.py grade …` without setting up an environment of its own.
    command = folder / "bin" / "python3"
    command.parent.mkdir()
    command.write_text(
        f'#!/bin/sh\nshift 2\nexec "{sys.executable}" -m course_lib.exercises.grading "$@"\n', encoding="utf-8"
    )
    command.chmod(0o755)
    (step,) = (step for step in WORKFLOW["jobs"]["grade"]["steps"] if step.get("id") == "grade")
    path = os.pathsep.join([str(command.parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
    )
    return done.returncode, (folder / "summary.md").read_text(encoding="utf-8")


def test_marks_stand_in_the_summary_and_wrong_answers_are_no_failure(tmp_path: Path) -> None:
    name = "03_sigmoid"
    code, summary = pushed(
        tmp_path, **{name: saved(answered(name)), "00_start_here": saved(handed_out("00_start_here"))}
    )
    assert code == 0
    assert "03_sigmoid.ipynb: 13 of 13 points" in summary
    assert "00_start_here.ipynb: 0 of 1 points" in summary
    assert (tmp_path / "grades.json").is_file()


def test_a_notebook_that_needs_a_person_is_red_and_named(tmp_path: Path) -> None:
    name = "03_sigmoid"
    code, summary = pushed(
        tmp_path, **{name: saved(answered(name))[:-100], "00_start_here": saved(answered("00_start_here"))}
    )
    assert code == 1
    assert "03_sigmoid.ipynb: needs a person" in summary
    assert "00_start_here.ipynb: 1 of 1 points" in summary


def test_nothing_to_grade_is_red_and_says_why(tmp_path: Path) -> None:
    code, summary = pushed(tmp_path)
    assert code == 2
    assert "no notebook" in summary


def test_nothing_of_a_submission_is_markup_in_the_summary(tmp_path: Path) -> None:
    _, summary = pushed(tmp_path, **{"03_```\n# <b>100 points": saved(answered("03_sigmoid"))})
    heading, empty, *lines = summary.splitlines()
    assert (heading, empty) == ("## Marks", "")
    assert all(line.startswith("    ") for line in lines if line)


def test_the_workflow_may_read_and_nothing_else() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert not any("permissions" in job or "secrets" in str(job) for job in WORKFLOW["jobs"].values())
