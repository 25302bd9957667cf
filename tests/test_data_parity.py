"""The same program with PyTorch's loader and with topograd's: the same batches."""

from __future__ import annotations

import os

import numpy as np
import pytest

import topograd as tg

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")


def lines(data):
    class Lines(data.Dataset):
        def __init__(self):
            rng = np.random.default_rng(0)
            self.rows = [(rng.integers(0, 9, 4), i % 3) for i in range(50)]

        def __len__(self):
            return len(self.rows)

        def __getitem__(self, index):
            x, y = self.rows[index]
            return {"x": x, "y": y, "name": str(index)}

    return Lines()


def stretch(data, start, end):
    class Stretch(data.IterableDataset):
        def __iter__(self):
            info = data.get_worker_info()
            if info is None:
                return iter(range(start, end))
            share = -(-(end - start) // info.num_workers)
            first = start + info.id * share
            return iter(range(first, min(first + share, end)))

    return Stretch()


def plain(value):
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return value if isinstance(value, (str, int)) else value.tolist()


def program(library, workers):
    """Everything that a program does with its loaders, as plain data."""
    data = library.utils.data
    loader, out = data.DataLoader, []

    def collate(batch):
        x = library.stack([library.from_numpy(one["x"]) for one in batch])
        return x, library.tensor([one["y"] for one in batch])

    options = {"num_workers": workers}
    if workers:
        options |= {"prefetch_factor": 3, "timeout": 60, "multiprocessing_context": "fork"}
    out += loader(lines(data), 8, **options)
    kept = loader(lines(data), 8, drop_last=True, persistent_workers=workers > 0, **options)
    out += [batch for _ in range(2) for batch in kept]
    out += loader(lines(data), 7, collate_fn=collate, **options)
    out += loader(lines(data), batch_sampler=[[3, 1], [49]], **options)
    out += loader(lines(data), batch_size=None, sampler=[3, 1], **options)
    out += loader(stretch(data, 3, 14), 2, **options)
    out += loader(stretch(data, 3, 14), 2, drop_last=True, **options)
    out += loader(stretch(data, 3, 9), batch_size=None, **options)
    pairs = data.TensorDataset(library.arange(10), library.arange(10) * 2)
    out += loader(pairs + pairs, 6, **options)
    out += loader(data.Subset(pairs, [1, 2, 5]), 2, **options)
    rows = data.BatchSampler(data.SequentialSampler(pairs), 4, False)
    out += loader(pairs, sampler=rows, batch_size=None, **options)
    out += loader(data.StackDataset(a=pairs, b=range(10)), 4, **options)
    out += loader(data.StackDataset(range(3), [5, 6, 7]), 2, **options)
    out += loader([1, 2, 3, 4], 3, **options)
    out += loader(range(5), 2, **options)
    shuffled = loader(pairs, 4, shuffle=True, **options)
    batches = iter(shuffled)
    out += [[len(batches), len(shuffled)]]
    out += [sorted(x for batch in batches for x in batch[1].tolist())]
    out += [[type(shuffled.sampler).__name__, type(shuffled.batch_sampler).__name__]]
    return [plain(one) for one in out]


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_the_same_program_has_the_same_batches(workers):
    assert program(tg, workers) == program(torch, workers)


@pytest.mark.parametrize(
    "arguments",
    [
        {"shuffle": True, "sampler": [0]},
        {"batch_sampler": [[0]], "batch_size": 2},
        {"batch_size": None, "drop_last": True},
        {"num_workers": -1},
        {"timeout": -1},
        {"prefetch_factor": 2},
        {"prefetch_factor": -1, "num_workers": 1},
        {"persistent_workers": True},
        {"batch_size": 0},
        {"batch_size": 1.5},
        {"num_workers": 1, "multiprocessing_context": "none"},
        {"num_workers": 1, "multiprocessing_context": 3},
        {"multiprocessing_context": "fork"},
    ],
    ids=str,
)
def test_what_is_refused_is_refused_by_both_with_the_same_type(arguments):
    errors = []
    for library in (tg, torch):
        with pytest.raises(Exception) as caught:  # noqa: PT011
            library.utils.data.DataLoader(range(4), **arguments)
        errors.append(caught.value)
    ours, theirs = errors
    assert isinstance(ours, type(theirs)), errors
