"""The share of a data set that one of several processes takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.data.sampler import Sampler


class DistributedSampler(Sampler[int]):
    """Every num_replicas-th index, from rank on: the share of one of several processes.

    shuffle: in an order that depends on seed and `set_epoch` alone, so that all processes agree on
    it (the default).  The order is filled up from its start until it can be divided evenly, or cut
    with drop_last.  num_replicas and rank have to be given: there is no process group to ask.
    Raises ValueError without them, and for a rank outside of [0, num_replicas).

    >>> import topograd as tg
    >>> ranks = [tg.data.DistributedSampler(range(5), 2, rank, shuffle=False) for rank in (0, 1)]
    >>> [list(sampler) for sampler in ranks]
    [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise ValueError(
                "DistributedSampler: default process group has not been initialized; "
                "give num_replicas and rank"
            )
        if not 0 <= rank < num_replicas:
            raise ValueError(
                f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]"
            )
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        self.shuffle = shuffle
        self.seed = seed
        size = len(dataset)
        self.num_samples = size // num_replicas if drop_last else -(-size // num_replicas)
        self.total_size = self.num_samples * num_replicas

    def order(self) -> Tensor:
        """The indices of one iteration, as a tensor."""
        size = len(self.dataset)
        order = tg.arange(size)
        if self.shuffle:
            generator = tg.Generator().manual_seed(self.seed + self.epoch)
            order = tg.randperm(size, generator=generator)
        if size:
            rounds = -(-self.total_size // size)
            order = tg.cat([order] * rounds) if rounds > 1 else order
        return order[self.rank : self.total_size : self.num_replicas]

    def __iter__(self) -> Iterator[int]:
        indices: list[int] = self.order().tolist()
        return iter(indices)

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Makes the next order another one; call it before every epoch."""
        self.epoch = epoch
