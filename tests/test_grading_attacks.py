"""An attack from inside a submission ends as a normal verdict, gains nothing, harms nothing and leaves nothing."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("submissions are isolated on Linux only", allow_module_level=True)

from grading_attacks import ATTACKS, LEFT_BEHIND, LOOKED_FOR, PROLOGUE, Attack
from grading_runners import runner
from grading_scene import Scene, own_processes, scene
from grading_submissions import answer_cells, lesson_exercises, write
from grading_users import run_as_ordinary_user

from course_lib.exercises.grading import Limits, SubmissionResult, grade_one

LIMITS = Limits(question_seconds=1.0, cell_seconds=1.0, submission_seconds=10.0, memory_bytes=1_000_000_000)
HONEST = {exercise.id: exercise.reference for exercise in lesson_exercises("03") if exercise.name != "stable_sigmoid"}

TIERS = ["full"] if os.geteuid() == 0 else ["full", "landlock"]
"""A superuser's submissions run as nobody, who may be unable to read a Python that is installed in /root."""


@pytest.fixture(scope="module")
def here() -> Iterator[Scene]:
    with scene() as there:
        there.names["threads"] = LIMITS.threads
        yield there


def grade(folder: Path, here: Scene, tier: str, attack: Attack) -> SubmissionResult:
    """Grade a notebook that attacks in one answer and has the other answers right."""
    code = PROLOGUE + here.fill(attack.code) + "\ndef stable_sigmoid(x, loot=loot):\n    raise RuntimeError(loot)"
    path = write(folder / "submission.ipynb", code, *answer_cells(HONEST))
    return grade_one(path, lesson="03", seed=4, limits=LIMITS, runner=runner(tier))


def loot(result: SubmissionResult) -> str:
    told = re.search(r"RuntimeError: (.*)", result.verdicts[0].message)
    assert told is not None, (result.verdicts[0], result.notes)
    return told[1]


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_attack_is_a_normal_submission(attack: Attack, tier: str, here: Scene, tmp_path: Path) -> None:
    runner(tier)
    before = own_processes()
    result = grade(tmp_path, here, tier, attack)
    attacked, *honest = result.verdicts
    assert (result.status, attacked.points) == ("graded", 0), result
    assert attacked.outcome in ("raised", "timed out", "wrong", "not attempted")
    assert here.secret not in str(result)
    if attack.ends is not None:
        assert re.search(attack.ends, loot(result)), loot(result)
    if attack.honest_beside:
        assert [verdict.outcome for verdict in honest] == ["right"] * len(honest), result.notes
    assert here.harm() == []
    assert own_processes() == before


@pytest.mark.parametrize("tier", TIERS)
def test_the_next_submission_finds_nothing_of_the_last_one(tier: str, here: Scene, tmp_path: Path) -> None:
    assert loot(grade(tmp_path, here, tier, LEFT_BEHIND)).startswith("left")
    found = loot(grade(tmp_path, here, tier, LOOKED_FOR))
    assert re.search(LOOKED_FOR.ends or "", found), found


if os.geteuid() == 0:

    def test_an_ordinary_user_is_as_safe() -> None:
        done = run_as_ordinary_user(Path(__file__))
        assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-1_000:]
        assert done.stdout.count("PASSED") == 2 * (len(ATTACKS) + 1)
