"""The state of an optimizer whose steps are done in C++."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
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

    def __init__(self) -> None:
        self.groups: list[_C.OptimizerState] = []
        self._lists: list[list[Tensor]] = []
        self._sizes: list[int] = []
        self._positions: dict[Tensor, tuple[_C.OptimizerState, int]] = {}

    def add_group(self, parameters: list[Tensor]) -> None:
        """Appends the C++ object for one more parameter group."""
        group = _C.OptimizerState(parameters)
        self.groups.append(group)
        self._lists.append(parameters)
        self._sizes.append(len(parameters))
        for i, parameter in enumerate(parameters):
            self._positions[parameter] = (group, i)

    def follow(self, param_groups: list[dict[str, Any]]) -> list[_C.OptimizerState]:
        """The C++ objects; made anew if a program has put in other parameters."""
        lists = self._lists
        if len(param_groups) == len(lists):
            for group, known, size in zip(param_groups, lists, self._sizes, strict=True):
                if group["params"] is not known or len(known) != size:
                    break
            else:
                return self.groups
        old = dict(self.items())
        self.__init__()  # type: ignore[misc]
        for group in param_groups:
            self.add_group(group["params"])
        for parameter, entries in old.items():
            if parameter in self._positions:
                self[parameter] = entries
        return self.groups

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
