"""What distributions share: broadcast parameters, probabilities and logits, late attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import topograd as tg
from topograd import _C
from topograd._C import Tensor

__all__ = [
    "broadcast_all",
    "clamp_probs",
    "lazy_property",
    "logits_to_probs",
    "probs_to_logits",
    "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]

euler_constant = 0.57721566490153286060


# Distance from 1 to the next number, and the least number of full precision.
def eps_of(dtype: _C.dtype) -> float:
    """The distance from 1 to the next number of a dtype."""
    return tg.finfo(dtype).eps


def tiny_of(dtype: _C.dtype) -> float:
    """The least positive number of full precision of a dtype."""
    return tg.finfo(dtype).tiny


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape.

    Numbers take the dtype of the first tensor, or the default dtype when there is none.  Raises
    TypeError for anything else, ShapeError for shapes that do not broadcast.

    >>> import topograd as tg
    >>> tg.distributions.utils.broadcast_all(tg.zeros(2), 1.5)
    (tensor([0., 0.]), tensor([1.5000, 1.5000]))
    """
    for value in values:
        if not isinstance(value, (Tensor, int, float)):
            raise TypeError(
                f"broadcast_all: expects numbers and tensors, got {type(value).__name__}"
            )
    tensors = [value for value in values if isinstance(value, Tensor)]
    dtype = tensors[0].dtype if tensors else tg.get_default_dtype()
    return tuple(
        tg.broadcast_tensors(
            *(
                value if isinstance(value, Tensor) else tg.tensor(value, dtype=dtype)
                for value in values
            )
        )
    )


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities moved away from 0 and 1 by the epsilon of their dtype."""
    eps = eps_of(probs.dtype)
    return probs.clamp(eps, 1 - eps)


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Sigmoid of the logits when binary, else softmax over the last dim."""
    return logits.sigmoid() if is_binary else logits.softmax(-1)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """log(p), or log(p) - log(1 - p) when binary, of probabilities moved away from 0 and 1."""
    safe = clamp_probs(probs)
    return safe.log() - (-safe).log1p() if is_binary else safe.log()


def sum_rightmost(value: Tensor, count: int) -> Tensor:
    """The sum over the last `count` dims."""
    if count == 0:
        return value
    return value.sum(tuple(range(-count, 0)))


def where(condition: Tensor, chosen: Tensor | float, other: Tensor | float) -> Tensor:
    """`chosen` where the condition holds, else `other`."""
    found: Tensor = tg.where(condition, chosen, other)
    return found


def expect_dims(kind: str, name: str, value: Any, dims: int) -> None:
    """Raises ValueError unless a parameter is a tensor of at least that many dims."""
    if not isinstance(value, Tensor) or value.dim() < dims:
        came = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
        raise ValueError(
            f"{kind}: {name} must be a tensor, at least {dims}-dimensional, got {came}"
        )


class lazy_property:
    """An attribute that is computed when it is first read, recorded, and kept."""

    def __init__(self, compute: Callable[[Any], Tensor]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__
        self._name = compute.__name__

    @overload
    def __get__(self, instance: None, owner: type) -> lazy_property: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Tensor: ...

    def __get__(self, instance: object | None, owner: type) -> Any:
        if instance is None:
            return self
        with tg.enable_grad():
            value = self._compute(instance)
        vars(instance)[self._name] = value
        return value


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The entries of (…, n, n) on and below the given diagonal, row by row, as vectors.

    >>> import topograd as tg
    >>> tg.distributions.utils.tril_matrix_to_vec(tg.tensor([[1.0, 0.0], [2.0, 3.0]]))
    tensor([1., 2., 3.])
    """
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"tril_matrix_to_vec: diag must be in [{-n}, {n - 1}], got {diag}")
    rows, columns = tg.tril_indices(n, n, diag).unbind()
    return mat[..., rows, columns]


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """The lower triangular matrices (…, n, n) with the entries of `vec`, row by row.

    Raises ValueError when no matrix has as many entries on and below that diagonal.

    >>> import topograd as tg
    >>> tg.distributions.utils.vec_to_tril_matrix(tg.tensor([1.0, 2.0, 3.0]))
    tensor([[1., 0.],
            [2., 3.]])
    """
    count = vec.shape[-1]
    n = max(1, 1 - diag)
    while (rows := tg.tril_indices(n, n, diag)).shape[1] < count:
        n += 1
    if rows.shape[1] != count:
        raise ValueError(
            f"vec_to_tril_matrix: {count} entries do not fill a triangle with diagonal {diag}"
        )
    places = (rows[0] * n + rows[1]).expand(vec.shape)
    flat = vec.new_zeros((*vec.shape[:-1], n * n)).scatter(-1, places, vec)
    return flat.reshape(*vec.shape[:-1], n, n)
