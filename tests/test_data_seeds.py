"""The random numbers of workers: the same for any number of them, of either kind."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

import topograd as tg
from topograd.data import DataLoader, Dataset, get_worker_info

both = pytest.mark.parametrize("kind", ["thread", "process"])


class Noise(Dataset):
    """Draws from every source that a worker has."""

    def __len__(self):
        return 12

    def __getitem__(self, index):
        own = get_worker_info()
        drawn = [tg.rand(()).item(), own.random.random(), own.numpy.random()]
        return [*drawn, random.random(), np.random.rand()]  # noqa: NPY002


class Plain(Dataset):
    def __len__(self):
        return 9

    def __getitem__(self, index):
        return index


def made(kind):
    # By fork, classes of a test need not be importable.
    return {"multiprocessing_context": "fork"} if kind == "process" else {}


def noise(workers, kind, **options):
    tg.manual_seed(1)
    loader = DataLoader(Noise(), 2, num_workers=workers, **made(kind), **options)
    return [[[x.tolist() for x in batch] for batch in loader] for _ in range(2)]


def test_random_numbers_are_the_same_for_any_number_of_workers_of_any_kind():
    processes = [noise(workers, "process") for workers in (1, 2, 3)]
    assert processes[0] == processes[1] == processes[2]
    first, second = processes[0]
    assert first != second
    values = [x for drawn in zip(*first[0], strict=True) for x in drawn]
    assert len(set(values)) == len(values)
    threads = [noise(workers, "thread") for workers in (1, 2, 3)]
    # Python's and NumPy's global generators are shared by all threads: the first three are not.
    own = [[[batch[:3] for batch in epoch] for epoch in run] for run in threads]
    assert own[0] == own[1] == own[2]
    assert own[0] == [[batch[:3] for batch in epoch] for epoch in processes[0]]


@both
def test_workers_do_not_touch_the_random_numbers_of_the_program(kind):
    tg.manual_seed(2)
    for _ in DataLoader(Plain(), 2, num_workers=2, **made(kind)):
        pass
    expected = tg.rand(3).tolist()
    tg.manual_seed(2)
    for _ in DataLoader(Noise(), 2, num_workers=2, **made(kind)):
        pass
    assert tg.rand(3).tolist() == expected


def test_what_worker_init_fn_seeds_stays_as_it_has_seeded_it():
    def seed(number):
        random.seed(100 + number)

    runs = [noise(2, "process", worker_init_fn=seed)[0] for _ in range(2)]
    assert runs[0] == runs[1]
    expected = random.Random(100)
    drawn = [x for batch in runs[0][::2] for x in batch[3]]
    assert drawn == [expected.random() for _ in drawn]
    plain = noise(2, "process")[0]
    assert [b[0] for b in runs[0]] == [b[0] for b in plain]


def test_a_generator_decides_on_the_seeds_too():
    def run():
        loader = DataLoader(
            Noise(), 3, shuffle=True, num_workers=2, generator=tg.Generator().manual_seed(8)
        )
        return [batch[0].tolist() for batch in loader]

    first = run()
    tg.rand(5)
    assert run() == first


def test_counts_of_random_orders_are_even():
    class Uniform(Dataset):
        def __len__(self):
            return 3000

        def __getitem__(self, index):
            return tg.randint(0, 4, ()).item()

    counts = Counter(x for b in DataLoader(Uniform(), 10, num_workers=2) for x in b.tolist())
    assert all(abs(count - 750) < 150 for count in counts.values())
