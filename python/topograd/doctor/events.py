"""What happened during the steps, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from topograd._C import Tensor
from topograd.doctor.report import Finding


@dataclass
class Event:
    """Something that happened: in which call of the step, and on which line."""

    call: int
    where: str


@dataclass
class Forward(Event):
    """A module was called. `depth`: 0 when no other module called it."""

    module: Any
    depth: int
    training: bool
    recording: bool
    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)


@dataclass
class Backward(Event):
    """A backward pass. `held`: ids of parameters that had a gradient before it, with its size.

    loss: its value, NaN where it is not one number (`scalar`).
    """

    loss: float
    scalar: bool
    held: dict[int, float]


@dataclass
class ZeroGrad(Event):
    """Gradients were forgotten: `parameters` are ids."""

    parameters: set[int]


@dataclass
class Clip(Event):
    """Gradients were clipped. `gradients`: how many there were; `parameters` are ids."""

    parameters: set[int]
    gradients: int


@dataclass
class Cut(Event):
    """A value lost its history: `how` is what did it."""

    how: str
    tensor: Tensor


@dataclass
class Change:
    """What a step did to a parameter: root mean squares of weight, gradient and change."""

    parameter: Tensor
    weight: float
    gradient: float | None
    change: float


@dataclass
class Step(Event):
    """An optimizer made a step. `closure`: it ran the backward pass itself."""

    optimizer: Any
    changes: list[Change]
    closure: bool


Kind = TypeVar("Kind", bound=Event)


class Trace:
    """Everything that was seen, and the findings of checks that look at graphs as they pass by."""

    def __init__(self) -> None:
        self.call = 0
        self.calls = 0
        self.events: list[Event] = []
        self.modules: list[Any] = []  # called by no other module, or given
        self.optimizers: list[Any] = []
        self.found: dict[str, list[Finding]] = {}
        self.store: dict[str, Any] = {}  # what a check keeps from graph to graph
        self.kept: list[tuple[int, Any]] = []  # (call, weak reference to what its graph holds)
        self.origins: dict[int, str] = {}  # of parameters: the line that made them
        self.versions: dict[int, int] = {}  # of parameters, before the first call
        self.error: BaseException | None = None

    def of(self, kind: type[Kind]) -> Iterator[Kind]:
        """The events of one kind, in order."""
        return (event for event in self.events if isinstance(event, kind))

    def parameters(self) -> dict[int, tuple[str, Tensor]]:
        """The names and parameters of all modules, by id."""
        found: dict[int, tuple[str, Tensor]] = {}
        for number, module in enumerate(self.modules):
            prefix = f"{type(module).__name__}." if len(self.modules) > 1 and number else ""
            for name, parameter in module.named_parameters():
                found.setdefault(id(parameter), (prefix + name, parameter))
        return found

    def optimized(self) -> dict[int, Tensor]:
        """The parameters of all optimizers, by id."""
        return {
            id(parameter): parameter
            for optimizer in self.optimizers
            for group in optimizer.param_groups
            for parameter in group["params"]
        }

    def name(self, parameter: Tensor) -> str:
        """The name of a parameter: its path, the user's name for it, or its shape."""
        known = self.parameters().get(id(parameter))
        if known:
            return known[0]
        return parameter.name or f"a parameter of shape {tuple(parameter.shape)}"

    @property
    def trains(self) -> bool:
        """Whether there was a backward pass or a step of an optimizer."""
        return any(isinstance(event, (Backward, Step)) for event in self.events)
