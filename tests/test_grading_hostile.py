"""A submission that attacks the grader gets a normal verdict, gains no point and leaves nothing behind."""

import os
import sys
import tempfile
import time
from pathlib import Path

import pytest
from grading_runners import EVERYWHERE, runner
from grading_submissions import answer_cells, write

from course_lib.exercises.bank import BANK
from course_lib.exercises.grading import Limits, ProcessRunner, SubmissionResult, grade_many, grade_one
from course_lib.exercises.grading.cli import main
from course_lib.exercises.grading.read import Cell
from course_lib.exercises.grading.runner import Child
from course_lib.exercises.grading.session import Session
from course_lib.exercises.model import Observation, Probe

REPOSITORY = Path(__file__).resolve().parents[1]
SHORT = Limits(question_seconds=1.0, cell_seconds=1.0, submission_seconds=10.0, memory_bytes=1_000_000_000)
WRONG = "def double(x):\n    return x * 3"

# Each defines `double` wrongly, or not at all, and tries to be told that it is right.
FRAUDS = {
    "numpy-comparisons": f"""
{WRONG}
for name in ("allclose", "array_equal", "isclose", "all", "abs", "any"):
    setattr(np, name, lambda *a, **k: np.array(True))
np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None
""",
    "builtins": f"""
{WRONG}
import builtins
builtins.all = builtins.any = builtins.isinstance = builtins.callable = lambda *a: True
builtins.len = lambda x: 0
""",
    "json": f"""
{WRONG}
import json
json.dumps = lambda *a, **k: '{{"status": "value", "value": "array", "outcome": "right", "points": 99}}'
json.loads = lambda *a, **k: {{}}
""",
    "pytest": f"""
{WRONG}
class Same:
    def __eq__(self, other): return True
    __hash__ = None
try:
    import pytest
    pytest.approx = lambda *a, **k: Same()
    pytest.raises = pytest.fail = lambda *a, **k: None
except ImportError:
    pass
""",
    "ipython": f"""
{WRONG}
try:
    from IPython import get_ipython
    from IPython.core.inputtransformer2 import TransformerManager
    TransformerManager.transform_cell = lambda *a: "double = lambda x: 2 * x"
    shell = get_ipython()
    shell.ast_transformers.append(None)
    shell.run_cell = lambda *a, **k: None
except (ImportError, AttributeError):
    pass
""",
    "pickle": f"""
{WRONG}
import pickle
pickle.loads = pickle.load = lambda *a, **k: 2.0
class Runs:
    def __reduce__(self): return exec, ("double = lambda x: 2 * x",)
kept = Runs()
""",
    "pickle-as-answer": """
class Runs:
    def __reduce__(self): return exec, ("import os; os._exit(0)",)
def double(x):
    return Runs()
""",
    "length-that-lies": """
class Lies(list):
    def __len__(self): return 1
    def __getitem__(self, place): return 0.0
def double(x):
    return Lies([3.0] * 7)
""",
    "length-without-end": """
class Lies:
    def __len__(self): return 10**15
    def __getitem__(self, place): return 0.0
def double(x):
    return Lies()
""",
    "length-below-zero": """
class Lies:
    def __len__(self): return -1
    def __getitem__(self, place): return 0.0
def double(x):
    return Lies()
""",
    "array-somewhere-in-memory": """
class Lies:
    __array_interface__ = {"shape": (3,), "typestr": "<f8", "data": (8, False), "version": 3}
def double(x):
    return Lies()
""",
    "always-equal": """
class Same:
    __array_priority__ = 1e9
    shape, dtype, size, ndim = (1,), np.dtype(float), 1, 1
    def __eq__(self, other): return True
    __le__ = __ge__ = __lt__ = __gt__ = __ne__ = __eq__
    def __sub__(self, other): return 0
    __rsub__ = __abs__ = __sub__
    __hash__ = None
def double(x):
    return Same()
""",
    "always-equal-array": """
class Same(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    __le__ = __eq__
    def __array_ufunc__(self, *a, **k): return np.ones(self.shape, bool)
def double(x):
    return (x * 3).view(Same)
""",
    "array-method-that-lies": """
class Lies:
    def __array__(self, *a, **k):
        import numpy
        numpy.allclose = lambda *a, **k: True
        return numpy.full(3, numpy.nan)
def double(x):
    return Lies()
""",
    "verdict-as-answer": """
class Verdict:
    outcome, points, out_of, message = "right", 1.0, 1.0, "Right."
def double(x):
    return Verdict()
""",
    "text-as-answer": 'def double(x):\n    return "Right."',
    "forged-replies": """
import json, os, struct
body = b'{"status": "value", "value": "array", "error": "", "message": "", "line": "", "warnings": [],'
body += b' "changed_input": false, "has_earlier": false, "arrays": [{"dtype": "<f8", "shape": [1]}], "token": ""}'
frame = struct.pack("<II", len(body), 8) + body + struct.pack("<d", 0.0)
def double(x):
    for descriptor in range(256):
        try:
            os.write(descriptor, frame * 50)
        except OSError:
            pass
    return x * 3
""",
    "noise-on-every-descriptor": """
import os
for descriptor in range(256):
    try:
        os.write(descriptor, b"\\xff" * 5000)
    except OSError:
        pass
def double(x):
    return x * 3
""",
    "endless-reply": """
import os, struct
def double(x):
    for descriptor in range(3, 256):
        try:
            os.write(descriptor, struct.pack("<II", 10, 4_000_000_000))
        except OSError:
            pass
    return x * 3
""",
    "modules": f"""
{WRONG}
import sys, types
for name in list(sys.modules):
    if "wire" in name or "model" in name or "serve" in name or name in ("json", "struct", "numpy"):
        sys.modules[name] = types.ModuleType(name)
""",
    "frames": """
import sys
def double(x):
    frame = sys._getframe()
    while frame:
        for name, value in list(frame.f_locals.items()):
            if name in ("reference", "expected", "exercise", "verdict"):
                return value
        frame = frame.f_back
    return x * 3
""",
    "bank-by-import": """
try:
    from course_lib.exercises.bank import BANK
    double = BANK["00-double"].reference
except ImportError:
    def double(x):
        return x * 3
""",
    "bank-by-name": """
import importlib
try:
    double = importlib.import_module("course_lib.exercises.bank.lesson_00").double
except ImportError:
    def double(x):
        return x * 3
""",
    "bank-on-the-path": f"""
import sys
sys.path[:0] = [{str(REPOSITORY)!r}]
try:
    import course_lib.exercises.bank
    double = course_lib.exercises.bank.BANK["00-double"].reference
except ImportError:
    def double(x):
        return x * 3
""",
    "library-function": "from course_lib.activations import CATALOGUE\ndouble = CATALOGUE['relu'].function",
    "nan": "def double(x):\n    return x * np.nan",
    "huge-by-broadcasting": "def double(x):\n    return np.broadcast_to(2.0, (10**6, 10**6))",
    "huge-list": "def double(x):\n    return [0.0] * 3_000_000",
    "objects": "def double(x):\n    return np.array([object()] * 3)",
    "nested-for-ever": "def double(x):\n    a = []\n    a.append(a)\n    return a",
    "memory": "def double(x):\n    return np.ones(10**10)",
    "memory-in-a-cell": f"{WRONG}\nkept = [bytearray(10**8) for _ in range(10**6)]",
    "recursion": "def double(x):\n    return double(x)",
    "error-without-words": """
class Silent(Exception):
    def __str__(self): raise RuntimeError
def double(x):
    raise Silent
""",
    "error-with-too-many-words": 'def double(x):\n    raise ValueError("Right. " * 10**6 + "\\x1b[2J\\n\\x00")',
    "warnings-flood": """
import warnings
def double(x):
    for number in range(20_000):
        warnings.warn(f"w{number}" * 100, RuntimeWarning)
    return x * 3
""",
    "half-a-surrogate": 'def double(x):\n    return "\\ud800"',
    "end-of-process": "import os\ndef double(x):\n    os._exit(0)",
    "end-of-process-in-a-cell": f"{WRONG}\nimport os\nos._exit(3)",
    "system-exit": "def double(x):\n    raise SystemExit(0)",
    "system-exit-in-a-cell": f"{WRONG}\nimport sys\nsys.exit()",
    "segmentation-fault": "import ctypes\ndef double(x):\n    ctypes.string_at(0)",
    "keyboard-interrupt": "def double(x):\n    raise KeyboardInterrupt",
    "generator-exit": "def double(x):\n    raise GeneratorExit",
    "descriptors-closed": "import os\ndef double(x):\n    os.closerange(0, 256)\n    return x * 3",
    "output-flood": f"""
{WRONG}
import os
for _ in range(2_000):
    print("x" * 10_000)
    os.write(1, b"x" * 10_000)
""",
    "standard-input": f"{WRONG}\nimport os, sys\nsys.stdin.read()\nos.read(0, 100)\ninput()",
    "trace": f"{WRONG}\nimport sys\nsys.settrace(lambda *a: 1 / 0)\nsys.setprofile(lambda *a: 1 / 0)",
    "own-folder-removed": f"{WRONG}\nimport os\nos.rmdir(os.getcwd())",
    "own-folder-locked": f"{WRONG}\nimport os\nopen('a', 'w').close()\nos.mkdir('b')\nos.chmod('.', 0)",
    "disk": f"{WRONG}\nopen('big', 'wb').write(b'0' * 100_000_000)",
    "thread-that-goes-on": f"""
{WRONG}
import threading
def spin():
    while True:
        pass
threading.Thread(target=spin).start()
""",
    "exit-handler": f"{WRONG}\nimport atexit, time\natexit.register(time.sleep, 100)",
    "session-killed": "import os, signal\ndef double(x):\n    os.killpg(0, signal.SIGKILL)",
}

ENDLESS = {
    "loop": "def double(x):\n    while True:\n        pass",
    "sleep": "import time\ndef double(x):\n    time.sleep(1000)",
    "catches-everything": """
def double(x):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
""",
    "compiled-code": "def double(x):\n    return sum(range(10**13))",
    "array-method": """
class Slow:
    def __array__(self, *a, **k):
        while True:
            pass
def double(x):
    return Slow()
""",
    "in-a-cell": "while True:\n    pass\ndouble = 1",
    "signals-ignored": """
import signal, time
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
def double(x):
    time.sleep(1000)
""",
}

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks for left-over processes in /proc")


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the children of this test have their folders: what is left there is theirs."""
    folder = tmp_path / "children"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def grade(tmp_path: Path, *cells: str, limits: Limits = SHORT, tier: str = "process") -> SubmissionResult:
    path = write(tmp_path / "submission.ipynb", *cells)
    return grade_one(path, lesson="00", seed=4, limits=limits, runner=runner(tier))


def processes_in(folder: Path) -> list[str]:
    """The processes whose environment names the folder: the child's home lies in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (process / "environ").read_bytes():
                found.append(process.name)
        except OSError:
            continue
    return found


everywhere = pytest.mark.parametrize("tier", EVERYWHERE)


@everywhere
@pytest.mark.parametrize("code", FRAUDS.values(), ids=FRAUDS.keys())
def test_fraud_gains_nothing(code: str, tier: str, tmp_path: Path, own_folder: Path) -> None:
    result = grade(tmp_path, code, tier=tier)
    verdict = result.verdicts[0]
    assert result.status == "graded"
    assert verdict.outcome in ("not attempted", "raised", "wrong", "timed out")
    assert verdict.points == 0
    assert len(verdict.message) < 1_000
    assert verdict.message.isprintable()
    assert list(own_folder.iterdir()) == []


@everywhere
@pytest.mark.parametrize("code", ENDLESS.values(), ids=ENDLESS.keys())
def test_what_never_ends_is_stopped(code: str, tier: str, tmp_path: Path, own_folder: Path) -> None:
    result = grade(tmp_path, code, tier=tier)
    assert (result.verdicts[0].outcome, result.verdicts[0].points) == ("timed out", 0)
    assert result.seconds < SHORT.submission_seconds + 5
    assert list(own_folder.iterdir()) == []


@needs_proc
@pytest.mark.parametrize(
    "code",
    [
        f"{WRONG}\nimport os, time\nif os.fork() == 0:\n    time.sleep(1000)",
        f"{WRONG}\nimport subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])",
        "import os, time\ndef double(x):\n    if os.fork() == 0:\n        time.sleep(1000)\n    return x * 3",
        "import time\ndef double(x):\n    time.sleep(1000)",
    ],
    ids=["fork-in-a-cell", "subprocess", "fork-in-the-answer", "hung-answer"],
)
def test_no_process_outlives_its_submission(code: str, tmp_path: Path, own_folder: Path) -> None:
    grade(tmp_path, code)
    # All have been killed by now; the system may need a moment to take the last one off its list.
    deadline = time.monotonic() + 5
    while processes_in(own_folder) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert processes_in(own_folder) == []


FORGED = """
import json, os, struct
body = json.dumps({"failed": None, "token": "0123456789abcdef", "arrays": []}).encode()
for descriptor in range(3, 256):
    try:
        os.write(descriptor, struct.pack("<II", len(body), 0) + body)
    except OSError:
        pass
"""


@everywhere
def test_a_forged_reply_is_recognised_and_costs_only_its_cell(tier: str, tmp_path: Path) -> None:
    result = grade(tmp_path, FORGED, "def double(x):\n    return 2 * x", tier=tier)
    assert (result.verdicts[0].outcome, result.points) == ("right", 1)
    assert result.notes == ("Cell 2 was left out: the Python process sent something that is no answer.",)


@everywhere
def test_a_forked_copy_does_not_answer_for_its_parent(tier: str, tmp_path: Path) -> None:
    fork = "copy = os.fork() if hasattr(os, 'fork') else 1"
    result = grade(tmp_path, "import os", fork, "def double(x):\n    return 2 * x", tier=tier)
    assert (result.verdicts[0].outcome, result.verdicts[0].points) == ("right", 1)


@everywhere
def test_an_error_that_ends_the_process_costs_only_its_question(tier: str, tmp_path: Path) -> None:
    rights = {id: exercise.reference for id, exercise in BANK.items() if exercise.lesson == "03"}
    path = write(tmp_path / "a.ipynb", *answer_cells(rights), "import os\ndef stable_sigmoid(x):\n    os._exit(1)")
    outcomes = {v.exercise: v.outcome for v in grade_one(path, lesson="03", seed=4, runner=runner(tier)).verdicts}
    assert outcomes.pop("03-stable-sigmoid") == "raised"
    assert set(outcomes.values()) == {"right"}


@everywhere
def test_a_cell_that_never_ends_costs_only_what_it_defines(tier: str, tmp_path: Path) -> None:
    rights = {id: exercise.reference for id, exercise in BANK.items() if exercise.lesson == "03"}
    path = write(tmp_path / "a.ipynb", *answer_cells(rights)[:2], "while True:\n    pass", *answer_cells(rights)[2:])
    result = grade_one(path, lesson="03", seed=4, limits=SHORT, runner=runner(tier))
    assert {v.outcome for v in result.verdicts} == {"right"}
    assert any("Cell 4 did not finish" in note for note in result.notes)


class CountingRunner(ProcessRunner):
    """Counts the processes that a submission is given."""

    def __init__(self) -> None:
        super().__init__()
        self.started = 0

    def start(self, limits: Limits) -> Child:
        self.started += 1
        return super().start(limits)


def test_the_time_of_a_whole_submission_is_limited(tmp_path: Path) -> None:
    limits, runner = Limits(question_seconds=5.0, cell_seconds=5.0, submission_seconds=2.0), CountingRunner()
    path = write(tmp_path / "slow.ipynb", *["import time\ntime.sleep(0.9)"] * 20, "def double(x):\n    return 2 * x")
    result = grade_one(path, lesson="00", limits=limits, runner=runner)
    assert (result.verdicts[0].outcome, result.verdicts[0].points) == ("timed out", 0)
    assert "the time for a whole submission" in result.verdicts[0].message
    assert any("used up its 2 seconds" in note for note in result.notes)
    assert runner.started == 1


def test_a_process_is_started_again_only_after_it_was_lost(tmp_path: Path) -> None:
    runner = CountingRunner()
    lost_twice = ["import os", "os._exit(1)", "def stable_sigmoid(x):\n    os._exit(1)"]
    grade_one(write(tmp_path / "a.ipynb", *lost_twice), lesson="03", runner=runner)
    assert runner.started == 3


def read_in_the_child(code: str, name: str, tier: str = "process", limits: Limits | None = None) -> Observation:
    """What a submission can see: its variable `name` after the code has run."""
    cells = [Cell(1, "import numpy as np\n" + code, True)]
    with Session(runner(tier), cells, [name], limits or Limits()) as session:
        return session.observe([Probe(name, name=name)], 5.0)[0]


@everywhere
def test_the_child_holds_no_module_with_answers(tier: str) -> None:
    seen = read_in_the_child(
        "import sys\nfiles = {name: str(getattr(module, '__file__', '')) for name, module in sys.modules.items()}\n"
        "found = ' '.join(name for name, file in files.items() if 'course_lib' in file)",
        "found",
        tier,
    )
    assert (seen.status, seen.value) == ("value", "")


@everywhere
def test_the_child_holds_no_text_of_the_bank(tier: str) -> None:
    words = sorted(
        {text for e in BANK.values() for text in (e.explanation, *e.hints, *(m.words for m in e.misconceptions))}
    )
    # Only a piece of each text goes in, so that the search does not find what it searches with.
    pieces = [text[5:45] for text in words]
    seen = read_in_the_child(
        f"import gc\ngc.unfreeze()\npieces = {pieces!r}\nmine = set(pieces)\n"
        "held = [t for o in gc.get_objects() for t in gc.get_referents(o) if type(t) is str and t not in mine]\n"
        "found = sum(p in t for t in held if len(t) < 1000 for p in pieces)",
        "found",
        tier,
    )
    assert seen.value is not None
    assert int(seen.value) == 0  # type: ignore[arg-type]


@everywhere
def test_the_course_is_not_on_the_path_of_the_child(tier: str) -> None:
    seen = read_in_the_child("import sys\nfound = '|'.join(sys.path)", "found", tier)
    assert str(REPOSITORY) not in str(seen.value).split("|")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
@everywhere
@pytest.mark.parametrize(
    ("attempt", "refusal"),
    [
        ("open('big', 'wb').write(bytes(3_000_000))", "OSError"),
        pytest.param(
            "bytearray(1_500_000_000)",
            "MemoryError",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="macOS limits no memory"),
        ),
    ],
    ids=["file", "memory"],
)
def test_a_limit_is_in_force(attempt: str, refusal: str, tier: str) -> None:
    code = f"try:\n    {attempt}\n    found = 'allowed'\nexcept Exception as error:\n    found = type(error).__name__"
    limits = Limits(file_bytes=2_000_000, memory_bytes=1_000_000_000)
    assert read_in_the_child(code, "found", tier, limits).value == refusal


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@everywhere
def test_processor_time_is_limited(tier: str) -> None:
    code = "import resource\nfound = resource.getrlimit(resource.RLIMIT_CPU)[0]"
    seen = read_in_the_child(code, "found", tier, Limits(submission_seconds=40))
    assert seen.value == 41


def test_the_environment_holds_nothing_of_the_grader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_SECRET", "open sesame")
    seen = read_in_the_child("import os\nfound = str(dict(os.environ)) + os.path.expanduser('~')", "found")
    assert "sesame" not in str(seen.value)
    assert str(Path.home()) not in str(seen.value).replace(tempfile.gettempdir(), "")


@everywhere
def test_the_child_has_no_stream_of_the_grader(tier: str) -> None:
    seen = read_in_the_child(
        "import os, stat\nfound = ''.join(str(stat.S_ISCHR(os.fstat(d).st_mode)) for d in (0, 1, 2))", "found", tier
    )
    assert seen.value == "True" * 3


@pytest.mark.skipif(os.name != "posix", reason="descriptors are inherited by number on POSIX only")
def test_the_child_inherits_no_file_of_the_grader(tmp_path: Path) -> None:
    with (tmp_path / "gradebook").open("w") as gradebook:
        os.set_inheritable(gradebook.fileno(), True)
        seen = read_in_the_child(
            "import os\nopened = []\nfor d in range(256):\n    try:\n        s = os.fstat(d)\n"
            "        opened.append((s.st_dev, s.st_ino))\n    except OSError:\n        pass\nfound = str(opened)",
            "found",
        )
        status = os.fstat(gradebook.fileno())
    assert str((status.st_dev, status.st_ino)) not in str(seen.value)


# ---------------------------------------------------------------------------------------------------------------------
# Links handed in


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A folder handed in whose links lead to a right answer outside it."""
    right = write(tmp_path / "solutions" / "00.ipynb", "def double(x):\n    return 2 * x", 'check("00-double")')
    folder = tmp_path / "handed-in"
    (folder / "mei").mkdir(parents=True)
    try:
        (folder / "file.ipynb").symlink_to(right)
        (folder / "mei" / "broken.ipynb").symlink_to(tmp_path / "nowhere.ipynb")
        (folder / "mei" / "folder").symlink_to(right.parent, target_is_directory=True)
    except OSError as error:
        if sys.platform != "win32":
            raise
        pytest.skip(f"this user may make no links: {error}")
    return folder


def test_a_link_is_no_submission(links: Path) -> None:
    result = grade_one(links / "file.ipynb", lesson="00", runner=runner("process"))
    assert (result.status, result.reason, result.points) == ("needs a person", "not a file", 0)
    assert result.message == "file.ipynb is a link; hand in the .ipynb file itself."


def test_no_link_in_a_folder_is_followed_or_lost(links: Path) -> None:
    results = grade_many(links, lesson="00", runner=runner("process"))
    assert [(result.source, result.reason, result.points) for result in results] == [
        ("file.ipynb", "not a file", 0),
        ("mei/broken.ipynb", "not a file", 0),
        ("mei/folder", "not a file", 0),
    ]


def test_the_command_follows_no_link(links: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(links), "--isolation", "none"]) == 1
    assert "file.ipynb: needs a person (not a file)" in capsys.readouterr().out


def test_a_folder_that_a_teacher_names_may_be_a_link(links: Path) -> None:
    results = grade_many(links / "mei" / "folder", seed=4, runner=runner("process"))
    assert [(result.source, result.points) for result in results] == [("00.ipynb", 1)]
