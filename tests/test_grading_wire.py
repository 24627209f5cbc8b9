"""What crosses the wall arrives as it was sent, and what is not sound is refused."""

import io
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_lib.exercises.grading.wire import (
    DTYPES,
    LENGTHS,
    MAX_PAYLOAD,
    WireError,
    observation_from,
    observation_to,
    probe_from,
    probe_to,
    receive,
    send,
)
from course_lib.exercises.model import Observation, Probe

ARRAYS = hnp.arrays(st.sampled_from(sorted(DTYPES)), hnp.array_shapes(min_dims=0, min_side=0, max_dims=4, max_side=4))
SOUND = {
    "status": "value",
    "value": "array",
    "error": "",
    "message": "",
    "line": "",
    "warnings": [],
    "changed_input": False,
}


def across(header: dict[str, object], arrays: list[np.ndarray]) -> tuple[dict[str, object], list[np.ndarray]]:
    stream = io.BytesIO()
    send(stream, header, arrays)
    stream.seek(0)
    received = receive(stream, 100_000)
    assert stream.read() == b""
    return received


def frame(header: object, payload: bytes = b"") -> io.BytesIO:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return io.BytesIO(LENGTHS.pack(len(text), len(payload)) + text + payload)


def same(a: object, b: object) -> bool:
    """Equal to the last bit, nan and −0 included."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


@given(st.lists(ARRAYS, max_size=4))
def test_arrays_arrive_to_the_bit(arrays: list[np.ndarray]) -> None:
    _, received = across({"do": "x"}, arrays)
    assert same(tuple(received), tuple(arrays))
    assert all(array.flags.owndata and array.flags.writeable for array in received)


@given(st.tuples(ARRAYS, st.floats(), st.integers(), st.text()))
def test_arguments_of_a_probe_arrive(args: tuple[np.ndarray, float, int, str]) -> None:
    received = probe_from(*across(*probe_to(Probe("label", args=args, name="f"))))
    assert received.args is not None
    assert received.name == "f"
    assert same(received.args[0], args[0])
    assert received.args[1] == args[1] or math.isnan(args[1])
    assert received.args[2:] == args[2:]
    assert [type(a) for a in received.args[1:]] == [float, int, str]


def test_a_probe_of_a_variable_arrives() -> None:
    assert probe_from(*across(*probe_to(Probe("w", name="w")))).args is None


@pytest.mark.parametrize(
    "seen",
    [
        Observation("value", value=np.array([1.0, math.nan, -0.0])),
        Observation("value", value=np.float32([[1, 2]]), warnings=("overflow",), changed_input=True),
        Observation("value", value=(np.array(1), np.array([True]))),
        Observation("value", value="b"),
        Observation("raised", error="ValueError", message="so", line="line 3: x"),
        Observation("malformed", error="dict"),
        Observation("missing"),
        Observation("placeholder"),
        Observation("timed out"),
    ],
    ids=lambda seen: f"{seen.status}-{type(seen.value).__name__}",
)
def test_an_observation_arrives(seen: Observation) -> None:
    received = observation_from(*across(*observation_to(seen)))
    assert {k: v for k, v in vars(received).items() if k != "value"} == {
        k: v for k, v in vars(seen).items() if k != "value"
    }
    assert same(received.value, seen.value)


@pytest.mark.parametrize("dtype", [">f8", ">i4", np.longdouble])
def test_other_layouts_arrive_by_value(dtype: str) -> None:
    array = np.array([1, 2, 3], dtype=dtype)
    received = observation_from(*across(*observation_to(Observation("value", value=array))))
    assert np.array_equal(received.value, [1, 2, 3])  # type: ignore[arg-type]


def test_what_is_too_large_is_called_so() -> None:
    huge = np.broadcast_to(np.float64(1), (MAX_PAYLOAD // 8 + 1,))
    header, arrays = observation_to(Observation("value", value=huge))
    assert (header["status"], header["message"], arrays) == ("malformed", "too large", [])


ONE = {"dtype": "<f8", "shape": [1]}
UNSOUND = {
    "header-no-json": frame(b"{"),
    "header-nested-for-ever": frame(b"[" * 50_000),
    "header-no-object": frame([1]),
    "header-not-utf-8": frame(b'"\xff"'),
    "no-arrays": frame({}),
    "arrays-no-list": frame({"arrays": {}}),
    "array-no-object": frame({"arrays": [1]}),
    "pickled-type": frame({"arrays": [{"dtype": "|O", "shape": [1]}]}, b"8" * 8),
    "structured-type": frame({"arrays": [{"dtype": [["a", "<f8"]], "shape": [1]}]}, b"8" * 8),
    "unknown-type": frame({"arrays": [{"dtype": "<f8,<f8", "shape": [1]}]}, b"8" * 16),
    "shape-missing": frame({"arrays": [{"dtype": "<f8"}]}, b"8" * 8),
    "shape-negative": frame({"arrays": [{"dtype": "<f8", "shape": [-1]}]}, b"8" * 8),
    "shape-true": frame({"arrays": [{"dtype": "<f8", "shape": [True]}]}, b"8" * 8),
    "shape-fraction": frame({"arrays": [{"dtype": "<f8", "shape": [1.0]}]}, b"8" * 8),
    "shape-huge": frame({"arrays": [{"dtype": "<f8", "shape": [10**30]}]}, b"8" * 8),
    "shape-empty-and-huge": frame({"arrays": [{"dtype": "<f8", "shape": [0, 2**62, 2**62]}]}),
    "too-many-dimensions": frame({"arrays": [{"dtype": "<f8", "shape": [1] * 70}]}, b"8" * 8),
    "bytes-missing": frame({"arrays": [ONE, ONE]}, b"8" * 8),
    "bytes-left-over": frame({"arrays": [ONE]}, b"8" * 9),
    "header-too-long": io.BytesIO(LENGTHS.pack(2**32 - 1, 0)),
    "payload-too-long": io.BytesIO(LENGTHS.pack(2, 2**32 - 1) + b"{}"),
}


@pytest.mark.parametrize("stream", UNSOUND.values(), ids=UNSOUND.keys())
def test_an_unsound_message_is_refused(stream: io.BytesIO) -> None:
    stream.seek(0)
    with pytest.raises(WireError):
        receive(stream, 100_000)


@pytest.mark.parametrize("length", [0, 3, 8, 12])
def test_a_message_cut_short_is_the_end(length: int) -> None:
    whole = frame({"arrays": [ONE]}, b"8" * 8).getvalue()
    with pytest.raises(EOFError):
        receive(io.BytesIO(whole[:length]), 100_000)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_message_or_refused(data: bytes, with_lengths: bool) -> None:
    stream = io.BytesIO(LENGTHS.pack(len(data), 0) + data if with_lengths else data)
    try:
        header, arrays = receive(stream, 1_000)
    except (WireError, EOFError):
        return
    assert type(header) is dict
    assert all(type(array) is np.ndarray for array in arrays)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "right"},
        {"status": None},
        {"status": ["value"]},
        {"error": 3},
        {"message": None},
        {"line": []},
        {"warnings": "many"},
        {"warnings": [1]},
        {"warnings": ["w"] * 1_000},
        {"changed_input": 1},
        {"value": None},
        {"value": "tuple of arrays"},
        {"value": {"text": 3}},
        {"value": {"text": "b"}},
        {"status": "missing"},
    ],
    ids=str,
)
def test_an_answer_that_is_no_observation_is_refused(change: dict[str, object]) -> None:
    assert observation_from(SOUND, [np.zeros(1)]).status == "value"
    with pytest.raises(WireError):
        observation_from(SOUND | change, [np.zeros(1)])


def test_text_of_an_answer_is_one_printable_line() -> None:
    seen = observation_from(SOUND | {"status": "raised", "value": None, "message": "a\x1b[2J\nb" * 900}, [])
    assert seen.message.isprintable()
    assert len(seen.message) <= 1_000
