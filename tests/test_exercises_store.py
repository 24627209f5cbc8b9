"""Progress survives a second window, a crash, a damaged file and a newer version; nothing is ever overwritten."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from course_lib.exercises import store as store_module
from course_lib.exercises.store import FILE_NAME, VERSION, Store, StoreError, default_folder

WRITER = """
import sys
from pathlib import Path
from course_lib.exercises.store import Store
store, name, count = Store(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
for number in range(count):
    store.record("attempt", name, {"number": number})
    print(number, flush=True)
"""


def writer(folder, name, count):
    command = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def test_events_come_back_in_order(tmp_path):
    store = Store(tmp_path)
    store.record("attempt", "03-a", {"points": 1.5, "words": "σ"})
    store.record("hint", "03-a")
    assert [(e.kind, e.item, dict(e.data)) for e in Store(tmp_path).events()] == [
        ("attempt", "03-a", {"points": 1.5, "words": "σ"}),
        ("hint", "03-a", {}),
    ]


def test_events_are_chosen_by_kind_and_item(tmp_path):
    store = Store(tmp_path)
    for kind, item in (("a", "1"), ("a", "2"), ("b", "1")):
        store.record(kind, item)
    assert [e.item for e in store.events("a")] == ["1", "2"]
    assert [e.kind for e in store.events(item="1")] == ["a", "b"]


def test_reading_an_empty_store_makes_no_file(tmp_path):
    assert Store(tmp_path).events() == []
    assert list(tmp_path.iterdir()) == []


def test_two_processes_write_at_once(tmp_path):
    both = [writer(tmp_path, name, 60) for name in ("one", "two")]
    for process in both:
        process.communicate(timeout=120)
    numbers = {name: [e.data["number"] for e in Store(tmp_path).events(item=name)] for name in ("one", "two")}
    assert numbers == {"one": list(range(60)), "two": list(range(60))}


def test_killed_in_the_middle_of_writing(tmp_path):
    process = writer(tmp_path, "victim", 100_000)
    assert process.stdout is not None
    told = 0
    while told < 25:
        line = process.stdout.readline()
        told += line.strip().isdigit()
    process.kill()
    rest = process.communicate()[0]
    told += sum(line.isdigit() for line in rest.split())
    kept = [e.data["number"] for e in Store(tmp_path).events(item="victim")]
    # Whatever was reported as saved is there, and at most the row being written beyond it.
    assert kept == list(range(len(kept)))
    assert told <= len(kept) <= told + 1
    Store(tmp_path).record("attempt", "after")
    assert len(Store(tmp_path).events(item="after")) == 1


def test_killed_inside_a_transaction(tmp_path):
    Store(tmp_path).record("attempt", "before")
    code = (
        "import sqlite3, sys, time\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA cache_spill = 1'); c.execute('PRAGMA cache_size = 1'); c.execute('BEGIN IMMEDIATE')\n"
        "for n in range(2000):\n"
        "    c.execute(\"INSERT INTO event (at, kind, item, data) VALUES ('2026', 'x', 'half', ?)\", ('z' * 500,))\n"
        "print('in', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / FILE_NAME)], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "in"
    process.kill()
    process.communicate()
    assert [e.item for e in Store(tmp_path).events()] == ["before"]


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_damaged_file_is_kept_aside(tmp_path, content):
    (tmp_path / FILE_NAME).write_bytes(content)
    store = Store(tmp_path)
    store.record("attempt", "03-a")
    kept = list(tmp_path.glob("progress.damaged-*.sqlite"))
    assert [p.read_bytes() for p in kept] == [content]
    assert "damaged" in store.notices[0]
    assert str(kept[0]) in store.notices[0]
    assert len(store.events()) == 1


def test_damaged_page_is_found(tmp_path):
    Store(tmp_path).record("attempt", "03-a")
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as connection:
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
            "INSERT INTO event (at, kind, item, data) SELECT '2026-01-01', 'k', 'i', hex(randomblob(40)) FROM n"
        )
    raw = bytearray((tmp_path / FILE_NAME).read_bytes())
    raw[4096 * 3 : 4096 * 6] = b"\xa5" * (4096 * 3)
    (tmp_path / FILE_NAME).write_bytes(raw)
    again = Store(tmp_path)
    assert again.events() == []
    assert "damaged" in again.notices[0]


def test_newer_file_is_kept_aside_whole(tmp_path):
    Store(tmp_path).record("attempt", "precious")
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    store = Store(tmp_path)
    assert store.events() == []
    assert "newer version" in store.notices[0]
    aside = next(tmp_path.glob("progress.newer-*.sqlite"))
    with closing(sqlite3.connect(aside)) as connection:
        assert connection.execute("SELECT item FROM event").fetchall() == [("precious",)]


def test_reset_keeps_the_old_file(tmp_path):
    store = Store(tmp_path)
    store.record("attempt", "03-a")
    aside = store.reset()
    assert store.events() == []
    assert aside is not None
    with closing(sqlite3.connect(aside)) as connection:
        assert connection.execute("SELECT item FROM event").fetchall() == [("03-a",)]


def test_reset_of_nothing(tmp_path):
    assert Store(tmp_path).reset() is None


def test_export_holds_every_event(tmp_path):
    store = Store(tmp_path)
    store.record("attempt", "03-a", {"points": 2})
    assert store.export(tmp_path / "mine.json") == 1
    data = json.loads((tmp_path / "mine.json").read_text(encoding="utf-8"))
    assert data["version"] == VERSION
    assert [(e["kind"], e["item"], e["data"]) for e in data["events"]] == [("attempt", "03-a", {"points": 2})]


def test_export_into_nowhere_says_so(tmp_path):
    with pytest.raises(StoreError, match="folder you may write to"):
        Store(tmp_path).export(tmp_path / "no" / "such" / "mine.json")


def test_folder_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="could not be read or saved"):
        Store(tmp_path / "file" / "inside").record("attempt", "03-a")


def test_locked_file_says_so(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.record("attempt", "03-a")
    monkeypatch.setattr(store_module, "WAIT_SECONDS", 0.1)
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="Close other windows"):
            store.record("attempt", "03-b")
    store.record("attempt", "03-c")
    assert [e.item for e in store.events()] == ["03-a", "03-c"]


def test_home_is_taken_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    assert default_folder() == tmp_path


def test_home_is_beside_requirements_by_default(monkeypatch):
    monkeypatch.delenv("COURSE_HOME", raising=False)
    assert (default_folder().parent / "requirements.txt").is_file()
    assert default_folder().name == ".course"


def test_home_is_the_users_folder_when_the_checkout_is_read_only(monkeypatch):
    monkeypatch.delenv("COURSE_HOME", raising=False)
    monkeypatch.setattr(store_module.os, "access", lambda *_: False)
    assert "activation-loss-course" in str(default_folder())
