"""The grader's end of the two pipes to a child, which may never answer."""

import os
import select
import time

__all__ = ["TimedPipe"]

MOST_HELD = 64_000_000
"""Bytes of replies that are taken in while a request waits for room."""


class TimedPipe:
    """Two pipes as one stream of whole pieces, all of which must have come or gone before the deadline."""

    def __init__(self, requests: int, replies: int) -> None:
        self._requests, self._replies = requests, replies
        self._held = bytearray()
        self.deadline = 0.0
        self._ready_to_read, self._ready_to_write, self._ready = select.poll(), select.poll(), select.poll()
        self._ready_to_read.register(replies, select.POLLIN)
        self._ready_to_write.register(requests, select.POLLOUT)
        self._ready.register(replies, select.POLLIN)
        self._ready.register(requests, select.POLLOUT)
        os.set_blocking(requests, False)
        os.set_blocking(replies, False)

    def write(self, data: bytes) -> None:
        """See `Writer.write`. Raises TimeoutError, or OSError when nobody reads."""
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._requests, left) :]
            except BlockingIOError:
                self._make_room()

    def flush(self) -> None:
        """Nothing is held back."""

    def read(self, size: int) -> bytes:
        """See `Reader.read`. Raises TimeoutError."""
        while len(self._held) < size:
            self._wait(self._ready_to_read)
            if not self._take(size - len(self._held)):
                break
        data = bytes(self._held[:size])
        del self._held[:size]
        return data

    def close(self) -> None:
        """Give the pipes back; may be called twice."""
        requests, replies, self._requests, self._replies = self._requests, self._replies, -1, -1
        for descriptor in (requests, replies):
            if descriptor >= 0:
                os.close(descriptor)

    def _make_room(self) -> None:
        """Wait until more can be written. Replies that come meanwhile are taken in: the child may wait for that."""
        if len(self._held) >= MOST_HELD:
            self._wait(self._ready_to_write)
        elif any(descriptor == self._replies for descriptor, _ in self._wait(self._ready)) and not self._take(0):
            # Nobody answers any more, so that the next write fails; until then there is nothing to take in.
            self._wait(self._ready_to_write)

    def _take(self, wanted: int) -> bool:
        """Take in what has come; False when nothing will come any more."""
        piece = os.read(self._replies, max(65_536, wanted))
        self._held += piece
        return bool(piece)

    def _wait(self, ready: "select.poll") -> list[tuple[int, int]]:
        left = self.deadline - time.monotonic()
        events = ready.poll(left * 1_000) if left > 0 else []
        if not events:
            raise TimeoutError
        return events
