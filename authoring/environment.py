"""The one environment in which notebooks run, be it for a build, a test or a screenshot."""

import os
from collections.abc import Mapping
from pathlib import Path


def kernel_environment(home: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment in which notebooks run for a build or a test; `home` receives the progress store."""
    # An MPLBACKEND from outside would keep figures out of the notebook: ipykernel sets the inline one only if none is.
    kept = {name: value for name, value in environment.items() if name != "MPLBACKEND"}
    return kept | {
        "COURSE_HOME": str(home),
        "COURSE_STRICT": "1",
        "IPYTHONDIR": str(home / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        # Small networks train ten times faster on one thread, and sums come out the same on every machine.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
