"""The state of an optimizer whose steps are done in C++."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from operator import is_
from typing import Any

from topograd import _C
from topograd._C import Tensor


class NativeState(MutableMapping[Tensor, dict[str, Tensor]]):
    """`optimizer.state`: parameter -> its state tensors, which live in C++, one object per group.

    Reading gives a dictionary that shares the tensors; to put other tensors in, assign a
    dictionary.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = tg.optim.SGD([w], lr=0.1, momentum=0.9)
    >>> (w * 2).sum().backward()
    >>> optimizer.step()
    >>> optimizer.state[w]["momentum_buffer"].tolist()
    [2.0]
    """

    def __init__(self, name: str, rule: str) -> None:
        self._name = name
        self._rule = rule
        self.groups: list[_C.OptimizerState] = []
        self._lists: list[list[Tensor]] = []
        self._seen: list[list[Tensor]] = []  # what was in them
        self._positions: dict[Tensor, tuple[_C.OptimizerState, int]] = {}

    def add_group(self, parameters: list[Tensor]) -> None:
        """Appends the C++ object for one more parameter group."""
        for i, parameter in enumerate(parameters):
            if not isinstance(parameter, Tensor):
                raise TypeError(
                    f"{self._name}: param_groups[{len(self.groups)}]['params'][{i}] must be "
                    f"Tensor, got {type(parameter).__name__}"
                )
        group = _C.OptimizerState(parameters, self._rule)
        self.groups.append(group)
        self._lists.append(parameters)
        self._seen.append(list(parameters))
        for i, parameter in enumerate(parameters):
            self._positions[parameter] = (group, i)

    def follow(self, param_groups: list[dict[str, Any]]) -> list[_C.OptimizerState]:
        """The C++ objects; made anew if a program has put in other parameters."""
        lists = self._lists
        if len(param_groups) == len(lists):
            for group, known, seen in zip(param_groups, lists, self._seen, strict=True):
                same = group["params"] is known and len(known) == len(seen)
                if not (same and all(map(is_, known, seen))):
                    break
            else:
                return self.groups
        anew = NativeState(self._name, self._rule)
        for group in param_groups:
            anew.add_group(group["params"])
        for parameter, entries in self.items():
            if parameter in anew._positions:
                anew[parameter] = entries
        self.__dict__.update(anew.__dict__)
        return self.groups

    def form(
        self, parameter: Tensor, settings: dict[str, Any]
    ) -> tuple[dict[str, tuple[int, ...]], list[str]]:
        """The shapes of what the rule keeps for a parameter, and the names that may not miss."""
        group, i = self._positions[parameter]
        shapes, required = {}, []
        needs = group.entries()
        for name, setting in needs.items():
            shape = group.shape_of(i, name)
            if shape is None:  # not for parameters of this shape
                continue
            shapes[name] = tuple(shape)
            # A rule that does not count steps begins anew where there is nothing.
            if "step" in needs and (not setting or settings[setting]):
                required.append(name)
        return shapes, required

    def __getitem__(self, parameter: Tensor) -> dict[str, Tensor]:
        group, i = self._positions[parameter]
        entries = group.get(i)
        if not entries:
            raise KeyError("this parameter has no state: it has not been part of a step yet")
        return entries

    def __setitem__(self, parameter: Tensor, entries: dict[str, Tensor]) -> None:
        group, i = self._positions[parameter]
        group.set(i, entries)

    def __delitem__(self, parameter: Tensor) -> None:
        self[parameter] = {}

    def __iter__(self) -> Iterator[Tensor]:
        for parameter, (group, i) in self._positions.items():
            if group.get(i):
                yield parameter

    def __len__(self) -> int:
        return sum(1 for _ in self)
