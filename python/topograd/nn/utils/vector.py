"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

import topograd as tg
from topograd._C import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters, flattened and joined; the result is recorded.

    >>> import topograd as tg
    >>> tg.nn.utils.parameters_to_vector([tg.ones(2, 2), tg.zeros(1)]).tolist()
    [1.0, 1.0, 1.0, 1.0, 0.0]
    """
    return tg.cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Gives each parameter its part of the vector, in place, as `parameters_to_vector` joined them.

    Raises TypeError if vec is no tensor, ValueError if it has another number of elements than the
    parameters; then nothing is changed.

    >>> import topograd as tg
    >>> a, b = tg.ones(2), tg.ones(1)
    >>> tg.nn.utils.vector_to_parameters(tg.tensor([1.0, 2.0, 3.0]), [a, b])
    >>> a.tolist(), b.tolist()
    ([1.0, 2.0], [3.0])
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected topograd.Tensor, but got: {type(vec).__name__}")
    listed = list(parameters)
    total = sum(parameter.numel() for parameter in listed)
    if vec.numel() != total:
        raise ValueError(
            f"vector_to_parameters: the parameters have {total} elements, vec is {tuple(vec.shape)}"
        )
    start = 0
    with tg.no_grad():
        for parameter in listed:
            part = vec.narrow(0, start, parameter.numel())
            parameter.copy_(part.reshape(parameter.shape))
            start += parameter.numel()
