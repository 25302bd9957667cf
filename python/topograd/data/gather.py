"""Batches gathered from whole tensors, instead of example by example."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.data.collate import default_collate
from topograd.data.dataset import Subset, TensorDataset
from topograd.data.sampler import BatchSampler, RandomSampler, SequentialSampler


class GatherSource:
    """The tensors of a TensorDataset, and which of their rows are in the dataset (None: all)."""

    def __init__(self, tensors: tuple[Tensor, ...], rows: Tensor | None) -> None:
        self.tensors = tensors
        self.rows = rows

    def batches(self, batch_sampler: Any) -> Iterator[list[Tensor]]:
        """One list of tensors, with memory of their own, for each batch of indices."""
        sampler = getattr(batch_sampler, "sampler", None)
        if type(batch_sampler) is not BatchSampler:
            yield from self._in_given_order(batch_sampler)
        elif type(sampler) is RandomSampler:
            order = sampler.order()
            if self.rows is not None:
                order = self.rows.index_select(0, order)
            yield from self._in_order(order, batch_sampler)
        elif type(sampler) is SequentialSampler and len(sampler) == self._size():
            if self.rows is not None:
                yield from self._in_order(self.rows, batch_sampler)
            else:
                for rows in _slices(self._size(), batch_sampler):
                    yield [tensor[rows].clone() for tensor in self.tensors]
        else:
            yield from self._in_given_order(batch_sampler)

    def _size(self) -> int:
        return (self.tensors[0] if self.rows is None else self.rows).size(0)

    def _in_order(self, order: Tensor, batch_sampler: BatchSampler) -> Iterator[list[Tensor]]:
        for places in _slices(order.size(0), batch_sampler):
            part = order[places]
            yield [tensor.index_select(0, part) for tensor in self.tensors]

    def _in_given_order(self, batches: Any) -> Iterator[list[Tensor]]:
        for indices in batches:
            part = tg.as_tensor(indices, dtype=tg.int64)
            if part.numel() == 0:
                default_collate([])  # raises, as for a batch of other examples
            if self.rows is not None:
                part = self.rows[part]
            yield [tensor[part] for tensor in self.tensors]


def _slices(total: int, batch_sampler: BatchSampler) -> Iterator[slice]:
    """Where in an order of `total` rows each batch is."""
    size = batch_sampler.batch_size
    for start in range(0, len(batch_sampler) * size, size):
        yield slice(start, min(start + size, total))


def gather_source(dataset: Any) -> GatherSource | None:
    """The source of a TensorDataset or Subsets of one; None if a subclass fetches its own way."""
    rows: Tensor | None = None
    while isinstance(dataset, Subset):
        if (
            type(dataset).__getitem__ is not Subset.__getitem__
            or type(dataset).__getitems__ is not Subset.__getitems__
        ):
            return None
        here = tg.as_tensor(list(dataset.indices), dtype=tg.int64)
        rows = here if rows is None else here[rows]
        dataset = dataset.dataset
    if (
        not isinstance(dataset, TensorDataset)
        or type(dataset).__getitem__ is not TensorDataset.__getitem__
        or hasattr(dataset, "__getitems__")
    ):
        return None
    if rows is not None and rows.numel():
        lowest, highest = rows.min().item(), rows.max().item()
        if lowest < -len(dataset) or highest >= len(dataset):
            raise IndexError(
                f"Subset: indices go from {lowest} to {highest}, the dataset has {len(dataset)}"
            )
        if lowest < 0:
            rows = tg.where(rows < 0, rows + len(dataset), rows)
    return GatherSource(dataset.tensors, rows)
