"""Functions that are written in other operations; `nn.functional` shows them as its own."""

from __future__ import annotations

import topograd as tg
from topograd._arguments import takes_tensors
from topograd._C import Tensor

__all__ = ["bilinear"]


@takes_tensors
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y[o] = x1ᵀ W[o] x2 + b[o] over the last axes.

    input1: (…, I).  input2: (…, J).  weight: (O, I, J).  bias: (O).  Returns (…, O).

    >>> import topograd as tg
    >>> tg.nn.functional.bilinear(tg.ones(1, 2), tg.ones(1, 3), tg.ones(1, 2, 3)).tolist()
    [[6.0]]
    """
    if input1.size(-1) != weight.size(1) or input2.size(-1) != weight.size(2):
        raise ValueError(
            f"bilinear: the last axes must be those of weight, input1 is {tuple(input1.shape)}, "
            f"input2 is {tuple(input2.shape)}, weight is {tuple(weight.shape)}"
        )
    left = tg.tensordot(input1, weight, dims=([input1.ndim - 1], [1]))
    result = (left @ input2.unsqueeze(-1)).squeeze(-1)
    return result if bias is None else result + bias
