"""einsum in both of its forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from topograd import _C
from topograd._C import Tensor

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _term(labels: Any) -> str:
    """The letters of a list of numbers and Ellipsis."""
    if isinstance(labels, (str, Tensor)) or not isinstance(labels, Sequence):
        raise TypeError(f"einsum: expects a list of numbers, got {type(labels).__name__}")
    letters = []
    for label in labels:
        if label is Ellipsis:
            letters.append("...")
            continue
        if isinstance(label, bool) or not isinstance(label, int):
            raise TypeError(
                f"einsum: a label must be a number or Ellipsis, got {type(label).__name__}"
            )
        if not 0 <= label < len(_LETTERS):
            raise ValueError(f"einsum: a label must be in [0, {len(_LETTERS)}), got {label}")
        letters.append(_LETTERS[label])
    return "".join(letters)


def _equation(arguments: Sequence[Any]) -> tuple[str, list[Any]]:
    """The equation and the operands of tensor, labels, tensor, labels, ..., [labels of the output].

    Without labels of the output it has those that appear once, in the order of the numbers.
    """
    count = len(arguments) // 2
    inputs = ",".join(_term(labels) for labels in arguments[1 : 2 * count : 2])
    output = f"->{_term(arguments[-1])}" if len(arguments) % 2 else ""
    return inputs + output, list(arguments[0 : 2 * count : 2])


def einsum(*args: Any, **kwargs: Any) -> Tensor:
    """Sum of products named by letters: 'ij,jk->ik' is the matrix product.

    einsum(equation, *operands): letters for the dims of each operand, separated by commas, '->',
    the letters of the output; blanks are ignored.  The operands come one by one or in a list.
    einsum(a, [0, 1], b, [1, 2], [0, 2]): the same with numbers from 0 to 51 and Ellipsis.

    A letter in several operands is multiplied along, one not in the output summed over, one twice
    in an operand takes the diagonal.  '...' stands for any further dims, which broadcast.  Without
    '->' the output has the letters that appear once, capitals first, in alphabetical order.
    Contracted from left to right by matrix products, in the common dtype of the operands; for
    bools, and and or.  Raises ValueError for a malformed equation, ShapeError for operands that do
    not fit it.

    >>> import topograd as tg
    >>> a = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> tg.einsum("ij,jk->ik", a, a)
    tensor([[ 7., 10.],
            [15., 22.]])
    >>> tg.einsum(a, [0, 0], [0])
    tensor([1., 4.])
    >>> tg.einsum("...ij->...", tg.ones(5, 2, 3))
    tensor([6., 6., 6., 6., 6.])
    """
    if len(args) > 1 and isinstance(args[0], Tensor):
        equation, operands = _equation(args)
        args = (equation, *operands)
    result: Tensor = _C.functions["einsum"](*args, **kwargs)
    return result
