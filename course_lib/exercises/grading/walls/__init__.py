"""The walls around one submission on Linux, each of them a barrier of its own, and the order in which they go up.

Standard library only. The process that is walled in runs this code before it runs the submission: nothing here is
secret.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from course_lib.exercises.grading.rlimits import set_limits
from course_lib.exercises.grading.walls import landlock, privileges, seccomp
from course_lib.exercises.grading.walls.namespaces import NAMESPACES, Sight, enter, new_root

__all__ = ["BARRIERS", "LIMITS", "NAMESPACES", "Sight", "Walls", "confine"]

LIMITS = ("RLIMIT_CPU", "RLIMIT_AS", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_CORE")
BARRIERS = (
    *NAMESPACES,
    "landlock",
    "seccomp",
    "capabilities",
    "no new privileges",
    "hidden memory",
    "descriptors",
    *LIMITS,
)

Steps = Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Walls:
    """How a submission is walled in: what it sees of the disk, and which barriers there are."""

    sight: Sight
    readable: tuple[str, ...]
    """The same as `sight`, as folders and files that are all there is to read."""
    listed: tuple[str, ...]
    """Folders whose files' names may be seen, without reading them: Python looks there for what it imports."""
    folder: str
    """The one place where it may write; there is none without a mount namespace."""
    without: frozenset[str] = field(default=frozenset())
    """Barriers that are left out."""
    landlock_abi: int = 0

    def has(self, barrier: str) -> bool:
        """Is this barrier there?"""
        return barrier not in self.without


def confine(walls: Walls, steps: Steps, limits: Mapping[str, int], folder_bytes: int, keep: Collection[int]) -> None:
    """Put up all walls around this process, but for the process namespace, which it must have been forked into.

    steps: those to `walls.sight`. keep: the descriptors that stay open.
    """
    namespaces = [name for name in NAMESPACES if name != "pid" and walls.has(name)]
    if namespaces:
        enter(namespaces)
    if walls.has("mount"):
        new_root(steps, walls.folder, folder_bytes)
    if walls.has("descriptors"):
        privileges.close_all_from(3, keep)
    set_limits({name: value for name, value in limits.items() if walls.has(name)})
    if walls.has("capabilities"):
        privileges.drop_capabilities()
    if walls.has("no new privileges"):
        privileges.no_new_privileges()
    if walls.has("landlock"):
        writable = [walls.folder, "/dev/null"] if walls.has("mount") else ["/dev/null"]
        landlock.restrict(walls.listed, walls.readable, writable, abi=walls.landlock_abi)
    if not walls.has("pid"):
        privileges.die_with_parent()
    if walls.has("hidden memory"):
        privileges.hide_memory()
    if walls.has("seccomp"):
        seccomp.install()
