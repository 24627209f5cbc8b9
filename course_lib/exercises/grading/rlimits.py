"""The limits of POSIX on a process and what it starts."""

import sys
from collections.abc import Mapping

__all__ = ["set_limits"]


def set_limits(limits: Mapping[str, int]) -> None:
    """Limit this process: {"RLIMIT_CPU": seconds, "RLIMIT_AS": bytes, …}. Windows has none, macOS none of memory."""
    if sys.platform == "win32":
        return
    import resource

    for name, value in limits.items():
        kind = getattr(resource, name, None)
        if kind is None or (name == "RLIMIT_AS" and sys.platform != "linux"):
            continue
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (value, value) if hard == resource.RLIM_INFINITY else (min(value, hard), hard))
