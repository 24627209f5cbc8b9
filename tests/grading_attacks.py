"""Submissions that attack: what each tries, and how the attempt must end.

Each is one cell. It puts what it got into `loot`, which the grader then shows as an error message; `tried` gives what
an action returned, or the error that refused it. $NAMES stand for what is really there to be had: see `Scene`.
They reach nothing but this machine, and what grows has a limit of its own beside ours.
"""

from dataclasses import dataclass

PROLOGUE = '''
import ctypes, os, signal, socket, struct, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)

def tried(action):
    try:
        return f"got {action()!r}"
    except BaseException as error:
        return f"{type(error).__name__} {error}"

def call(name, *arguments):
    """A system call by its name in the C library, or by its number."""
    if isinstance(name, int):
        arguments, name = (ctypes.c_long(name), *arguments), "syscall"
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "done"
'''

HIDDEN = r"^(FileNotFoundError|PermissionError|NotADirectoryError) "
FORBIDDEN = r"^PermissionError "
ABSENT = r"^(FileNotFoundError|PermissionError|ModuleNotFoundError) "


@dataclass(frozen=True)
class Attack:
    """A cell, and a pattern of how what it tried must have ended; None where it ends the process or its time."""

    code: str
    ends: str | None
    honest_beside: bool = True
    """Do right answers in the cells after it get their points? Not where it spoils the whole process on purpose."""


FILES = {
    "file": Attack("loot = tried(lambda: open('$secret').read())", HIDDEN),
    "file-by-system-call": Attack("loot = tried(lambda: os.read(os.open('$secret', os.O_RDONLY), 99))", HIDDEN),
    "file-by-dots": Attack("loot = tried(lambda: open('../' * 30 + '$secret'.lstrip('/')).read())", HIDDEN),
    "file-by-symlink": Attack(
        "loot = tried(lambda: (os.symlink('$secret', 'course-link'), open('course-link').read()))", HIDDEN
    ),
    "file-by-hard-link": Attack("loot = tried(lambda: os.link('$secret', 'course-link'))", HIDDEN),
    "file-by-own-root": Attack("loot = tried(lambda: open('/proc/self/root' + '$secret').read())", HIDDEN),
    "file-by-parents-root": Attack("loot = tried(lambda: open('/proc/1/root' + '$secret').read())", HIDDEN),
    "file-by-open-folder": Attack(
        "found = []\nfor d in range(64):\n    try:\n        found.append(os.open('..', os.O_RDONLY, dir_fd=d))\n"
        "    except OSError:\n        pass\nloot = f'{len(found)} folders open'",
        "^0 folders open",
    ),
    "gradebook": Attack(
        "import sqlite3\nloot = tried(lambda: sqlite3.connect('$gradebook').execute('select 1'))",
        r"^OperationalError|^PermissionError",
    ),
    "another-submission": Attack("loot = tried(lambda: open('$sibling').read())", HIDDEN),
    "folder-of-submissions": Attack("loot = tried(lambda: os.listdir('$folder'))", HIDDEN),
    "bank": Attack("loot = tried(lambda: open('$repository/course_lib/exercises/bank/lesson_03.py').read())", HIDDEN),
    "solutions": Attack("loot = tried(lambda: os.listdir('$repository/solutions'))", HIDDEN),
    "bank-by-location": Attack(
        "import importlib.util as u\n"
        "s = u.spec_from_file_location('b', '$repository/course_lib/exercises/bank/lesson_03.py')\n"
        "loot = tried(lambda: s.loader.exec_module(u.module_from_spec(s)))",
        HIDDEN,
    ),
    "course-by-path": Attack(
        "sys.path.insert(0, '$repository')\nsys.meta_path[:] = sys.meta_path[1:]\nsys.path_importer_cache.clear()\n"
        "for n in [n for n in sys.modules if n.startswith('course_lib')]: del sys.modules[n]\n"
        "loot = tried(lambda: __import__('course_lib.activations').activations.sigmoid(0.0))",
        ABSENT,
    ),
    "course-by-installed-path": Attack(
        "from importlib.machinery import PathFinder\nloot = str(PathFinder.find_spec('course_lib'))", "^None"
    ),
    "source-by-inspect": Attack(
        "import inspect, course_lib.activations\n"
        "loot = tried(lambda: inspect.getsource(course_lib.activations.sigmoid))",
        "^(TypeError|OSError) ",
    ),
    "passwords": Attack("loot = tried(lambda: open('/etc/passwd').read())", HIDDEN),
    "home": Attack("loot = tried(lambda: os.listdir('$home'))", HIDDEN),
    "whole-root": Attack(
        """
seen = tried(lambda: os.listdir('/'))
private = {'home', 'var', 'work', 'sys', 'mnt'}
loot = 'closed' if 'Error' in seen or not private & set(eval(seen[4:])) else seen
""",
        "^closed",
    ),
    "environment": Attack(
        "loot = str('COURSE_SECRET' in os.environ) + tried(lambda: open('/proc/1/environ').read())",
        "^False(FileNotFoundError|PermissionError)",
    ),
    "environment-of-the-grader": Attack("loot = tried(lambda: open('/proc/$grader/environ', 'rb').read())", HIDDEN),
    "command-lines": Attack("loot = tried(lambda: open('/proc/$grader/cmdline').read())", HIDDEN),
    "processes-listed": Attack(
        "loot = tried(lambda: [n for n in os.listdir('/proc') if n.isdigit()])", r"^got \[\]|^PermissionError"
    ),
    "own-memory-by-proc": Attack("loot = tried(lambda: open('/proc/self/mem', 'rb'))", HIDDEN),
    "disk-device": Attack(
        "loot = tried(lambda: [open('/dev/' + n, 'rb').read(9) for n in ('vda', 'sda', 'mem', 'kmsg')])", HIDDEN
    ),
    "terminal": Attack(
        "loot = tried(lambda: open('/dev/tty', 'w').write('x'))", r"^(OSError|FileNotFoundError|PermissionError)"
    ),
    "new-device": Attack("loot = tried(lambda: os.mknod('course-disk', 0o60600, os.makedev(254, 0)))", FORBIDDEN),
    "write-to-a-file": Attack("loot = tried(lambda: open('$secret', 'a').write('x'))", HIDDEN),
    "remove-a-file": Attack("loot = tried(lambda: os.unlink('$secret'))", HIDDEN),
    "write-beside": Attack("loot = tried(lambda: open('$folder/written', 'w'))", HIDDEN),
    "write-to-numpy": Attack(
        "import numpy\nloot = tried(lambda: open(numpy.__file__, 'a'))", r"^(OSError|PermissionError)"
    ),
    "write-to-the-library": Attack("loot = tried(lambda: open(os.__file__, 'a'))", r"^(OSError|PermissionError)"),
    "write-to-the-root": Attack("loot = tried(lambda: open('/written', 'w'))", r"^(OSError|PermissionError)"),
    "run-numpys-mode": Attack(
        "import numpy\nloot = tried(lambda: os.chmod(numpy.__file__, 0o777))", r"^(OSError|PermissionError)"
    ),
}

KERNEL = {
    "mount": Attack("loot = tried(lambda: call('mount', b'none', b'/tmp', b'tmpfs', 0, None))", FORBIDDEN),
    "unmount": Attack("loot = tried(lambda: call('umount2', b'/tmp', 2))", FORBIDDEN),
    "chroot": Attack("loot = tried(lambda: os.chroot('/tmp'))", FORBIDDEN),
    "new-user-namespace": Attack("loot = tried(lambda: call('unshare', 0x10000000))", FORBIDDEN),
    "other-namespace": Attack("loot = tried(lambda: call('setns', 3, 0))", FORBIDDEN),
    "superuser": Attack("loot = tried(lambda: os.setuid(0))", FORBIDDEN),
    "groups": Attack("loot = tried(lambda: os.setgroups([0]))", FORBIDDEN),
    "host-name": Attack("loot = tried(lambda: socket.sethostname('attacked'))", FORBIDDEN),
    "higher-limits": Attack(
        "import resource\nloot = tried(lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)))",
        "^(ValueError|PermissionError)",
    ),
    "limits-of-the-grader": Attack(
        "import resource\nloot = tried(lambda: resource.prlimit($grader, resource.RLIMIT_NOFILE, (3, 3)))",
        "^(PermissionError|ProcessLookupError)",
    ),
    "privileges-by-prctl": Attack("loot = tried(lambda: call('prctl', 4, 1, 0, 0, 0))", FORBIDDEN),
    "personality": Attack("loot = tried(lambda: call('personality', 0x0040000))", FORBIDDEN),
    "kernel-programs": Attack("loot = tried(lambda: call($bpf, 0, 0, 0))", FORBIDDEN),
    "kernel-rings": Attack("loot = tried(lambda: call(425, 8, ctypes.create_string_buffer(256)))", FORBIDDEN),
    "kernel-keys": Attack("loot = tried(lambda: call($keyctl, 0, -3, 0))", FORBIDDEN),
    "performance-counters": Attack(
        "loot = tried(lambda: call($perf, ctypes.create_string_buffer(128), 0, -1, -1, 0))", FORBIDDEN
    ),
    "page-faults": Attack("loot = tried(lambda: call($userfaultfd, 0))", FORBIDDEN),
    "old-numbers": Attack(
        "# the 32-bit table of the same kernel: 0x40000000 is set in its numbers\n"
        "loot = tried(lambda: call(0x40000000 + 41, 2, 1, 0))",
        "^(PermissionError|OSError)",
    ),
}

NETWORK = {
    "tcp-by-address": Attack(
        "loot = tried(lambda: socket.create_connection(('127.0.0.1', $port), 2).recv(99))", FORBIDDEN
    ),
    "tcp-by-name": Attack(
        "loot = tried(lambda: socket.create_connection(('localhost', $port), 2).recv(99))",
        r"^(PermissionError|gaierror)",
    ),
    "tcp-over-6": Attack(
        "loot = tried(lambda: socket.create_connection(('::1', $port), 2).recv(99))", r"^(PermissionError|gaierror)"
    ),
    "http": Attack(
        "import urllib.request as u\nloot = tried(lambda: u.urlopen('http://127.0.0.1:$port/', timeout=2).read(99))",
        r"^URLError .*(not permitted|Name|denied)|^(PermissionError|OSError|ImportError|ModuleNotFoundError)",
    ),
    "udp": Attack(
        "loot = tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', $port)))",
        FORBIDDEN,
    ),
    "unix-socket": Attack("s = tried(lambda: socket.socket(socket.AF_UNIX).connect('$socket'))\nloot = s", FORBIDDEN),
    "abstract-socket": Attack("loot = tried(lambda: socket.socket(socket.AF_UNIX).connect('\\0$abstract'))", FORBIDDEN),
    "socket-pair": Attack("loot = tried(lambda: socket.socketpair())", FORBIDDEN),
    "listening": Attack("loot = tried(lambda: socket.create_server(('127.0.0.1', 0)))", FORBIDDEN),
    "raw-packets": Attack("loot = tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))", FORBIDDEN),
    "netlink": Attack("loot = tried(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))", FORBIDDEN),
    "kernel-cryptography": Attack("loot = tried(lambda: socket.socket(38, socket.SOCK_SEQPACKET))", FORBIDDEN),
    "interfaces": Attack("loot = tried(lambda: socket.if_nameindex())", "^(PermissionError|OSError)"),
}

NO_PROCESS = r"^(PermissionError|BlockingIOError) "

PROCESSES = {
    "fork": Attack("loot = tried(os.fork)", NO_PROCESS),
    "fork-bomb": Attack(
        "made = 0\nfor _ in range(200):\n    try:\n        if os.fork() == 0:\n            time.sleep(60)\n"
        "            os._exit(0)\n        made += 1\n    except OSError:\n        break\nloot = f'{made} made'",
        "^0 made",
    ),
    "double-fork": Attack(
        "def away():\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n"
        "            time.sleep(60)\n        os._exit(0)\nloot = tried(away)",
        NO_PROCESS,
    ),
    "clone-by-number": Attack("loot = tried(lambda: call($clone, 17, 0, 0, 0, 0))", NO_PROCESS),
    "clone3-by-number": Attack(
        "loot = tried(lambda: call(435, struct.pack('11Q', *([0] * 4), 17, *([0] * 6)), 88))",
        "^OSError .*not implemented",
    ),
    "program": Attack(
        "import subprocess\nloot = tried(lambda: subprocess.run([sys.executable, '-c', '1']))", r"^\w*Error"
    ),
    "shell": Attack("loot = tried(lambda: os.system('sleep 60 &'))", "^got (-1|[1-9][0-9]*)"),
    "spawn": Attack("loot = tried(lambda: os.posix_spawn('/bin/sh', ['sh', '-c', 'sleep 60'], {}))", r"^\w*Error"),
    "exec": Attack(
        "loot = tried(lambda: os.execv(sys.executable, ['python']))", r"^(PermissionError|FileNotFoundError)"
    ),
    "pool": Attack(
        """
import multiprocessing as m
loot = tried(lambda: m.get_context('fork').Process(target=time.sleep, args=(60,)).start())
""",
        NO_PROCESS,
    ),
    "thread-bomb": Attack(
        """
made = 0
for _ in range(200):
    try:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        made += 1
    except RuntimeError:
        break
loot = 'bounded' if made <= $threads else f'{made} made'
""",
        "^bounded",
    ),
    "kill-the-parent": Attack("loot = tried(lambda: os.kill(os.getppid(), signal.SIGKILL))", FORBIDDEN),
    "kill-the-grader": Attack("loot = tried(lambda: os.kill($grader, signal.SIGKILL))", FORBIDDEN),
    "kill-another": Attack("loot = tried(lambda: os.kill($canary, signal.SIGKILL))", FORBIDDEN),
    "kill-all": Attack("loot = tried(lambda: os.kill(-1, signal.SIGKILL))", FORBIDDEN),
    "kill-the-group": Attack("loot = tried(lambda: os.killpg(0, signal.SIGKILL))", FORBIDDEN),
    "kill-by-thread": Attack("loot = tried(lambda: call($tgkill, $canary, $canary, 9))", FORBIDDEN),
    "kill-by-queue": Attack(
        "loot = tried(lambda: call($sigqueue, $canary, 9, ctypes.create_string_buffer(128)))", FORBIDDEN
    ),
    "kill-by-descriptor": Attack("loot = tried(lambda: os.pidfd_open($canary))", FORBIDDEN),
    "kill-by-owner-of-a-file": Attack(
        """
import fcntl
r, w = os.pipe()
loot = tried(lambda: (fcntl.fcntl(r, 10, 9), fcntl.fcntl(r, fcntl.F_SETOWN, $canary)))
""",
        FORBIDDEN,
    ),
    "priority-of-another": Attack("loot = tried(lambda: os.setpriority(os.PRIO_PROCESS, $canary, 19))", FORBIDDEN),
    "trace": Attack("loot = tried(lambda: call('ptrace', 16, $canary, 0, 0))", FORBIDDEN),
    "read-memory": Attack(
        "p = ctypes.create_string_buffer(16)\nloot = tried(lambda: call('process_vm_readv', $canary, p, 1, p, 1, 0))",
        FORBIDDEN,
    ),
    "kill-itself": Attack("os.kill(os.getpid(), signal.SIGKILL)\nloot = 'alive'", None),
    "abort": Attack("os.abort()", None),
    "exit-at-once": Attack("os._exit(0)", None),
    "crash": Attack("ctypes.string_at(0)", None),
    "stack-overflow": Attack(
        """
sys.setrecursionlimit(10**9)
def deep(x):
    return sorted([x], key=deep)
deep(1)
""",
        None,
    ),
}

RESOURCES = {
    "memory": Attack("loot = tried(lambda: bytearray(4_000_000_000))", "^MemoryError"),
    "memory-in-pieces": Attack(
        """
kept = []
loot = tried(lambda: [kept.append(np.empty(10**7)) for _ in range(100)])
""",
        "MemoryError",
    ),
    "memory-mapped": Attack(
        "import mmap\nloot = tried(lambda: mmap.mmap(-1, 4_000_000_000))", "^(OSError|MemoryError)"
    ),
    "memory-files": Attack("loot = tried(lambda: os.memfd_create('x'))", FORBIDDEN),
    "shared-memory": Attack("loot = tried(lambda: call('shmget', $shm, 16, 0))", FORBIDDEN),
    "named-shared-memory": Attack(
        """
from multiprocessing.shared_memory import SharedMemory
loot = tried(lambda: SharedMemory(create=True, size=99))
""",
        r"^\w*Error",
    ),
    "message-queue": Attack("loot = tried(lambda: call('msgget', 0, 0o1600))", FORBIDDEN),
    "semaphores": Attack("loot = tried(lambda: call('semget', 0, 9, 0o1600))", FORBIDDEN),
    "large-file": Attack(
        "loot = tried(lambda: open('course-large', 'wb').write(bytes(40_000_000)))", r"^(OSError|PermissionError)"
    ),
    "many-files": Attack(
        "loot = tried(lambda: [open(f'course-{n}', 'wb').write(bytes(4_000_000)) for n in range(20)])",
        r"^(OSError|PermissionError)",
    ),
    "tiny-files": Attack(
        "loot = tried(lambda: [open(f'course-{n}', 'wb').close() for n in range(9_000)])",
        r"^(OSError|PermissionError)",
    ),
    "sparse-file": Attack(
        "loot = tried(lambda: os.truncate(os.open('course-sparse', os.O_CREAT | os.O_RDWR), 10**12))",
        r"^(OSError|PermissionError)",
    ),
    "descriptors": Attack(
        """
kept = []
loot = tried(lambda: [kept.append(os.pipe()) for _ in range(2000)])
for pair in kept:
    [os.close(d) for d in pair]
""",
        "^OSError .*Too many open files",
    ),
    "core-dump": Attack("import resource\nloot = str(resource.getrlimit(resource.RLIMIT_CORE))", r"^\(0, 0\)"),
    "sleep": Attack("time.sleep(1000)", None),
    "loop": Attack("while True:\n    pass", None),
    "loop-holding-the-lock": Attack("ctypes.PyDLL(None).sleep(1000)", None),
    "signals-blocked-loop": Attack(
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True:\n    pass", None
    ),
    "busy-threads": Attack(
        """
def spin():
    while True:
        pass
for _ in range(3):
    threading.Thread(target=spin, daemon=True).start()
loot = 'spinning'
""",
        None,
        honest_beside=False,
    ),
}

PROTOCOL = {
    "header-without-end": Attack("os.write(4, struct.pack('<II', 200_000, 0) + b'{')\ntime.sleep(1000)", None),
    "payload-without-end": Attack("os.write(4, struct.pack('<II', 2, 30_000_000) + b'{}')\ntime.sleep(1000)", None),
    "huge-lengths": Attack("os.write(4, struct.pack('<II', 2**32 - 1, 2**32 - 1))\nloot = 'said'", None),
    "deep-json": Attack("t = b'[' * 200_000\nos.write(4, struct.pack('<II', len(t), 0) + t)", None),
    "json-of-a-list": Attack("os.write(4, struct.pack('<II', 2, 0) + b'[]')", None),
    "json-of-digits": Attack(
        "t = b'{\"a\": ' + b'9' * 100_000 + b'}'\nos.write(4, struct.pack('<II', len(t), 0) + t)", None
    ),
    "shape-without-end": Attack(
        't = b\'{"token": "", "arrays": [{"dtype": "<f8", "shape": [99999999999999999999, 0]}]}\'\n'
        "os.write(4, struct.pack('<II', len(t), 0) + t)",
        None,
    ),
    "flood": Attack("while True:\n    os.write(4, bytes(65_536))", None),
    "replies-closed": Attack("os.close(4)", None),
    "requests-closed": Attack(
        """
os.close(3)
loot = 'closed'
""",
        None,
        honest_beside=False,
    ),
    "requests-stolen": Attack(
        """
threading.Thread(target=lambda: os.read(3, 8), daemon=True).start()
loot = 'stolen'
""",
        None,
        honest_beside=False,
    ),
    "token-from-the-frames": Attack(
        """
import json
f = sys._getframe()
while 'header' not in f.f_locals:
    f = f.f_back
t = json.dumps({'failed': None, 'arrays': [], 'token': f.f_locals['header']['token']}).encode()
os.write(4, struct.pack('<II', len(t), 0) + t)
""",
        None,
        honest_beside=False,
    ),
    "server-patched": Attack(
        """
f = sys._getframe()
while 'workspace' not in f.f_locals:
    f = f.f_back
old = f.f_globals['send']
more = {'points': 99, 'outcome': 'right', 'expected': 0}
f.f_globals['send'] = lambda w, h, a=(): old(w, {**h, **more}, a)
loot = 'patched'
""",
        "^patched",
    ),
    "control-channel": Attack(
        """
found = []
for d in range(256):
    try:
        found.append(socket.socket(fileno=os.dup(d)).getsockname())
    except OSError:
        pass
loot = f'{len(found)} sockets'
""",
        "^0 sockets",
    ),
    "descriptors-of-others": Attack(
        """
found = []
for d in range(5, 1024):
    try:
        found.append(os.fstat(d).st_mode)
    except OSError:
        pass
loot = f'{len(found)} open'
""",
        "^0 open",
    ),
    "warm-parents-memory": Attack(
        "import gc\nnames = ('Exercise', 'Misconception', 'Verdict')\n"
        "found = [o for o in gc.get_objects() if type(o).__name__ in names]\nloot = f'{len(found)} found'",
        "^0 found",
    ),
}

LEFT_BEHIND = Attack(
    """
import builtins, numpy as np
tried(lambda: open('course-note', 'w').write('for the next'))
os.environ['NOTE'] = 'x'
np.exp = lambda x: x * 0
builtins.note = 1
loot = 'left'
""",
    "^left",
    honest_beside=False,
)
LOOKED_FOR = Attack(
    """
import builtins, numpy as np
loot = str([os.path.exists('course-note'), 'NOTE' in os.environ, hasattr(builtins, 'note'), float(np.exp(0.0))])
""",
    r"^\[False, False, False, 1.0\]",
)

ATTACKS = {**FILES, **KERNEL, **NETWORK, **PROCESSES, **RESOURCES, **PROTOCOL}
