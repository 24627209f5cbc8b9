"""One command sets the course up and does one thing with it. Needs Python 3.11 or newer and nothing else.

    python3 course.py lab     open the course in JupyterLab
    python3 course.py test    install what the tests need and run all of them
    python3 course.py check   say whether this computer is ready
    python3 course.py grade   grade a notebook, a folder, or a whole class (grade --help)
    python3 course.py build   rebuild the notebooks from their text sources (for authors)
    python3 course.py setup   only install; --dev adds the tests' needs, --frameworks PyTorch, Keras and JAX

On Windows: py course.py lab. Everything is installed into the folder .venv beside this file; delete it to start afresh.
"""

# Standard library only, in syntax that old versions can parse: they must reach the sentence that they are too old.
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST = (3, 11)
START_PAGE = "notebooks/00_start_here.ipynb"
REQUIREMENTS = {
    "learner": ["requirements.txt"],
    "dev": ["requirements.txt", "requirements-dev.txt"],
    "frameworks": ["requirements-frameworks.txt"],
}
FIRST_PORT, PORTS = 8888, 100
# How pip and uv say that they reach nobody.
NO_NETWORK = (
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeout",
    "Failed to establish",
    "Name or service not known",
    "Network is unreachable",
    "Could not connect",
    "getaddrinfo",
    "dns error",
    "error sending request",
    "tcp connect error",
)


class Stop(Exception):
    """A sentence for the user; ends the program with exit code 2."""


def main(arguments):
    command, rest = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    commands = {"lab": lab, "test": test, "check": check, "grade": grade, "build": build, "setup": setup}
    if command in ("-h", "--help", "help"):
        print(__doc__.strip())
        return 0
    try:
        if command not in commands:
            raise Stop("unknown command %r; known: %s" % (command, ", ".join(commands)))
        require_python()
        return commands[command](rest)
    except Stop as stop:
        print("course.py: " + str(stop), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ncourse.py: interrupted; the same command goes on where it stopped.", file=sys.stderr)
        return 130


def lab(arguments):
    """Open JupyterLab on the start page; `--port N` and any other JupyterLab option are passed on."""
    install("learner")
    arguments = list(arguments)
    port = asked_port(arguments)
    if port is None:
        arguments.append("--port=%d" % free_port())
    elif not is_free(port):
        raise Stop("port %d is in use (another JupyterLab?); leave --port out, or choose another." % port)
    options = [
        "--ServerApp.root_dir=%s" % ROOT,
        "--LabApp.default_url=/lab/tree/" + START_PAGE,
        "--ServerApp.port_retries=0",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # Jupyter refuses root otherwise; inside a container root is the normal user
    return run(["-m", "jupyterlab"] + options + arguments)


def test(arguments):
    """Run every test, or those that pytest's own arguments select."""
    install("dev")
    return run(["-m", "pytest"] + list(arguments))


def check(arguments):
    """Install, then print what works on this computer."""
    install("learner")
    return run(["-m", "course_lib.selftest"] + list(arguments))


def grade(arguments):
    install("learner")
    return run(["-m", "course_lib.exercises.grading"] + list(arguments), cwd=None)


def build(arguments):
    install("dev")
    return run(["-m", "authoring"] + (["build"] + arguments if arguments else []))


def setup(arguments):
    unknown = set(arguments) - {"--dev", "--frameworks"}
    if unknown:
        raise Stop("unknown option %s; known: --dev, --frameworks" % ", ".join(sorted(unknown)))
    install("learner")
    for option in ("dev", "frameworks"):
        if "--" + option in arguments:
            install(option)
    print("Ready. Open the course with: python3 course.py lab")
    return 0


def require_python():
    if sys.version_info >= OLDEST:
        return
    newer = [name for minor in range(20, OLDEST[1] - 1, -1) for name in ["python3.%d" % minor] if shutil.which(name)]
    advice = "use %s course.py instead" % newer[0] if newer else "install a newer one from python.org or your system"
    raise Stop(
        "this is Python %d.%d (%s); the course needs %d.%d or newer: %s."
        % (sys.version_info[0], sys.version_info[1], sys.executable, OLDEST[0], OLDEST[1], advice)
    )


def install(level):
    """Bring .venv to what requirements for `level` ask; nothing happens when it is there already."""
    wanted = fingerprint(level)
    if stamp(level).is_file() and stamp(level).read_text(encoding="utf-8") == wanted and PYTHON.exists():
        return
    requirements = REQUIREMENTS[level][-1]
    uv = shutil.which("uv")
    ensure_venv(uv)
    print("Installing %s into %s (once; about a minute) …" % (requirements, VENV), flush=True)
    installer = [uv, "pip", "install", "--python", str(PYTHON)] if uv else [str(PYTHON), "-m", "pip", "install"]
    wheels = ROOT / "wheels"
    offline = ["--no-index", "--find-links", str(wheels)] if wheels.is_dir() else []
    code, errors = call_and_listen(installer + offline + ["-r", str(ROOT / requirements)])
    if code:
        raise Stop(installation_failed(errors, requirements if offline else None))
    # Written last: an interrupted installation is done again. What the tests need includes what a learner needs.
    for done in ["learner", "dev"] if level == "dev" else [level]:
        stamp(done).write_text(fingerprint(done), encoding="utf-8")


def stamp(level):
    return VENV / ("installed-%s.txt" % level)


def fingerprint(level):
    """Changes with the requirements, the Python and the place of the checkout: then the installation is done again."""
    content = b"".join((ROOT / name).read_bytes() for name in REQUIREMENTS[level] + ["pyproject.toml"])
    return hashlib.sha256(content + sys.version.encode() + str(ROOT).encode()).hexdigest()


def ensure_venv(uv):
    if PYTHON.exists() and venv_runs_this_python():
        return
    print("Creating %s …" % VENV, flush=True)
    if uv:
        command = [uv, "venv", "--seed", "--clear", "--python", sys.executable, str(VENV)]
    else:
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    code, errors = call_and_listen(command)
    if code:
        if "ensurepip" in errors:
            raise Stop(
                "this Python can't create virtual environments. On Debian and Ubuntu:\n"
                "    sudo apt install python3.%d-venv\nthen run the same command again." % sys.version_info[1]
            )
        raise Stop(installation_failed(errors, None))


def venv_runs_this_python():
    """False for a .venv that is broken, moved, or made by another version of Python."""
    question = "import sys; print(sys.version); import pip"
    try:
        answer = subprocess.run(
            [str(PYTHON), "-c", question], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.decode().strip() == sys.version.strip()


def call_and_listen(command):
    """Run the command with its output on the screen; return its exit code and what it wrote on stderr."""
    process = subprocess.Popen(command, cwd=str(ROOT), env=environment(), stderr=subprocess.PIPE)
    heard = []

    def listen():
        with process.stderr as stream:
            for line in stream:
                text = line.decode(errors="replace")
                heard.append(text)
                sys.stderr.write(text)
                sys.stderr.flush()

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    listener.join()
    return code, "".join(heard)


def installation_failed(errors, from_wheels):
    """What to say. from_wheels: the requirements that were to come from the folder wheels/, or None."""
    if from_wheels:
        return (
            "the folder wheels/ lacks a package named above. Fill it on a computer with a network:\n"
            "    python3 -m pip download -r %s flit_core -d wheels" % from_wheels
        )
    if any(sign in errors for sign in NO_NETWORK):
        return (
            "the packages can't be reached: is this computer connected? Behind a proxy, set HTTPS_PROXY; to use a "
            "mirror, set PIP_INDEX_URL (or UV_DEFAULT_INDEX); without a network, see wheels/ in the README.\n"
            "Nothing is lost: run the same command again."
        )
    return (
        "the installation failed; the lines above say why. Nothing is lost: mend that and run the same command again."
    )


def environment():
    """This process's environment, with the course's settings and without what could shadow its packages."""
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    if "PIP_INDEX_URL" in variables:
        variables.setdefault("UV_DEFAULT_INDEX", variables["PIP_INDEX_URL"])
    settings = [str(ROOT / ".jupyter"), variables.get("JUPYTER_CONFIG_PATH", "")]
    variables["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, settings))
    # Windows writes in a legacy code page otherwise, and the course prints σ and ∞.
    variables["PYTHONUTF8"] = "1"
    return variables


def run(arguments, cwd=ROOT):
    process = subprocess.Popen([str(PYTHON)] + arguments, cwd=cwd and str(cwd), env=environment())
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # Ctrl-C reaches the child too, which decides how to end


def asked_port(arguments):
    for position, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--port":
            value = value or "".join(arguments[position + 1 : position + 2])
            if value.isdigit() and 0 < int(value) < 65536:
                return int(value)
            raise Stop("--port needs a number from 1 to 65535, got %r" % value)
    return None


def is_free(port):
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port():
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        if is_free(port):
            return port
    raise Stop(
        "no free port between %d and %d; close another JupyterLab or name one: python3 course.py lab --port 9999"
        % (FIRST_PORT, FIRST_PORT + PORTS - 1)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
