"""PyTorch, JAX and the others as the benchmarks see them: arrays in, a call from a catalogue entry, arrays out."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from course_lib.spec import Activation, Array, Loss

NOT_INSTALLED = "not installed"
WIDGET_PACKAGES = ("jupyterlab", "ipywidgets", "anywidget", "ipympl", "plotly")
PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "torch",
    "jax",
    "optax",
    "keras",
    "mpmath",
    "matplotlib",
    *WIDGET_PACKAGES,
)


def installed(module: str) -> Any:
    """The imported module, or None where it is not installed."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None


@dataclass(frozen=True, eq=False)
class Library:
    """How arrays get in and out, when a result is ready, and how a function and its slope are made to run."""

    name: str
    array: Callable[[Array], Any]
    ready: Callable[[Any], Any]
    compiled: Callable[[Callable[..., Any]], Callable[..., Any]]
    slope: Callable[[Callable[..., Any]], Callable[..., Any]]
    namespace: dict[str, Any]
    calls: tuple[str, ...]

    def function(self, entry: Activation | Loss) -> Callable[..., Any] | None:
        """The entry's call in this library as a function of its arrays; None where it has none with equal values."""
        for call in entry.frameworks:
            if call.framework in self.calls and not call.differs:
                code = compile(call.call, f"<{entry.name} in {call.framework}>", "eval")
                names = ("x",) if isinstance(entry, Activation) else ("y_true", "y_pred")
                constants = self.namespace | {param.name: param.default for param in entry.params}
                return lambda *arrays: eval(code, constants | dict(zip(names, arrays, strict=True)))
        return None


def pytorch() -> Library | None:
    """PyTorch, eager, on one thread."""
    torch = installed("torch")
    if torch is None:
        return None
    torch.set_num_threads(1)

    def slope(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(x: Any) -> Any:
            x = x.detach().requires_grad_()
            return torch.autograd.grad(function(x).sum(), x)[0]

        return run

    return Library("PyTorch", torch.from_numpy, lambda y: y, lambda f: f, slope, {"torch": torch}, calls=("torch",))


def jax() -> Library | None:
    """JAX, compiled by jit, in double precision where the arrays are; on the CPU."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    module = installed("jax")
    if module is None:
        return None
    module.config.update("jax_enable_x64", True)
    namespace = {"jax": module, "jnp": module.numpy, "optax": installed("optax")}
    return Library(
        "JAX",
        module.numpy.asarray,
        module.block_until_ready,
        module.jit,
        lambda f: module.grad(lambda x: f(x).sum()),
        namespace,
        calls=("jax", "optax") if namespace["optax"] is not None else ("jax",),
    )


def machine() -> dict[str, Any]:
    """Where and with what a table was measured."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return NOT_INSTALLED


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    if sys.platform == "linux" and info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Everything on one core, so that libraries with a thread pool are compared with those without one.

    Where the system cannot bind a process to a core (macOS, Windows), one thread for BLAS is all that is asked.
    """
    with threadpool_limits(limits=1):
        if sys.platform != "linux":
            yield
            return
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {max(cores)})
        try:
            yield
        finally:
            os.sched_setaffinity(0, cores)


def fastest(calls: dict[str, Callable[[], object]], rounds: int, seconds: float = 0.0) -> dict[str, float]:
    """Least seconds per call for each of several functions, measured in turns, so that a busy machine hits all alike.

    A function that takes less than `seconds` is repeated within a turn until it fills them.
    """
    repeats = {}
    for name, call in calls.items():
        call()
        start = time.perf_counter()
        call()
        once = time.perf_counter() - start
        repeats[name] = max(1, int(seconds / max(once, 1e-9)))
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(repeats[name]):
                call()
            best[name] = min(best[name], (time.perf_counter() - start) / repeats[name])
    return best
