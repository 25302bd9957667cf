"""The order in memory of the weights of convolutions."""

from __future__ import annotations

from typing import Any, TypeVar

from topograd.nn.module import Module

AnyModule = TypeVar("AnyModule", bound=Module)


def _convert(module: AnyModule, memory_format: Any, names: tuple[str, ...]) -> AnyModule:
    for one in module.modules():
        if any(kind.__name__ in names for kind in type(one).__mro__):
            weight: Any = one.weight  # type: ignore[attr-defined]
            weight.data = weight.detach().clone().contiguous(memory_format=memory_format)
    return module


def convert_conv2d_weight_memory_format(module: AnyModule, memory_format: Any) -> AnyModule:
    """Lays out the weights of all Conv2d and ConvTranspose2d; in place, and returned.

    memory_format: tg.channels_last or tg.contiguous_format.

    >>> import topograd as tg
    >>> conv = tg.nn.utils.convert_conv2d_weight_memory_format(
    ...     tg.nn.Conv2d(2, 3, 2), "channels_last"
    ... )
    >>> conv.weight.stride()
    (8, 1, 4, 2)
    """
    return _convert(module, memory_format, ("Conv2d", "ConvTranspose2d"))


def convert_conv3d_weight_memory_format(module: AnyModule, memory_format: Any) -> AnyModule:
    """Lays out the weights of all Conv3d and ConvTranspose3d; in place, and returned.

    memory_format: tg.channels_last_3d or tg.contiguous_format.

    >>> import topograd as tg
    >>> tg.nn.utils.convert_conv3d_weight_memory_format(tg.nn.Tanh(), "channels_last_3d")
    Tanh()
    """
    return _convert(module, memory_format, ("Conv3d", "ConvTranspose3d"))
