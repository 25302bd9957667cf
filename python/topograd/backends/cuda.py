"""CUDA's libraries: absent; their switches can be set and read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


class _Switches:
    """Attributes that can be set and read."""

    def __init__(self, **settings: Any) -> None:
        self.__dict__.update(settings)


matmul = _Switches(
    allow_tf32=False,
    allow_fp16_reduced_precision_reduction=True,
    allow_bf16_reduced_precision_reduction=True,
    allow_fp16_accumulation=False,
    fp32_precision="none",
)
cufft_plan_cache = _Switches(size=0, max_size=0)
_attention = {"flash": True, "mem_efficient": True, "math": True, "cudnn": True}


def is_built() -> bool:
    """False.

    >>> import topograd as tg
    >>> tg.backends.cuda.matmul.allow_tf32 = True
    >>> tg.backends.cuda.is_built()
    False
    """
    return False


def flash_sdp_enabled() -> bool:
    """The last setting of `enable_flash_sdp`: attention here has one algorithm."""
    return _attention["flash"]


def enable_flash_sdp(enabled: bool) -> None:
    """Accepted: attention here has one algorithm."""
    _attention["flash"] = bool(enabled)


def mem_efficient_sdp_enabled() -> bool:
    """The last setting of `enable_mem_efficient_sdp`."""
    return _attention["mem_efficient"]


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Accepted: attention here has one algorithm."""
    _attention["mem_efficient"] = bool(enabled)


def math_sdp_enabled() -> bool:
    """The last setting of `enable_math_sdp`."""
    return _attention["math"]


def enable_math_sdp(enabled: bool) -> None:
    """Accepted: attention here has one algorithm."""
    _attention["math"] = bool(enabled)


def cudnn_sdp_enabled() -> bool:
    """The last setting of `enable_cudnn_sdp`."""
    return _attention["cudnn"]


def enable_cudnn_sdp(enabled: bool) -> None:
    """Accepted: attention here has one algorithm."""
    _attention["cudnn"] = bool(enabled)


@contextlib.contextmanager
def sdp_kernel(
    enable_flash: bool = True,
    enable_math: bool = True,
    enable_mem_efficient: bool = True,
    enable_cudnn: bool = True,
) -> Iterator[None]:
    """The four switches set for a while; attention here has one algorithm."""
    before = dict(_attention)
    _attention.update(
        flash=enable_flash, math=enable_math, mem_efficient=enable_mem_efficient, cudnn=enable_cudnn
    )
    try:
        yield
    finally:
        _attention.update(before)
