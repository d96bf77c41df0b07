"""Work for the processes that tests start: little to import, so that they start fast."""

import os
import signal
from pathlib import Path

import numpy as np


def solve(size, number):
    """Do some linear algebra, and say in which process."""
    rng = np.random.default_rng(number)
    values = np.linalg.solve(np.eye(size) + rng.random((size, size)), rng.random(size))
    return {
        "values": values.tolist(),
        "process": os.getpid(),
        "text": "江苏 <&>",
        "none": None,
        "infinite": float("inf"),
    }


def die(folder, number):
    """Kill the own process, the first time that the chunk is worked on."""
    mark = Path(folder) / str(number)
    if number == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return solve(20, number)


def always_die(_):
    os.kill(os.getpid(), signal.SIGKILL)


def big(number):
    return {"values": [float(number)] * 6_000}


def never(_):
    raise AssertionError("a finished chunk is not done again")
