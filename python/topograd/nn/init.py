"""Functions that fill a tensor with initial values, in place and unrecorded; each returns it.

`generator` is the source of random numbers (default: the global one, see `tg.manual_seed`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any
from warnings import warn

import topograd as tg
from topograd._arguments import takes_tensors
from topograd._C import Tensor

_CONVOLUTIONS = ("conv1d", "conv2d", "conv3d") + tuple(f"conv_transpose{n}d" for n in (1, 2, 3))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which weights must grow so that the activation keeps the variance.

    linear, convolutions and sigmoid 1, tanh 5/3, relu √2, leaky_relu √(2 / (1 + param²)) with param
    0.01 by default, selu 3/4.  Raises ValueError for another name.

    >>> import topograd as tg
    >>> round(tg.nn.init.calculate_gain("relu"), 4)
    1.4142
    """
    if nonlinearity in ("linear", "sigmoid") or nonlinearity in _CONVOLUTIONS:
        return 1.0
    if nonlinearity == "tanh":
        return 5.0 / 3.0
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        if param is not None and (isinstance(param, bool) or not isinstance(param, (int, float))):
            raise ValueError(f"negative_slope {param} not a valid number")
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1.0 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4.0
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output sums over, and how many outputs an input goes to."""
    if tensor.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, "
            f"got shape {tuple(tensor.shape)}"
        )
    receptive_field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * receptive_field, tensor.shape[0] * receptive_field


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    if mode.lower() not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return fan_in if mode.lower() == "fan_in" else fan_out


@takes_tensors
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Draws from the uniform distribution on [a, b).

    >>> import topograd as tg
    >>> bool((tg.nn.init.uniform_(tg.empty(100), 2.0, 3.0) >= 2.0).all())
    True
    """
    with tg.no_grad():
        return tensor.uniform_(a, b, generator=generator)


@takes_tensors
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Draws from the normal distribution with the given mean and standard deviation.

    >>> import topograd as tg
    >>> tg.nn.init.normal_(tg.empty(2), mean=5.0, std=0.0).tolist()
    [5.0, 5.0]
    """
    with tg.no_grad():
        return tensor.normal_(mean, std, generator=generator)


@takes_tensors
def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Any = None,
) -> Tensor:
    """Draws from the normal distribution restricted to [a, b]; mean and std are those before it.

    Raises ValueError unless a < b and std > 0.

    >>> import topograd as tg
    >>> bool((tg.nn.init.trunc_normal_(tg.empty(1000), std=2.0).abs() <= 2.0).all())
    True
    """
    if not a < b:
        raise ValueError(f"trunc_normal_: a must be less than b, got a={a}, b={b}")
    if not std > 0:
        raise ValueError(f"trunc_normal_: std must be positive, got {std}")
    if mean < a - 2 * std or mean > b + 2 * std:
        warn("trunc_normal_: mean is more than 2 std from [a, b]", stacklevel=2)
    with tg.no_grad():
        lower, upper = (tg.tensor([a, b], dtype=tensor.dtype)).tolist()
        inside = 0.5 * (
            math.erf((b - mean) / (std * math.sqrt(2)))
            - math.erf((a - mean) / (std * math.sqrt(2)))
        )
        # Rejection sampling needs 1 / inside rounds with normal proposals; a tail is covered better
        # by uniform ones, accepted in proportion to the density.
        nearest = max(a, min(mean, b))
        peak = -0.5 * ((nearest - mean) / std) ** 2
        result = tensor.detach().clone()
        pending = tg.ones_like(result, dtype=tg.bool)
        while bool(pending.any()):
            if inside > 0.3:
                proposal = tg.empty_like(result).normal_(mean, std, generator=generator)
                accepted = (proposal >= lower) & (proposal <= upper)
            else:
                proposal = tg.empty_like(result).uniform_(a, b, generator=generator)
                log_density = ((proposal - mean) / std).square() * -0.5 - peak
                chance = tg.empty_like(result).uniform_(0.0, 1.0, generator=generator)
                accepted = chance.log() <= log_density
            accepted = accepted & pending
            result = tg.where(accepted, proposal, result)
            pending = pending & ~accepted
        return tensor.copy_(result)


@takes_tensors
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fills with `val`.

    >>> import topograd as tg
    >>> tg.nn.init.constant_(tg.empty(2), 0.5).tolist()
    [0.5, 0.5]
    """
    with tg.no_grad():
        return tensor.fill_(val)


@takes_tensors
def ones_(tensor: Tensor) -> Tensor:
    """Fills with ones.

    >>> import topograd as tg
    >>> tg.nn.init.ones_(tg.empty(2)).tolist()
    [1.0, 1.0]
    """
    return constant_(tensor, 1.0)


@takes_tensors
def zeros_(tensor: Tensor) -> Tensor:
    """Fills with zeros.

    >>> import topograd as tg
    >>> tg.nn.init.zeros_(tg.empty(2)).tolist()
    [0.0, 0.0]
    """
    return constant_(tensor, 0.0)


@takes_tensors
def eye_(tensor: Tensor) -> Tensor:
    """Fills a matrix with the identity: ones on the diagonal, zeros elsewhere.

    Raises ValueError if the tensor is not 2-dimensional.

    >>> import topograd as tg
    >>> tg.nn.init.eye_(tg.empty(2, 3)).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with tg.no_grad():
        return tensor.copy_(tg.eye(tensor.size(0), tensor.size(1), dtype=tensor.dtype))


@takes_tensors
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fills a convolution weight so that each output channel copies one input channel.

    tensor: (O, C, K…), 3 to 5 axes.  Raises ValueError for another shape, or if groups does not
    divide O.

    >>> import topograd as tg
    >>> tg.nn.init.dirac_(tg.empty(1, 1, 3)).tolist()
    [[[0.0, 1.0, 0.0]]]
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.size(0) % groups:
        raise ValueError("dim 0 must be divisible by groups")
    outputs_per_group = tensor.size(0) // groups
    middle = tuple(size // 2 for size in tensor.shape[2:])
    with tg.no_grad():
        tensor.zero_()
        for group in range(groups):
            for channel in range(min(outputs_per_group, tensor.size(1))):
                position = (group * outputs_per_group + channel, channel, *middle)
                tensor[position] = 1.0
    return tensor


@takes_tensors
def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform on [-a, a] with a = gain √(6 / (fan_in + fan_out)).  Source: Glorot and Bengio, 2010.

    Raises ValueError if the tensor has fewer than 2 axes.

    >>> import topograd as tg
    >>> bool((tg.nn.init.xavier_uniform_(tg.empty(3, 3)).abs() <= 1.0).all())
    True
    """
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    bound = math.sqrt(3.0) * gain * math.sqrt(2.0 / (fan_in + fan_out))
    return uniform_(tensor, -bound, bound, generator)


@takes_tensors
def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Normal with standard deviation gain √(2 / (fan_in + fan_out)).  Source: Glorot, 2010.

    >>> import topograd as tg
    >>> tuple(tg.nn.init.xavier_normal_(tg.empty(3, 4)).shape)
    (3, 4)
    """
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / (fan_in + fan_out)), generator)


@takes_tensors
def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Uniform on [-b, b] with b = gain √(3 / fan), gain that of the nonlinearity with slope a.

    mode: "fan_in" keeps the variance of the forward pass, "fan_out" that of the backward pass.
    Source: He et al., 2015.

    >>> import topograd as tg
    >>> tuple(tg.nn.init.kaiming_uniform_(tg.empty(3, 4), nonlinearity="relu").shape)
    (3, 4)
    """
    std = calculate_gain(nonlinearity, a) / math.sqrt(_nonzero_fan(tensor, mode))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


@takes_tensors
def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Normal with standard deviation gain / √fan, gain that of the nonlinearity with slope a.

    mode: as in `kaiming_uniform_`.  Source: He et al., 2015.

    >>> import topograd as tg
    >>> tuple(tg.nn.init.kaiming_normal_(tg.empty(3, 4), mode="fan_out").shape)
    (3, 4)
    """
    std = calculate_gain(nonlinearity, a) / math.sqrt(_nonzero_fan(tensor, mode))
    return normal_(tensor, 0.0, std, generator)


def _nonzero_fan(tensor: Tensor, mode: str) -> int:
    # A tensor without elements has nothing to fill; any fan will do.
    return _calculate_correct_fan(tensor, mode) or 1


@takes_tensors
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """Fills with gain times a random matrix with orthonormal rows or columns, the fewer of both.

    A tensor with more than 2 axes counts as a matrix of its first axis and all others.  Raises
    ValueError if it has fewer than 2.  Source: Saxe et al., 2013.

    >>> import topograd as tg
    >>> q = tg.nn.init.orthogonal_(tg.empty(2, 3))
    >>> bool(((q @ q.T - tg.eye(2)).abs() < 1e-5).all())
    True
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.size(0)
    columns = tensor.numel() // rows
    dtype = tg.float64 if tensor.dtype == tg.float64 else tg.float32
    with tg.no_grad():
        tall = (max(rows, columns), min(rows, columns))
        q = tg.empty(*tall, dtype=dtype).normal_(0.0, 1.0, generator=generator)
        # Orthogonalized Gaussian columns are uniformly distributed.  Source: Mezzadri, 2007.
        q = _orthonormal(q)
        for _ in range(3):  # mostly once: rounding leaves little after the second time
            q = _orthonormal(q)
            deviation = q.T @ q - tg.eye(tall[1], dtype=dtype)
            if float(deviation.abs().max()) <= 16 * _EPSILON[dtype]:
                break
        matrix = (q.T if rows < columns else q) * gain
        return tensor.copy_(matrix.reshape(tensor.shape))


_EPSILON = {tg.float32: 2.0**-23, tg.float64: 2.0**-52}


def _orthonormal(a: Tensor) -> Tensor:
    """The columns of a, made orthonormal one after the other (Gram and Schmidt), by halves."""
    columns = a.size(1)
    if columns == 1:
        return a / a.norm()
    half = columns // 2
    left = _orthonormal(a.narrow(1, 0, half))
    right = a.narrow(1, half, columns - half)
    right = right - left @ (left.T @ right)
    return tg.cat([left, _orthonormal(right)], 1)


@takes_tensors
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Normal with standard deviation std, and a fraction of zeros in each column, at random places.

    tensor: (m, n).  sparsity: that fraction, rounded up to whole elements.  Raises ValueError if
    the tensor is not 2-dimensional.  Source: Martens, 2010.

    >>> import topograd as tg
    >>> (tg.nn.init.sparse_(tg.empty(4, 3), 0.5) == 0).sum(0).tolist()
    [2, 2, 2]
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    with tg.no_grad():
        tensor.normal_(0.0, std, generator=generator)
        if zeros > 0 and columns > 0:
            order = tg.rand(rows, columns, generator=generator).argsort(dim=0)
            tensor.scatter_(0, order.narrow(0, 0, min(zeros, rows)), 0.0)
    return tensor


def _old_name(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function under its name without the underscore, which is deprecated."""
    name = function.__name__.rstrip("_")

    @wraps(function)
    def deprecated(*args: Any, **kwargs: Any) -> Tensor:
        warn(
            f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`.",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    deprecated.__name__ = name
    deprecated.__doc__ = f"The old name of `{name}_`."
    return deprecated


uniform = _old_name(uniform_)
normal = _old_name(normal_)
constant = _old_name(constant_)
eye = _old_name(eye_)
dirac = _old_name(dirac_)
xavier_uniform = _old_name(xavier_uniform_)
xavier_normal = _old_name(xavier_normal_)
kaiming_uniform = _old_name(kaiming_uniform_)
kaiming_normal = _old_name(kaiming_normal_)
orthogonal = _old_name(orthogonal_)
sparse = _old_name(sparse_)
