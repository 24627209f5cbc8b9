"""The grader's end of the two pipes to a child, which may never answer."""

import os
import select
import time

__all__ = ["TimedPipe"]


class TimedPipe:
    """Two pipes as one stream of whole pieces, all of which must have come or gone before the deadline."""

    def __init__(self, requests: int, replies: int) -> None:
        self._requests, self._replies = requests, replies
        self._held = bytearray()
        self.deadline = 0.0
        self._ready_to_read, self._ready_to_write = select.poll(), select.poll()
        self._ready_to_read.register(replies, select.POLLIN)
        self._ready_to_write.register(requests, select.POLLOUT)
        os.set_blocking(requests, False)
        os.set_blocking(replies, False)

    def write(self, data: bytes) -> None:
        """See `Writer.write`. Raises TimeoutError, or OSError when nobody reads."""
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._requests, left) :]
            except BlockingIOError:
                self._wait(self._ready_to_write)

    def flush(self) -> None:
        """Nothing is held back."""

    def read(self, size: int) -> bytes:
        """See `Reader.read`. Raises TimeoutError."""
        while len(self._held) < size:
            self._wait(self._ready_to_read)
            piece = os.read(self._replies, max(65_536, size - len(self._held)))
            if not piece:
                break
            self._held += piece
        data = bytes(self._held[:size])
        del self._held[:size]
        return data

    def close(self) -> None:
        """Give the pipes back; may be called twice."""
        requests, replies, self._requests, self._replies = self._requests, self._replies, -1, -1
        for descriptor in (requests, replies):
            if descriptor >= 0:
                os.close(descriptor)

    def _wait(self, ready: "select.poll") -> None:
        left = self.deadline - time.monotonic()
        if left <= 0 or not ready.poll(left * 1_000):
            raise TimeoutError
