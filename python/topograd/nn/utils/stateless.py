"""The older name of `topograd.func.functional_call`."""

from __future__ import annotations

from typing import Any
from warnings import warn

from topograd import func
from topograd._C import Tensor

__all__ = ["functional_call"]


def functional_call(
    module: Any,
    parameters_and_buffers: dict[str, Tensor],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Calls a module with other tensors in the place of its parameters and buffers.

    tie_weights: what is given for one name of a shared tensor stands for all its names.  strict:
    RuntimeError unless there is one tensor for each name.  Deprecated: use `tg.func`.

    >>> import topograd as tg, warnings
    >>> layer = tg.nn.Linear(2, 1, bias=False)
    >>> with warnings.catch_warnings(action="ignore"):
    ...     tg.nn.utils.stateless.functional_call(layer, {"weight": tg.ones(1, 2)}, tg.ones(2))
    tensor([2.])
    """
    warn("stateless.functional_call is deprecated: use tg.func.functional_call", FutureWarning, 2)
    return func.functional_call(
        module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict
    )
