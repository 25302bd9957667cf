"""Batch norm in evaluation mode is a scale and a shift: they go into the layer before it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, TypeVar

import topograd as tg
from topograd._C import Tensor
from topograd.nn.module import Module
from topograd.nn.parameter import Parameter

AnyModule = TypeVar("AnyModule", bound=Module)


def _fused(
    weight: Any,
    bias: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    channel_dim: int,
) -> tuple[Parameter, Parameter]:
    with tg.no_grad():
        factor = (bn_rv + bn_eps).rsqrt()
        if bn_w is not None:
            factor = factor * bn_w
        shift = -bn_rm * factor if bias is None else (bias - bn_rm) * factor
        if bn_b is not None:
            shift = shift + bn_b
        shape = [1] * weight.ndim
        shape[channel_dim] = -1
        new_weight = (weight * factor.reshape(shape)).to(weight.dtype)
        new_bias = shift.to(weight.dtype if bias is None else bias.dtype)
    trained = True if bias is None else bias.requires_grad
    return Parameter(new_weight, weight.requires_grad), Parameter(new_bias, trained)


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a convolution that does what it and a batch norm after it do.

    w' = w γ / √(var + eps), b' = (b - mean) γ / √(var + eps) + β.  bn_rm, bn_rv: running mean and
    variance.  bn_w, bn_b: γ and β, or None.  transpose: the convolution is a transposed one, whose
    channels are dim 1 of the weight.

    >>> import topograd as tg
    >>> one = tg.ones(1)
    >>> w, b = tg.nn.utils.fuse_conv_bn_weights(tg.ones(1, 1, 1), None, one, one, 0.0, one, one)
    >>> w.item(), b.item()
    (1.0, 0.0)
    """
    dim = 1 if transpose else 0
    return _fused(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, dim)


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor,
    bn_b: Tensor,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a linear layer that does what it and a batch norm after it do.

    Arguments as in `fuse_conv_bn_weights`.

    >>> import topograd as tg
    >>> one = tg.ones(1)
    >>> w, b = tg.nn.utils.fuse_linear_bn_weights(tg.ones(1, 1), None, one, one, 0.0, one, one)
    >>> w.item(), b.item()
    (1.0, 0.0)
    """
    return _fused(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, 0)


def _check(layer: Any, bn: Any, kind: str) -> None:
    if layer.training or bn.training:
        raise ValueError(f"Fusion of {kind} and batch norm is only for eval mode: call eval()")
    if bn.running_mean is None or bn.running_var is None:
        raise ValueError("Fusion needs a batch norm with running mean and variance")


def fuse_conv_bn_eval(conv: AnyModule, bn: Any, transpose: bool = False) -> AnyModule:
    """A copy of a convolution that does what it and a batch norm after it do in evaluation mode.

    transpose: for transposed convolutions.  Raises ValueError in training mode, or where the batch
    norm keeps no running statistics.

    >>> import topograd as tg
    >>> conv, bn = tg.nn.Conv2d(3, 4, 1).eval(), tg.nn.BatchNorm2d(4).eval()
    >>> x = tg.randn(2, 3, 5, 5)
    >>> difference = tg.nn.utils.fuse_conv_bn_eval(conv, bn)(x) - bn(conv(x))
    >>> bool((difference.abs() < 1e-5).all())
    True
    """
    _check(conv, bn, "conv")
    fused: Any = deepcopy(conv)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight,
        fused.bias,
        bn.running_mean,
        bn.running_var,
        bn.eps,
        bn.weight,
        bn.bias,
        transpose,
    )
    return fused  # type: ignore[no-any-return]


def fuse_linear_bn_eval(linear: AnyModule, bn: Any) -> AnyModule:
    """A copy of a linear layer that does what it and a batch norm after it do in evaluation mode.

    Raises ValueError as `fuse_conv_bn_eval`, and where the batch norm has another number of
    features than the layer (unless it has 1).

    >>> import topograd as tg
    >>> layer, bn = tg.nn.Linear(3, 4).eval(), tg.nn.BatchNorm1d(4).eval()
    >>> x = tg.randn(2, 3)
    >>> difference = tg.nn.utils.fuse_linear_bn_eval(layer, bn)(x) - bn(layer(x))
    >>> bool((difference.abs() < 1e-5).all())
    True
    """
    _check(linear, bn, "linear")
    fused: Any = deepcopy(linear)
    if bn.num_features not in (fused.out_features, 1):
        raise ValueError(
            f"To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"{fused.out_features} and {bn.num_features}"
        )
    fused.weight, fused.bias = fuse_linear_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused  # type: ignore[no-any-return]
