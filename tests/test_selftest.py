"""The self-test sees what is missing, and says so in a line instead of a traceback."""

from pathlib import Path

import pytest

from course_lib import selftest


def test_all_is_well_on_this_machine(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    assert selftest.main() == 0
    said = capsys.readouterr().out
    assert said.count("[  OK  ]") == len(selftest.CHECKS)
    assert "ready for the course" in said


def test_a_missing_package_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# a comment\nnumpy>=1\nno-such-package-of-this-name>=2\n-e .\n", encoding="utf-8")
    monkeypatch.setattr(selftest, "REQUIREMENTS", requirements)
    monkeypatch.setattr(selftest, "CHECKS", (selftest.packages, selftest.arithmetic))
    assert selftest.main() == 1
    failed, well, _ = capsys.readouterr().out.splitlines()
    assert "no-such-package-of-this-name is missing" in failed
    assert "course.py setup" in failed
    assert well.startswith("[  OK  ]")


def test_an_old_version_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("numpy>=99\n", encoding="utf-8")
    monkeypatch.setattr(selftest, "REQUIREMENTS", requirements)
    with pytest.raises(RuntimeError, match=r"numpy \d.* is not >=99"):
        selftest.packages()
