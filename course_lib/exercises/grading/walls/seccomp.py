"""An allow-list of system calls as a seccomp filter: what Python and NumPy need to compute, and nothing else.

No program can be started, no process created, no socket opened, no other process looked at or signalled. Numbers are
those of Linux on x86_64 and aarch64; "-" where a machine never had the call.
"""

import ctypes
import errno
import os
import platform
import struct
from dataclasses import dataclass
from functools import lru_cache

from course_lib.exercises.grading.walls.kernel import prctl

__all__ = ["MACHINES", "code", "install", "program"]

MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""Machine → the audit number that the kernel gives with every call."""

# name:x86_64:aarch64
ALLOWED = """
    brk:12:214 mmap:9:222 munmap:11:215 mprotect:10:226 mremap:25:216 madvise:28:233 mincore:27:232 msync:26:227
    membarrier:324:283

    read:0:63 write:1:64 readv:19:65 writev:20:66 pread64:17:67 pwrite64:18:68 preadv:295:69 pwritev:296:70 lseek:8:62
    close:3:57 close_range:436:436 dup:32:23 dup2:33:- dup3:292:24 fstat:5:80 fstatfs:138:44 ftruncate:77:46
    fallocate:285:47 fsync:74:82 fdatasync:75:83 fadvise64:221:223 flock:73:32 getdents64:217:61 sendfile:40:71
    copy_file_range:326:285 pipe:22:- pipe2:293:59 fchmod:91:52 fchdir:81:50

    open:2:- openat:257:56 creat:85:- stat:4:- lstat:6:- newfstatat:262:79 statx:332:291 statfs:137:43 access:21:-
    faccessat:269:48 faccessat2:439:439 readlink:89:- readlinkat:267:78 getcwd:79:17 chdir:80:49 umask:95:166
    mkdir:83:- mkdirat:258:34 rmdir:84:- unlink:87:- unlinkat:263:35 rename:82:- renameat:264:38 renameat2:316:276
    link:86:- linkat:265:37 symlink:88:- symlinkat:266:36 chmod:90:- fchmodat:268:53 truncate:76:45 utimensat:280:88

    poll:7:- ppoll:271:73 select:23:- pselect6:270:72 epoll_create:213:- epoll_create1:291:20 epoll_ctl:233:21
    epoll_wait:232:- epoll_pwait:281:22 eventfd:284:- eventfd2:290:19 futex:202:98 nanosleep:35:101
    clock_nanosleep:230:115 pause:34:- sched_yield:24:124

    time:201:- gettimeofday:96:169 clock_gettime:228:113 clock_getres:229:114 times:100:153 alarm:37:-
    setitimer:38:103 getitimer:36:102

    rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigpending:127:136 rt_sigreturn:15:139 rt_sigsuspend:130:133
    rt_sigtimedwait:128:137 sigaltstack:131:132 restart_syscall:219:128

    gettid:186:178 set_robust_list:273:99 set_tid_address:218:96 rseq:334:293 exit:60:93 exit_group:231:94
    sched_getaffinity:204:123 sched_getparam:143:121 sched_getscheduler:145:120

    getpid:39:172 getppid:110:173 getpgrp:111:- getpgid:121:155 getsid:124:156 getuid:102:174 geteuid:107:175
    getgid:104:176 getegid:108:177 getresuid:118:148 getresgid:120:150 getgroups:115:158 getpriority:140:141
    getrusage:98:165 getrlimit:97:163 getrandom:318:278 uname:63:160 sysinfo:99:179 getcpu:309:168 wait4:61:260
    waitid:247:95
"""


@dataclass(frozen=True)
class Guarded:
    """A call that is allowed when one of its arguments, under a mask, has one of a few values (32 bits)."""

    call: str
    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF


CLONE_THREAD = 0x00010000
CLONE_NEW_ANY = 0x7E020000
PR_SET_NAME, PR_GET_NAME = 15, 16
DUPLICATE, GET_FLAGS, SET_FLAGS, GET_STATUS, SET_STATUS, DUPLICATE_CLOSED = 0, 1, 2, 3, 4, 1030
LOCKS = (5, 6, 7)
TERMINAL = (0x5401, 0x5413)  # "is it a terminal?" is asked of every file that is opened
CLOSE_ON_EXEC, BLOCKING, WAITING_BYTES = (0x5450, 0x5451), 0x5421, 0x541B
OWN_PID = -1
"""Stands for the number of the process that the filter is for."""

GUARDED = (
    Guarded("clone:56:220", 0, (CLONE_THREAD,), CLONE_THREAD | CLONE_NEW_ANY),
    Guarded("prctl:157:167", 0, (PR_SET_NAME, PR_GET_NAME)),
    Guarded("ioctl:16:29", 1, (*TERMINAL, *CLOSE_ON_EXEC, BLOCKING, WAITING_BYTES)),
    # Not F_SETOWN and F_SETSIG, which would have the kernel send any signal to any process.
    Guarded("fcntl:72:25", 1, (DUPLICATE, GET_FLAGS, SET_FLAGS, GET_STATUS, SET_STATUS, *LOCKS, DUPLICATE_CLOSED)),
    Guarded("kill:62:129", 0, (OWN_PID,)),
    Guarded("tgkill:234:131", 0, (OWN_PID,)),
)
# Where the new limits would be must be nothing: a look at the limits, not a change.
PRLIMIT64, NEW_LIMIT = "prlimit64:302:261", 2
# "No such call" and not "forbidden": glibc then falls back on clone, whose flags can be looked at.
CLONE3 = "clone3:435:435"

LOAD, MASK, EQUAL, RETURN = 0x20, 0x54, 0x15, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER, MACHINE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
PR_SET_SECCOMP, MODE_FILTER = 22, 2

Instruction = tuple[int, int, int, int]


def program(machine: str, pid: int) -> list[Instruction]:
    """The filter for `machine` as (code, jump if true, jump if false, operand); `pid` may signal itself."""
    instructions: list[Instruction] = [
        (LOAD, 0, 0, MACHINE),
        (EQUAL, 1, 0, MACHINES[machine]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
    ]
    for entry in ALLOWED.split():
        instructions += _if_called(entry, machine, [(RETURN, 0, 0, ALLOW)])
    for guarded in GUARDED:
        check: list[Instruction] = [(LOAD, 0, 0, ARGUMENTS + 8 * guarded.argument), (MASK, 0, 0, guarded.mask)]
        for value in guarded.values:
            check += [(EQUAL, 0, 1, pid if value == OWN_PID else value), (RETURN, 0, 0, ALLOW)]
        instructions += _if_called(guarded.call, machine, [*check, _refuse(errno.EPERM)])
    low = ARGUMENTS + 8 * NEW_LIMIT
    null = [(LOAD, 0, 0, low), (EQUAL, 0, 3, 0), (LOAD, 0, 0, low + 4), (EQUAL, 0, 1, 0), (RETURN, 0, 0, ALLOW)]
    instructions += _if_called(PRLIMIT64, machine, [*null, _refuse(errno.EPERM)])
    instructions += _if_called(CLONE3, machine, [_refuse(errno.ENOSYS)])
    return [*instructions, _refuse(errno.EPERM)]


@lru_cache(maxsize=1)
def code(machine: str, pid: int) -> bytes:
    """`program` as the kernel reads it. Kept: a warm parent makes it once for all of its children."""
    return b"".join(struct.pack("<HBBI", *step) for step in program(machine, pid))


def install() -> None:
    """Put this process, and every thread that it will start, under the filter. Needs no-new-privileges."""
    instructions = code(platform.machine(), os.getpid())
    held = ctypes.create_string_buffer(instructions, len(instructions))
    filter_program = struct.pack("@HP", len(instructions) // 8, ctypes.addressof(held))
    prctl("seccomp", PR_SET_SECCOMP, MODE_FILTER, ctypes.c_char_p(filter_program))


def _refuse(number: int) -> Instruction:
    return (RETURN, 0, 0, REFUSE | number)


def _if_called(entry: str, machine: str, body: list[Instruction]) -> list[Instruction]:
    number = dict(zip(MACHINES, entry.split(":")[1:], strict=True))[machine]
    return [] if number == "-" else [(EQUAL, 0, len(body), int(number)), *body]
