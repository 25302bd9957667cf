"""What options of a command line may be, and how a command ends whose reader has gone."""

from __future__ import annotations

import argparse
import math
import os
import signal
import stat
import sys
import threading

LARGEST_SEED = 2**63 - 1


def end_quietly() -> None:
    """From now on, a command ends without words when nobody reads its output any more (`| head`).

    For programs, not for the library: it is a setting of the whole process.
    """
    output = sys.__stdout__
    if output is None or sys.stdout is not output or not hasattr(signal, "SIGPIPE"):
        return
    try:
        is_pipe = stat.S_ISFIFO(os.fstat(output.fileno()).st_mode)
    except (OSError, ValueError):  # it is closed, or no file
        return
    if is_pipe and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _whole_number(least: int, most: int, text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
    if not least <= value <= most:
        limit = f"at least {least}" if value < least else f"at most {most}"
        raise argparse.ArgumentTypeError(f"{text} is not {limit}")
    return value


def count(text: str) -> int:
    """Read a whole number from 1 to a million."""
    return _whole_number(1, 10**6, text)


def threads(text: str) -> int:
    """Read a number of threads: a whole number from 1 to 1024, which is the library's limit."""
    return _whole_number(1, 1024, text)


def seed(text: str) -> int:
    """Read a seed of the random numbers: a whole number from 0 to 2**63 - 1."""
    return _whole_number(0, LARGEST_SEED, text)


def rate(text: str) -> float:
    """Read a positive finite number."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a positive finite number")
    return value
