"""The choice of an attention kernel, as `torch.nn.attention` has it; there is one kernel here.

>>> import topograd as tg
>>> from topograd.nn.attention import SDPBackend, sdpa_kernel
>>> x = tg.ones(1, 2, 4)
>>> with sdpa_kernel(SDPBackend.MATH):
...     tuple(tg.nn.functional.scaled_dot_product_attention(x, x, x).shape)
(1, 2, 4)
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

__all__ = ["SDPBackend", "sdpa_kernel"]


class SDPBackend(enum.IntEnum):
    """PyTorch's names of the kernels behind scaled_dot_product_attention.

    >>> from topograd.nn.attention import SDPBackend
    >>> SDPBackend.MATH.value
    0
    """

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


@contextmanager
def sdpa_kernel(
    backends: SDPBackend | Sequence[SDPBackend], set_priority: bool = False
) -> Iterator[None]:
    """Accepts the choice of kernels and changes nothing: topograd has one, which always applies.

    backends: one or several of SDPBackend, in order of preference with `set_priority`.  Raises
    TypeError for anything else, ValueError for none.  For programs written for PyTorch.

    >>> from topograd.nn.attention import SDPBackend, sdpa_kernel
    >>> with sdpa_kernel([SDPBackend.FLASH_ATTENTION, SDPBackend.MATH], set_priority=True):
    ...     pass
    """
    chosen: Any = [backends] if isinstance(backends, SDPBackend) else backends
    if not isinstance(chosen, Sequence) or not all(isinstance(b, SDPBackend) for b in chosen):
        raise TypeError(f"sdpa_kernel: expected SDPBackend or a list of them, got {backends!r}")
    if not chosen:
        raise ValueError("sdpa_kernel: expected at least one SDPBackend, got none")
    yield
