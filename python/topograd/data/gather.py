"""Batches gathered from whole tensors by index, instead of example by example.

A dataset that is made of tensors (a TensorDataset, a stack, a subset or a concatenation of them, a
tensor itself) is a `Table`: columns of tensors, and how a row of them is an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import topograd as tg
from topograd import _C
from topograd._C import Tensor
from topograd.data.collate import default_collate, is_array
from topograd.data.dataset import ConcatDataset, StackDataset, Subset, TensorDataset
from topograd.data.distributed import DistributedSampler
from topograd.data.sampler import (
    BatchSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

PIECES_AT_ONCE = 256

Build = Callable[[Sequence[Tensor]], Any]


class Column(NamedTuple):
    """Tensors that are read as one, joined along their first axis.

    rows: which row of them each example is (None: the one of its own number).
    """

    parts: tuple[Tensor, ...]
    rows: Tensor | None

    @property
    def is_plain(self) -> bool:
        """Whether its rows are those of one tensor, in its order, and nobody wants gradients."""
        return self.rows is None and len(self.parts) == 1 and not self.parts[0].requires_grad

    def taker(self) -> Callable[[Tensor], Tensor]:
        """A function that copies rows of the joined parts."""
        if len(self.parts) == 1:
            return partial(self.parts[0].index_select, 0)
        return partial(_C.joined_rows, self.parts)


class Table(NamedTuple):
    """A dataset of `size` examples; `build` makes a batch of one tensor for each column."""

    size: int
    columns: tuple[Column, ...]
    build: Build
    shape: Any  # how the columns are nested: tables of equal shape can be joined

    def batch(self, indices: Any) -> Any:
        """The collated examples at `indices`."""
        wanted = tg.as_tensor(indices, dtype=tg.int64)
        if wanted.numel() == 0:
            default_collate([])  # raises, as for a batch of other examples
        return self._built(self._checked(wanted))

    def batches(self, batch_sampler: Any, skipped: int) -> Iterator[Any]:
        """The batches of one pass, from batch number `skipped` on; the order is drawn now."""
        sampler = getattr(batch_sampler, "sampler", None)
        plain = type(batch_sampler) is BatchSampler
        order = _order_of(sampler) if plain else None
        if order is not None:
            return self._in_order(self._checked(order), batch_sampler, skipped)
        if not plain or type(sampler) is not SequentialSampler or len(sampler) != self.size:
            return self._in_given_order(iter(batch_sampler), skipped)
        if all(column.is_plain for column in self.columns):
            build = self.build
            pieces = [_pieces(c.parts[0], batch_sampler, skipped) for c in self.columns]
            rows = zip(*pieces, strict=True)
            return (build([piece.clone() for piece in batch]) for batch in rows)
        return self._in_order(None, batch_sampler, skipped)

    def _in_order(
        self, order: Tensor | None, batch_sampler: BatchSampler, skipped: int
    ) -> Iterator[Any]:
        orders: dict[int, Tensor] = {}  # of each different `rows`, so that it is looked up once
        everything = tg.arange(self.size) if order is None else order
        for column in self.columns:
            if id(column.rows) not in orders:
                looked_up = everything
                if column.rows is not None:
                    looked_up = column.rows if order is None else column.rows.index_select(0, order)
                orders[id(column.rows)] = looked_up
        build = self.build
        if len(orders) == 1:
            takes = [column.taker() for column in self.columns]
            (order,) = orders.values()
            batches = _pieces(order, batch_sampler, skipped)
            return (build([take(rows) for take in takes]) for rows in batches)
        columns = [
            map(column.taker(), _pieces(orders[id(column.rows)], batch_sampler, skipped))
            for column in self.columns
        ]
        return map(build, zip(*columns, strict=True))

    def _in_given_order(self, batches: Iterator[Any], skipped: int) -> Iterator[Any]:
        for number, indices in enumerate(batches):
            if number >= skipped:
                yield self.batch(list(indices) if isinstance(indices, range) else indices)

    def _built(self, indices: Tensor) -> Any:
        columns = []
        for column in self.columns:
            rows = indices if column.rows is None else column.rows.index_select(0, indices)
            columns.append(column.taker()(rows))
        return self.build(columns)

    def _checked(self, indices: Tensor) -> Tensor:
        """Indices with negative ones counted from the end; raises IndexError for others."""
        if indices.numel() == 0:
            return indices
        lowest, highest = int(indices.min().item()), int(indices.max().item())
        if lowest < -self.size or highest >= self.size:
            raise IndexError(
                f"DataLoader: indices go from {lowest} to {highest}, the dataset has {self.size} "
                "examples"
            )
        return tg.where(indices < 0, indices + self.size, indices) if lowest < 0 else indices


def _order_of(sampler: Any) -> Tensor | None:
    """The order that a sampler draws, as a tensor, where it can be had as a whole."""
    if type(sampler) in (RandomSampler, WeightedRandomSampler, DistributedSampler):
        order: Tensor = sampler.order()
        return order
    if type(sampler) is SubsetRandomSampler and type(sampler.indices) in (list, range):
        rows = _rows_of(sampler)
        if rows.dtype == tg.int64:
            return rows.index_select(0, tg.randperm(rows.size(0), generator=sampler.generator))
    return None


def _pieces(rows: Tensor, batch_sampler: BatchSampler, skipped: int) -> Iterator[Tensor]:
    """The rows of each batch, as views."""
    size, end = batch_sampler.batch_size, rows.size(0)
    if batch_sampler.drop_last:
        end -= end % size
    # Many at once, for speed; not all at once, for memory.
    for start in range(skipped * size, end, size * PIECES_AT_ONCE):
        yield from rows[start : min(start + size * PIECES_AT_ONCE, end)].split(size)


def table_of(dataset: Any) -> Table | None:
    """The table of a dataset in memory; None for one that fetches its examples its own way."""
    kind = type(dataset)
    if kind is Tensor or is_array(dataset):
        try:
            tensor = tg.as_tensor(dataset)
        except TypeError:  # text and the like
            return None
        if tensor.ndim == 0:
            return None
        return Table(tensor.size(0), (Column((tensor,), None),), _alone, "tensor")
    if isinstance(dataset, TensorDataset):
        if kind.__getitem__ is not TensorDataset.__getitem__ or hasattr(dataset, "__getitems__"):
            return None
        columns = tuple(Column((tensor,), None) for tensor in dataset.tensors)
        return Table(len(dataset), columns, list, ("list", *("tensor" for _ in columns)))
    if isinstance(dataset, Subset):
        same = kind.__getitem__ is Subset.__getitem__
        if not same or kind.__getitems__ is not Subset.__getitems__:
            return None
        return _subset(dataset)
    if kind is ConcatDataset:
        return _joined(dataset)
    if kind is StackDataset:
        return _stacked(dataset)
    return None


def _alone(columns: Sequence[Tensor]) -> Tensor:
    return columns[0]


def _subset(subset: Any) -> Table | None:
    whole = table_of(subset.dataset)
    if whole is None:
        return None
    try:
        here = _rows_of(subset)
    except (TypeError, ValueError):
        return None
    if here.ndim != 1 or (here.numel() and here.dtype in (tg.bool, tg.float32, tg.float64)):
        return None
    here = whole._checked(here.to(tg.int64))
    known: dict[int, Tensor] = {id(None): here}
    columns = []
    for column in whole.columns:
        if id(column.rows) not in known and column.rows is not None:
            known[id(column.rows)] = column.rows.index_select(0, here)
        columns.append(Column(column.parts, known[id(column.rows)]))
    return Table(here.size(0), tuple(columns), whole.build, whole.shape)


# Of subsets and samplers by lists: a copy of the list, and the tensor that was made of it.
_lists: WeakKeyDictionary[Any, tuple[list[Any], Tensor]] = WeakKeyDictionary()


def _rows_of(owner: Any) -> Tensor:
    chosen = owner.indices
    if isinstance(chosen, range):
        numbers = tg.arange(chosen.start, chosen.stop, chosen.step) if len(chosen) else ()
        return tg.as_tensor(numbers, dtype=tg.int64)
    if type(chosen) is not list:
        known_kind = isinstance(chosen, Tensor) or is_array(chosen)
        return tg.as_tensor(chosen if known_kind else list(chosen))
    # Comparing a list with its copy takes a twentieth of the time of making a tensor of it.
    known, rows = _lists.get(owner, (None, None))
    if rows is None or known != chosen:
        rows = tg.as_tensor(chosen)
        _lists[owner] = (list(chosen), rows)
    return rows


def _stacked(stack: Any) -> Table | None:
    names = list(stack.datasets) if isinstance(stack.datasets, dict) else None
    tables = []
    for dataset in stack.datasets.values() if names is not None else stack.datasets:
        table = table_of(dataset)
        if table is None:
            return None
        tables.append(table)

    def build_nested(columns: Sequence[Tensor]) -> Any:
        batches, start = [], 0
        for table in tables:
            end = start + len(table.columns)
            batches.append(table.build(columns[start:end]))
            start = end
        return batches if names is None else dict(zip(names, batches, strict=True))

    build: Build = build_nested
    if all(table.build is _alone for table in tables):
        build = list if names is None else lambda columns: dict(zip(names, columns, strict=True))
    columns = tuple(column for table in tables for column in table.columns)
    shape = ("stack", *(names or ()), *(table.shape for table in tables))
    return Table(len(stack), columns, build, shape)


def _joined(concat: Any) -> Table | None:
    tables: list[Table] = []
    for dataset in concat.datasets:
        table = table_of(dataset)
        if table is None or (tables and table.shape != tables[0].shape):
            return None
        tables.append(table)
    sizes = [table.size for table in tables]
    columns = []
    # Columns with the same rows get the same rows again, so that these are looked up once.
    made: dict[tuple[Any, ...], Tensor | None] = {}
    for pieces in zip(*(table.columns for table in tables), strict=True):
        column = _joined_column(pieces, sizes, made)
        if column is None:
            return None
        columns.append(column)
    return Table(sum(sizes), tuple(columns), tables[0].build, tables[0].shape)


def _joined_column(
    pieces: Sequence[Column], sizes: list[int], made: dict[tuple[Any, ...], Tensor | None]
) -> Column | None:
    parts: list[Tensor] = []
    offset_of: dict[tuple[int, ...], int] = {}  # parts that occur twice are read from one place
    offsets = []
    for piece in pieces:
        group = tuple(map(id, piece.parts))
        if group not in offset_of:
            offset_of[group] = sum(part.size(0) for part in parts)
            parts += piece.parts
        offsets.append(offset_of[group])
    first = parts[0]
    if any(p.dtype != first.dtype or p.shape[1:] != first.shape[1:] for p in parts):
        return None
    if len(parts) > 1 and any(part.requires_grad for part in parts):
        return None  # joined rows have no history
    key = (*(id(piece.rows) for piece in pieces), *offsets)
    if key not in made:
        starts = [sum(sizes[:position]) for position in range(len(sizes))]
        if all(piece.rows is None for piece in pieces) and offsets == starts:
            made[key] = None
        else:
            rows = [
                (tg.arange(size) if piece.rows is None else piece.rows) + offset
                for piece, size, offset in zip(pieces, sizes, offsets, strict=True)
            ]
            made[key] = tg.cat(rows)
    return Column(tuple(parts), made[key])
