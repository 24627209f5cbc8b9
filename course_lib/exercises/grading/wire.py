"""Messages between the grader and the child that runs a submission: a JSON header, then raw array bytes. No pickle.

A frame is two little-endian 32-bit lengths, the header (JSON) and the bytes of the arrays that the header describes,
one after the other. Both sides use this file; the grader's side trusts nothing that it reads with it.
"""

import json
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from course_lib.exercises.model import Argument, Observation, Probe, Status, Value
from course_lib.exercises.wording import one_line

__all__ = [
    "MAX_PAYLOAD",
    "Reader",
    "WireError",
    "Writer",
    "observation_from",
    "observation_to",
    "probe_from",
    "probe_to",
    "receive",
    "send",
]

MAX_REQUEST_HEADER = 16_000_000
MAX_REPLY_HEADER = 256_000
MAX_PAYLOAD = 32_000_000
MAX_TEXT = 1_000
MAX_DIMENSIONS = 32
MAX_PARTS = 16
MAX_WARNINGS = 20

LENGTHS = struct.Struct("<II")
DTYPES = frozenset({"|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8"})
STATUSES: Mapping[str, Status] = {
    "value": "value",
    "missing": "missing",
    "placeholder": "placeholder",
    "raised": "raised",
    "timed out": "timed out",
    "malformed": "malformed",
}

Header = dict[str, Any]
Arrays = list[NDArray[Any]]


class Reader(Protocol):
    """What messages are read from."""

    def read(self, size: int, /) -> bytes:
        """Exactly `size` bytes; fewer when the other side is gone."""


class Writer(Protocol):
    """What messages are written to."""

    def write(self, data: bytes, /) -> object:
        """Write all of `data`."""

    def flush(self) -> object:
        """Have it sent."""


class WireError(ValueError):
    """A message that does not keep to the protocol."""


def send(stream: Writer, header: Mapping[str, Any], arrays: Sequence[NDArray[Any]] = ()) -> None:
    """Write one message; arrays must have a dtype of DTYPES (see `sendable`)."""
    described = {**header, "arrays": [{"dtype": a.dtype.str, "shape": list(a.shape)} for a in arrays]}
    text = json.dumps(described).encode("ascii")
    payload = b"".join(a.tobytes() for a in arrays)
    stream.write(LENGTHS.pack(len(text), len(payload)) + text + payload)
    stream.flush()


def receive(stream: Reader, max_header: int) -> tuple[Header, Arrays]:
    """Read one message. Raises EOFError when the other side is gone and WireError when the message is not sound."""
    text_size, payload_size = LENGTHS.unpack(_exactly(stream, LENGTHS.size))
    if text_size > max_header or payload_size > MAX_PAYLOAD:
        raise WireError(f"a message of {text_size} + {payload_size} bytes, more than {max_header} + {MAX_PAYLOAD}")
    text, payload = _exactly(stream, text_size), _exactly(stream, payload_size)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f"the header is not JSON: {one_line(str(error))}") from None
    if type(header) is not dict:
        raise WireError("the header is not a JSON object")
    return header, _arrays(header.pop("arrays", None), payload)


def _exactly(stream: Reader, size: int) -> bytes:
    data = stream.read(size) if size else b""
    if len(data) != size:
        raise EOFError("the other side closed the connection")
    return data


def _arrays(specs: object, payload: bytes) -> Arrays:
    if type(specs) is not list:
        raise WireError("the header describes no list of arrays")
    arrays, start = [], 0
    for spec in specs:
        dtype, shape = (spec.get("dtype"), spec.get("shape")) if type(spec) is dict else (None, None)
        if type(dtype) is not str or dtype not in DTYPES:
            raise WireError("an array of a type that is not sent")
        if type(shape) is not list or len(shape) > MAX_DIMENSIONS or not all(type(n) is int and n >= 0 for n in shape):
            raise WireError("an array without a proper shape")
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if size > len(payload) - start:
            raise WireError("an array larger than the bytes that came with it")
        try:
            # A copy: the array must own its memory and be aligned, whatever lies before it in the message.
            arrays.append(np.frombuffer(payload[start : start + size], dtype=dtype).reshape(shape).copy())
        except ValueError as error:
            # (0, 2⁶²) holds no element, and yet NumPy refuses it.
            raise WireError(f"an array of a shape that NumPy refuses: {one_line(str(error))}") from None
        start += size
    if start != len(payload):
        raise WireError("more bytes than the arrays need")
    return arrays


def sendable(array: NDArray[Any]) -> NDArray[Any]:
    """The array in the byte order of the wire; float types without a place there become float64."""
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return little if little.dtype.str in DTYPES else little.astype("<f8")


# ---------------------------------------------------------------------------------------------------------------------
# Probes, from the grader to the child


def probe_to(probe: Probe) -> tuple[Header, Arrays]:
    """A probe as a header and its arrays. Floats travel in hexadecimal: exact, nan and ∞ included."""
    if probe.args is None:
        return {"name": probe.name, "args": None}, []
    args: list[Any] = []
    arrays: Arrays = []
    for value in probe.args:
        if isinstance(value, np.ndarray):
            args.append({"array": len(arrays)})
            arrays.append(sendable(value))
        elif type(value) is float:
            args.append({"float": value.hex()})
        else:
            args.append({"plain": value})
    return {"name": probe.name, "args": args}, arrays


def probe_from(header: Mapping[str, Any], arrays: Arrays) -> Probe:
    """The probe that `probe_to` described: its name and arguments only; the child has no use for labels."""
    if header["args"] is None:
        return Probe(label="", name=header["name"])
    return Probe(label="", name=header["name"], args=tuple(_argument(spec, arrays) for spec in header["args"]))


def _argument(spec: Mapping[str, Any], arrays: Arrays) -> Argument:
    if "array" in spec:
        array: NDArray[Any] = arrays[spec["array"]]
        return array
    if "float" in spec:
        return float.fromhex(spec["float"])
    plain: Argument = spec["plain"]
    return plain


# ---------------------------------------------------------------------------------------------------------------------
# Observations, from the child to the grader


def observation_to(seen: Observation) -> tuple[Header, Arrays]:
    """An observation as a header and its arrays; what is too large to send is called so."""
    arrays: Arrays = []
    value: Any = None
    if isinstance(seen.value, str):
        value = {"text": seen.value[:MAX_TEXT]}
    elif isinstance(seen.value, tuple):
        arrays, value = [sendable(part) for part in seen.value], "tuple"
    elif seen.value is not None:
        arrays, value = [sendable(seen.value)], "array"
    if sum(a.nbytes for a in arrays) > MAX_PAYLOAD:
        return observation_to(Observation("malformed", error="ndarray", message="too large", warnings=seen.warnings))
    header = {
        "status": seen.status,
        "value": value,
        "error": seen.error[:MAX_TEXT],
        "message": seen.message[:MAX_TEXT],
        "line": seen.line[:MAX_TEXT],
        "warnings": [text[:MAX_TEXT] for text in seen.warnings[:MAX_WARNINGS]],
        "changed_input": seen.changed_input,
    }
    return header, arrays


def observation_from(header: Mapping[str, Any], arrays: Arrays) -> Observation:
    """The observation that a child sent. Raises WireError if it is anything but plain data of the expected types."""
    said = header.get("status")
    status = STATUSES.get(said) if type(said) is str else None
    told, changed = header.get("warnings"), header.get("changed_input")
    if status is None or type(told) is not list or len(told) > MAX_WARNINGS or type(changed) is not bool:
        raise WireError("an answer without the fields of an observation")
    return Observation(
        status,
        value=_value(status, header.get("value"), arrays),
        error=_text(header.get("error")),
        message=_text(header.get("message")),
        line=_text(header.get("line")),
        warnings=tuple(_text(text) for text in told),
        changed_input=changed,
    )


def _value(status: Status, kind: object, arrays: Arrays) -> Value | None:
    if status != "value" and kind is None and not arrays:
        return None
    if status == "value" and kind == "array" and len(arrays) == 1:
        return arrays[0]
    if status == "value" and kind == "tuple" and 1 <= len(arrays) <= MAX_PARTS:
        return tuple(arrays)
    if status == "value" and type(kind) is dict and not arrays:
        return _text(kind.get("text"))
    raise WireError("an answer whose value and arrays do not fit together")


def _text(value: object) -> str:
    if type(value) is not str:
        raise WireError("an answer with something else where text belongs")
    return one_line(value, MAX_TEXT)
