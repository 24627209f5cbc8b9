"""The sub-commands of `grade`, one module each, with `arguments(parser)` and `run(options) -> exit code`."""
