"""The `torch._foreach_*` functions: an op on every tensor of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from topograd._C import Tensor

PREFIX = "_foreach_"
_OTHERS = {"zero": "zero_", "norm": "norm", "copy": "copy_"}


@cache
def function(name: str) -> Callable[..., Any]:
    """The function of a name such as "_foreach_add_"; raises AttributeError for an unknown one.

    Lists among the arguments are taken apart with the first; numbers and tensors go to every call.

    >>> import topograd as tg
    >>> x = [tg.ones(1), tg.ones(2)]
    >>> tg._foreach_add_(x, [1.0, 2.0])
    >>> x, tg._foreach_mul(x, 10)
    ([tensor([2.]), tensor([3., 3.])], (tensor([20.]), tensor([30., 30.])))
    """
    op = name.removeprefix(PREFIX)
    in_place = op.endswith("_")
    method = _OTHERS.get(op.rstrip("_"), op)
    # A method in place that is missing is the other one, copied.
    copied = in_place and not hasattr(Tensor, method)
    method = method.rstrip("_") if copied else method
    if not name.startswith(PREFIX) or not callable(getattr(Tensor, method, None)):
        raise AttributeError(f"module 'topograd' has no attribute '{name}'")

    def for_each(self: Sequence[Tensor], *args: Any, **kwargs: Any) -> Any:
        tensors = list(self)
        if op.startswith("addc") and len(args) == 3:
            kwargs = {"value": args[2], **kwargs}
            args = args[:2]
        results = []
        for i, x in enumerate(tensors):
            given = [_pick(name, value, i, len(tensors)) for value in args]
            named = {key: _pick(name, value, i, len(tensors)) for key, value in kwargs.items()}
            result = getattr(x, method)(*given, **named)
            results.append(x.copy_(result) if copied else result)
        return None if in_place else tuple(results)

    for_each.__name__ = for_each.__qualname__ = name
    for_each.__doc__ = f"{method} of every tensor of a list."
    return for_each


def _pick(name: str, value: Any, i: int, count: int) -> Any:
    if not isinstance(value, (list, tuple)):
        return value
    if len(value) != count:
        raise RuntimeError(f"{name}: lists of {count} and {len(value)} do not go together")
    return value[i]
