"""What the functions of linalg share: NumPy's LAPACK on tensors, and checks of shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from topograd import _C
from topograd._C import Tensor
from topograd._leaving import leaving


class LinAlgError(RuntimeError):
    """A decomposition that does not exist: a singular matrix, one that is not positive definite."""


def on_arrays(name: str, function: Callable[..., Any], *tensors: Tensor, **options: Any) -> Any:
    """A function of NumPy on the values of tensors; arrays in the result become tensors.

    Raises LinAlgError where NumPy does.
    """
    from numpy.linalg import LinAlgError as NumpyError

    try:
        arrays = [leaving(x, f"linalg.{name}").detach().numpy() for x in tensors]
        result = function(*arrays, **options)
    except NumpyError as error:
        shapes = ", ".join(str(tuple(x.shape)) for x in tensors)
        raise LinAlgError(f"linalg.{name}: {error}, got shape {shapes}") from None
    if isinstance(result, tuple):
        return tuple(_C.tensor(one) for one in result)
    return _C.tensor(result)


def expect_matrix(name: str, x: Tensor, *, square: bool = False) -> None:
    """Raises ShapeError unless x is (…, m, n), square if asked for; DTypeError for other dtypes."""
    if x.dim() < 2 or (square and x.shape[-1] != x.shape[-2]):
        wanted = "square matrices (..., n, n)" if square else "matrices (..., m, n)"
        raise _C.ShapeError(f"linalg.{name}: expects {wanted}, got {tuple(x.shape)}")
    if x.dtype not in (_C.float32, _C.float64, _C.complex64, _C.complex128):
        raise _C.DTypeError(f"linalg.{name}: expects float32, float64 or complex, got {x.dtype}")


def written(result: Tensor, out: Tensor | None) -> Tensor:
    """The result, or `out` with it written there."""
    if out is None:
        return result
    positive: Tensor = _C.functions["positive"](result, out=out)
    return positive
