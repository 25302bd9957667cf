"""Fixtures: the same seeds before every test, the thread count restored after it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
import pytest

import topograd

# Programs under test: those that say `import torch`, and those that the doctor looks at.
collect_ignore = ["programs", "doctor"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the docstrings of compiled functions the names that their examples use.

    In the namespace of the package, where they are found, `float` is a dtype.
    """
    for item in items:
        if isinstance(item, pytest.DoctestItem) and item.dtest is not None:
            globs = item.dtest.globs
            if globs.get("__name__") == "topograd":
                globs.clear()
            globs.update(tg=topograd, F=topograd.nn.functional, np=np)
            if item.dtest.name.startswith("topograd.viz.") and not find_spec("matplotlib"):
                item.add_marker(pytest.mark.skip(reason="matplotlib is not installed"))


@pytest.fixture
def tg() -> object:
    """The library under test."""
    return topograd


@pytest.fixture
def rng() -> np.random.Generator:
    """A NumPy generator with a fixed seed."""
    return np.random.default_rng(20261124)


@pytest.fixture(autouse=True)
def same_start() -> Iterator[None]:
    """Seed the library before each test and restore thread count and recording mode after it."""
    threads = topograd.get_num_threads()
    topograd.manual_seed(0)
    yield
    if topograd.get_num_threads() != threads:
        topograd.set_num_threads(threads)
    topograd.set_grad_enabled(True)
