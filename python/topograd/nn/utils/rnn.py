"""Sequences of different lengths: padded to one length, or packed step by step without padding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import topograd as tg
from topograd._C import ArgumentError, Tensor

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Packed):
    """Sequences of different lengths as rows, step by step, the longest sequence first.

    data: (sum of lengths, *), first the first elements of all sequences, then the second ones of
    those that have one, and so on.  batch_sizes: (longest length,), int64, how many rows each step
    has.  sorted_indices: where each of the sorted sequences was before sorting, unsorted_indices:
    the reverse; both None where the sequences came sorted.  Made by `pack_padded_sequence` and
    `pack_sequence`; recurrent layers take and return it.

    >>> import topograd as tg
    >>> packed = tg.nn.utils.rnn.pack_sequence([tg.tensor([1, 2, 3]), tg.tensor([4, 5])])
    >>> packed.data.tolist(), packed.batch_sizes.tolist()
    ([1, 4, 2, 5, 3], [2, 2, 1])
    """

    def __new__(
        cls,
        data: Tensor,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        if batch_sizes is None:
            if not isinstance(data, (tuple, list)) or len(data) != 2:
                raise TypeError(
                    "PackedSequence: expects data and batch_sizes, or a tuple of both as data"
                )
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same with `data.to(*args, **kwargs)`; the sequence itself where nothing changes.

        >>> import topograd as tg
        >>> packed = tg.nn.utils.rnn.pack_sequence([tg.ones(2)])
        >>> packed.to(tg.float64).data.dtype
        topograd.float64
        """
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else self._replaced(data)

    def _replaced(self, data: Tensor) -> PackedSequence:
        return type(self)(data, self.batch_sizes, self.sorted_indices, self.unsorted_indices)

    def cpu(self) -> PackedSequence:
        """The same on the CPU."""
        return self.to("cpu")

    def double(self) -> PackedSequence:
        """The same in float64."""
        return self.to(tg.float64)

    def float(self) -> PackedSequence:
        """The same in float32."""
        return self.to(tg.float32)

    def half(self) -> PackedSequence:
        """The same in float16."""
        return self.to(tg.float16)

    def long(self) -> PackedSequence:
        """The same in int64."""
        return self.to(tg.int64)

    def int(self) -> PackedSequence:
        """The same in int32."""
        return self.to(tg.int32)

    def short(self) -> PackedSequence:
        """The same in int16."""
        return self.to(tg.int16)

    def char(self) -> PackedSequence:
        """The same in int8."""
        return self.to(tg.int8)

    def byte(self) -> PackedSequence:
        """The same in uint8."""
        return self.to(tg.uint8)

    @property
    def is_cuda(self) -> bool:
        """Whether the data are on a CUDA device."""
        return str(self.data.device).startswith("cuda")


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that takes `permutation` back; None for None.

    >>> import topograd as tg
    >>> tg.nn.utils.rnn.invert_permutation(tg.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    result: Tensor = tg.argsort(permutation)
    return result


def _lengths(lengths: Any, batch: int, function: str) -> Tensor:
    """Lengths as an int64 tensor of one positive number per sequence."""
    result = tg.as_tensor(lengths, dtype=tg.int64)
    if result.ndim != 1 or result.numel() != batch:
        raise tg.ShapeError(
            f"{function}: expects one length for each of {batch} sequences, "
            f"got lengths of shape {tuple(result.shape)}"
        )
    if batch > 0 and int(result.min()) <= 0:
        raise ArgumentError(f"{function}: lengths must be greater than 0, got {result.tolist()}")
    return result


def _steps_first(input: Any, batch_first: bool, function: str) -> Tensor:
    """(T, B, *) of that or of (B, T, *)."""
    if not isinstance(input, Tensor) or input.ndim < 2:
        given = tuple(input.shape) if isinstance(input, Tensor) else type(input).__name__
        raise tg.ShapeError(f"{function}: expects a tensor of at least 2 dims, got {given}")
    rows: Tensor = input.transpose(0, 1) if batch_first else input
    return rows


def _present(lengths: Tensor, steps: int) -> Tensor:
    """(steps, B): whether sequence b has a step t."""
    return tg.arange(steps).unsqueeze(1) < lengths


def pack_padded_sequence(
    input: Tensor,
    lengths: Tensor | list[int],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """Packs padded sequences (T, B, *) of the given lengths; what is beyond a length is left out.

    input: (T, B, *), or (B, T, *) with `batch_first`.  lengths: (B,), each in 1 … T; not increasing
    with `enforce_sorted` (default), in any order without.  Raises ValueError for other lengths
    (PyTorch reads beyond the end of the input where one is greater than T), ShapeError for another
    number of them.

    >>> import topograd as tg
    >>> x = tg.tensor([[1, 2, 3], [4, 5, 0]])
    >>> tg.nn.utils.rnn.pack_padded_sequence(x, [3, 2], batch_first=True).data
    tensor([1, 4, 2, 5, 3])
    """
    function = "pack_padded_sequence"
    rows = _steps_first(input, batch_first, function)
    steps, batch = rows.shape[:2]
    sizes = _lengths(lengths, batch, function)
    if batch == 0:
        raise tg.ShapeError(f"{function}: expects at least one sequence, got {tuple(input.shape)}")
    longest = int(sizes.max())
    if longest > steps:
        raise ArgumentError(
            f"{function}: a length of {longest} is more than the {steps} steps of the input"
        )
    order = None
    if enforce_sorted:
        if batch > 1 and bool((sizes[1:] > sizes[:-1]).any()):
            raise ArgumentError(
                f"{function}: lengths must not increase, got {sizes.tolist()}; sort the sequences, "
                "or pass enforce_sorted=False"
            )
    else:
        sizes, order = tg.sort(sizes, descending=True, stable=True)
        rows = rows.index_select(1, order)
    present = _present(sizes, longest)
    places = present.flatten().nonzero().squeeze(1)
    data = rows[:longest].flatten(0, 1).index_select(0, places)
    return PackedSequence(data, present.sum(1), order)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Packed sequences as a padded tensor, and their lengths: the reverse of packing.

    Returns (T, B, *), or (B, T, *) with `batch_first`, in the order before packing, and the lengths
    (B,).  T is the longest length, or `total_length`.  Behind the end of a sequence is
    `padding_value` (default 0).  Raises ValueError where total_length is less than a length.

    >>> import topograd as tg
    >>> packed = tg.nn.utils.rnn.pack_sequence([tg.tensor([1, 2]), tg.tensor([3])])
    >>> tg.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True, padding_value=9)
    (tensor([[1, 2],
            [3, 9]]), tensor([2, 1]))
    """
    data, batch_sizes, _, order = sequence
    longest, batch = batch_sizes.numel(), int(batch_sizes[0])
    if int(batch_sizes.sum()) != len(data):
        raise ArgumentError(
            f"pad_packed_sequence: batch_sizes {batch_sizes.tolist()} do not add up to the "
            f"{len(data)} rows of data"
        )
    if total_length is not None and total_length < longest:
        raise ArgumentError(
            f"pad_packed_sequence: total_length is {total_length}, "
            f"less than the longest sequence of {longest}"
        )
    present = tg.arange(batch) < batch_sizes.unsqueeze(1)
    places = tg.where(present, present.flatten().cumsum(0).reshape(longest, batch) - 1, len(data))
    lengths = present.sum(0)
    if order is not None:
        places, lengths = places.index_select(1, order), lengths.index_select(0, order)
    if total_length is not None:
        more = tg.full((total_length - longest, batch), len(data), dtype=tg.int64)
        places = tg.cat([places, more])
    if batch_first:
        places = places.transpose(0, 1)
    padding = tg.full((1, *data.shape[1:]), padding_value, dtype=data.dtype)
    rows = tg.cat([data, padding]).index_select(0, places.flatten())
    return rows.unflatten(0, tuple(places.shape)), lengths


def pad_sequence(
    sequences: Tensor | list[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Stacks sequences (length, *) of different lengths, padded to the longest.

    Returns (T, B, *), or (B, T, *) with `batch_first`.  padding_value: default 0; padding_side:
    "right" (default) or "left".  Raises ValueError without sequences or for another side,
    ShapeError where the other dims differ.

    >>> import topograd as tg
    >>> tg.nn.utils.rnn.pad_sequence([tg.tensor([1, 2]), tg.tensor([3])], batch_first=True)
    tensor([[1, 2],
            [3, 0]])
    """
    if padding_side not in ("left", "right"):
        raise ArgumentError(
            f"pad_sequence: padding_side must be 'left' or 'right', got {padding_side!r}"
        )
    if not isinstance(sequences, (Iterable, Tensor)):
        raise TypeError(f"pad_sequence: expects sequences, got {type(sequences).__name__}")
    parts: Sequence[Tensor] = list(sequences)
    if not parts:
        raise ArgumentError("pad_sequence: expects at least one sequence, got none")
    for part in parts:
        if part.ndim == 0 or part.shape[1:] != parts[0].shape[1:]:
            raise tg.ShapeError(
                "pad_sequence: sequences may differ in their first size alone, "
                f"got {tuple(parts[0].shape)} and {tuple(part.shape)}"
            )
    longest = max(len(part) for part in parts)
    padded = [_padded(part, longest, padding_value, padding_side == "left") for part in parts]
    return tg.stack(padded, 0 if batch_first else 1)


def _padded(part: Tensor, length: int, value: float, left: bool) -> Tensor:
    missing = length - len(part)
    if missing == 0:
        return part
    padding = tg.full((missing, *part.shape[1:]), value, dtype=part.dtype)
    return tg.cat([padding, part] if left else [part, padding])


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """The sequences of a padded tensor (T, B, *), or (B, T, *) with `batch_first`.

    >>> import topograd as tg
    >>> x = tg.tensor([[1, 2], [3, 0]])
    >>> tg.nn.utils.rnn.unpad_sequence(x, tg.tensor([2, 1]), batch_first=True)
    [tensor([1, 2]), tensor([3])]
    """
    rows = _steps_first(padded_sequences, batch_first, "unpad_sequence")
    sizes = tg.as_tensor(lengths, dtype=tg.int64).tolist()
    if len(sizes) != rows.shape[1] or any(not 0 <= size <= len(rows) for size in sizes):
        raise ArgumentError(
            f"unpad_sequence: lengths {sizes} do not fit padded sequences of shape "
            f"{tuple(padded_sequences.shape)}"
        )
    return [rows[:size, b] for b, size in enumerate(sizes)]


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Packs sequences (length, *); the longest first with `enforce_sorted` (default).

    >>> import topograd as tg
    >>> tg.nn.utils.rnn.pack_sequence([tg.tensor([1, 2]), tg.tensor([3])]).data
    tensor([1, 3, 2])
    """
    parts = list(sequences)
    lengths = [len(part) for part in parts]
    return pack_padded_sequence(pad_sequence(parts), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences of a packed one, in the order before packing.

    >>> import topograd as tg
    >>> packed = tg.nn.utils.rnn.pack_sequence([tg.tensor([1, 2]), tg.tensor([3])])
    >>> tg.nn.utils.rnn.unpack_sequence(packed)
    [tensor([1, 2]), tensor([3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
