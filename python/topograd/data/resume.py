"""Where a loader is in its data: what is written down, and how the same place is found again."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Iterator
from typing import Any

import topograd as tg
from topograd import _C
from topograd.data.distributed import DistributedSampler
from topograd.data.sampler import (
    BatchSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

VERSION = 1
# Samplers whose order depends on nothing but generators, and on set_epoch().
KNOWN = {
    BatchSampler,
    DistributedSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
}


class Progress:
    """How far a pass over a loader has come; the loader and its iterator share it."""

    def __init__(self, start: dict[str, Any], workers: int) -> None:
        self.start = start  # the sources of random numbers as they were before the order was drawn
        self.number = 0  # of the first batch that was not given out
        self.ahead: set[int] = set()  # of those given out before their turn
        self.counts = [0] * max(1, workers)  # batches of an iterable dataset, for each worker
        self.last = -1  # which worker gave the last one
        self.states: list[Any] = [None] * max(1, workers)  # of the workers' iterable datasets
        self.finished = False

    def given(self, number: int) -> None:
        """Notes that a batch was given out."""
        self.ahead.add(number)
        while self.number in self.ahead:
            self.ahead.remove(self.number)
            self.number += 1

    def state(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "start": self.start,
            "number": self.number,
            "ahead": sorted(self.ahead),
            "counts": list(self.counts),
            "last": self.last,
            "states": list(self.states),
        }


def has_state(dataset: Any) -> bool:
    """Whether a dataset can tell where it is, and go there."""
    return hasattr(dataset, "state_dict") and hasattr(dataset, "load_state_dict")


def samplers_of(loader: Any) -> list[Any]:
    """The samplers that decide on the order, the outermost first."""
    outer = loader.batch_sampler if loader.batch_sampler is not None else loader.sampler
    found = []
    while outer is not None and not isinstance(outer, (range, list, tuple)):
        found.append(outer)
        outer = getattr(outer, "sampler", None)
    return found


def generators_of(loader: Any) -> list[Any]:
    """The generators that the loader and its samplers draw from, other than the default one."""
    owners = [loader, *samplers_of(loader)]
    given = [getattr(owner, "generator", None) for owner in owners]
    unique = {id(g): g for g in given if isinstance(g, _C.Generator)}
    return [g for g in unique.values() if g is not _C.default_generator]


def snapshot(loader: Any) -> dict[str, Any]:
    """The sources of random numbers from which the order of a pass is about to be drawn."""
    state: dict[str, Any] = {
        "default": tg.get_rng_state(),
        "generators": [g.get_state() for g in generators_of(loader)],
    }
    samplers = samplers_of(loader)
    if any(type(sampler) not in KNOWN for sampler in samplers):
        state["python"] = random.getstate()
        if "numpy" in sys.modules:
            import numpy

            legacy: Any = numpy.random.get_state(legacy=True)  # noqa: NPY002
            state["numpy"] = [legacy[0], legacy[1].tolist(), *legacy[2:]]
    epochs = [s.epoch for s in samplers if isinstance(getattr(s, "epoch", None), int)]
    if epochs:
        state["epochs"] = epochs
    return state


def restore(loader: Any, state: dict[str, Any]) -> None:
    """Brings the sources back to a snapshot."""
    tg.set_rng_state(state["default"])
    for generator, place in zip(generators_of(loader), state["generators"], strict=True):
        generator.set_state(place)
    if "python" in state:
        version, key, gauss = state["python"]
        random.setstate((version, tuple(key), gauss))
    if "numpy" in state:
        import numpy

        name, key, *rest = state["numpy"]
        numpy.random.set_state((name, key, *rest))  # noqa: NPY002
    samplers = [s for s in samplers_of(loader) if isinstance(getattr(s, "epoch", None), int)]
    for sampler, epoch in zip(samplers, state.get("epochs", ()), strict=True):
        sampler.epoch = epoch


@contextlib.contextmanager
def replayed(loader: Any, start: dict[str, Any] | None) -> Iterator[None]:
    """Inside, the sources are as they were at `start`; after, they are as before."""
    if start is None:
        yield
        return
    now = snapshot(loader)
    restore(loader, start)
    try:
        yield
    finally:
        restore(loader, now)


def state_of(
    loader: Any, progress: Progress | None, resumed: dict[str, Any] | None
) -> dict[str, Any]:
    """A loader's state as nested plain data and tensors, which `tg.save` takes.

    resumed: a pass that was loaded, and has not begun yet.
    """
    amid = progress is not None and not progress.finished
    state: dict[str, Any] = {
        "version": VERSION,
        "num_workers": loader.num_workers,
        "batch_size": loader.batch_size,
        "generators": [g.get_state() for g in generators_of(loader)],
        "pass": progress.state() if amid and progress is not None else resumed,
    }
    if amid and loader.num_workers == 0 and loader.iterable and has_state(loader.dataset):
        state["pass"]["states"] = [loader.dataset.state_dict()]
    return state


def checked(loader: Any, state: Any) -> dict[str, Any] | None:
    """The pass that a state is amid of; raises ValueError if the state does not fit the loader."""

    def require(fits: bool, what: str) -> None:
        if not fits:
            raise ValueError(f"DataLoader.load_state_dict: {what}")

    wanted = {"version", "num_workers", "batch_size", "generators", "pass"}
    require(isinstance(state, dict), f"expected a dict, got {type(state).__name__}")
    require(wanted <= set(state), f"entries are missing: {sorted(wanted - set(state))}")
    require(state["version"] == VERSION, f"version {state['version']} is not known")
    for name in ("batch_size",) + (("num_workers",) if loader.iterable else ()):
        mine = getattr(loader, name)
        require(state[name] == mine, f"it is of {name}={state[name]}, this loader has {mine}")
    count = len(generators_of(loader))
    require(
        len(state["generators"]) == count,
        f"it has {len(state['generators'])} generators, this loader {count}",
    )
    amid = state["pass"]
    if amid is None:
        return None
    require(isinstance(amid, dict), f"expected a dict as 'pass', got {type(amid).__name__}")
    missing = {"start", "number", "ahead", "counts", "last", "states"} - set(amid)
    require(not missing, f"entries of 'pass' are missing: {sorted(missing)}")
    require(len(amid["start"]["generators"]) == count, "'pass' is of another number of generators")
    return dict(amid)
