"""A loader's state: saved amid a pass, loaded by another loader, which goes on from there."""

from __future__ import annotations

import random

import pytest

import topograd as tg
from topograd.data import (
    DataLoader,
    Dataset,
    DistributedSampler,
    IterableDataset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    get_worker_info,
)

SIZE = 23


class Squares(Dataset):
    def __len__(self):
        return SIZE

    def __getitem__(self, index):
        return index, tg.rand(())


class Stream(IterableDataset):
    def __iter__(self):
        info = get_worker_info()
        step = 1 if info is None else info.num_workers
        first = 0 if info is None else info.id
        for value in range(first, SIZE, step):
            yield value, tg.rand(()).item() if info else 0.0


class Counting(IterableDataset):
    """Keeps its own place, and counts how many examples it has made."""

    def __init__(self):
        self.at, self.made = 0, 0

    def __iter__(self):
        while self.at < SIZE:
            self.at += 1
            self.made += 1
            yield self.at
        self.at = 0

    def state_dict(self):
        return {"at": self.at}

    def load_state_dict(self, state):
        self.at = state["at"]


def memory():
    return TensorDataset(tg.arange(SIZE), tg.arange(SIZE) * 2)


def drawing():
    """A sampler of one's own that draws from Python's generator."""

    class Drawing:
        def __len__(self):
            return SIZE

        def __iter__(self):
            return iter(random.sample(range(SIZE), SIZE))

    return Drawing()


def process():
    return {"num_workers": 2, "multiprocessing_context": "fork"}


LOADERS = {
    "memory": lambda: DataLoader(memory(), 3, shuffle=True),
    "memory in order": lambda: DataLoader(memory(), 3),
    "memory with a generator": lambda: DataLoader(
        memory(), 3, shuffle=True, generator=tg.Generator().manual_seed(4)
    ),
    "dropping the last": lambda: DataLoader(memory(), 3, shuffle=True, drop_last=True),
    "threads": lambda: DataLoader(Squares(), 3, shuffle=True, num_workers=2),
    "persistent threads": lambda: DataLoader(
        Squares(), 3, shuffle=True, num_workers=3, persistent_workers=True
    ),
    "processes": lambda: DataLoader(Squares(), 3, shuffle=True, **process()),
    "weighted": lambda: DataLoader(
        Squares(), 3, sampler=WeightedRandomSampler([1.0] * SIZE, SIZE), num_workers=1
    ),
    "a part": lambda: DataLoader(
        Squares(),
        3,
        sampler=SubsetRandomSampler(range(SIZE), generator=tg.Generator()),
        num_workers=2,
    ),
    "distributed": lambda: DataLoader(
        Squares(), 2, sampler=DistributedSampler(range(SIZE), 2, 1), num_workers=2
    ),
    "a sampler of one's own": lambda: DataLoader(memory(), 3, sampler=drawing()),
    "iterable in threads": lambda: DataLoader(Stream(), 2, num_workers=3),
    "iterable in processes": lambda: DataLoader(Stream(), 2, **process()),
    "iterable": lambda: DataLoader(Stream(), 2),
    "iterable with a state": lambda: DataLoader(Counting(), 2),
    "iterable with a state in threads": lambda: DataLoader(Counting(), 2, num_workers=2),
}


def plain(batch):
    return [x.tolist() for x in batch] if isinstance(batch, list) else batch.tolist()


@pytest.mark.parametrize("taken", [1, 4, 7])
@pytest.mark.parametrize("name", LOADERS)
def test_a_resumed_pass_goes_on_with_the_same_batches(name, taken, tmp_path):
    tg.manual_seed(6)
    random.seed(6)
    loader = LOADERS[name]()
    for _ in loader:  # a pass before, so that the random state is an odd one
        pass
    batches = iter(loader)
    for _ in range(min(taken, 5) if name == "distributed" else taken):
        next(batches)
    path = tmp_path / "state"
    tg.save({"loader": loader.state_dict(), "random": tg.get_rng_state()}, path)
    python = random.getstate()
    rest = [plain(batch) for batch in batches]
    after = [plain(batch) for batch in loader]
    assert rest or (name, taken) == ("dropping the last", 7)

    tg.manual_seed(99)
    random.seed(99)
    state = tg.load(path)
    other = LOADERS[name]()
    other.load_state_dict(state["loader"])
    tg.set_rng_state(state["random"])
    random.setstate(python)
    assert [plain(batch) for batch in other] == rest
    assert [plain(batch) for batch in other] == after, "and so is the pass after it"


def test_resuming_does_not_touch_the_random_numbers_of_the_program():
    loader = DataLoader(memory(), 3, shuffle=True)
    next(iter(loader))
    state = loader.state_dict()
    tg.manual_seed(1)
    expected = tg.rand(2).tolist()
    tg.manual_seed(1)
    loader.load_state_dict(state)
    batches = iter(loader)
    assert tg.rand(2).tolist() == expected
    assert len(list(batches)) == 7


def test_the_own_state_of_a_dataset_spares_it_from_starting_over():
    loader = DataLoader(Counting(), 2)
    batches = iter(loader)
    for _ in range(5):
        next(batches)
    state = loader.state_dict()
    other = DataLoader(Counting(), 2)
    other.load_state_dict(state)
    assert next(iter(other)).tolist() == [11, 12]
    assert other.dataset.made == 2


def test_a_loaded_state_is_not_lost_when_it_is_saved_before_the_pass():
    tg.manual_seed(5)
    loader = DataLoader(memory(), 3, shuffle=True)
    batches = iter(loader)
    next(batches)
    state = loader.state_dict()
    expected = [plain(batch) for batch in batches]
    for _ in range(2):
        loader = DataLoader(memory(), 3, shuffle=True)
        loader.load_state_dict(state)
        state = loader.state_dict()
    assert [plain(batch) for batch in loader] == expected


def test_out_of_order_no_batch_is_lost_or_repeated():
    loader = DataLoader(Squares(), 1, shuffle=True, num_workers=3, in_order=False)
    batches = iter(loader)
    first = [next(batches)[0].item() for _ in range(9)]
    state = loader.state_dict()
    loader.load_state_dict(state)
    rest = [x.item() for x, _ in loader]
    assert sorted(first + rest) == list(range(SIZE))


def test_a_state_between_passes_begins_a_new_one():
    loader = DataLoader(memory(), 5, shuffle=True, generator=tg.Generator().manual_seed(2))
    for _ in loader:
        pass
    state = loader.state_dict()
    assert state["pass"] is None
    expected = [x.tolist() for x, _ in loader]
    loader.load_state_dict(state)
    assert [x.tolist() for x, _ in loader] == expected
    fresh = DataLoader(memory(), 5)
    fresh.load_state_dict(DataLoader(memory(), 5).state_dict())
    assert len(list(fresh)) == 5


def test_a_state_survives_being_saved_again_after_resuming():
    tg.manual_seed(3)
    loader = DataLoader(memory(), 3, shuffle=True)
    expected, batches = [], iter(loader)
    next(batches)
    state = loader.state_dict()
    expected = [plain(batch) for batch in batches]
    got = []
    for _ in range(len(expected)):  # one batch at a time, each by a loader of its own
        loader = DataLoader(memory(), 3, shuffle=True)
        loader.load_state_dict(state)
        got.append(plain(next(iter(loader))))
        state = loader.state_dict()
    assert got == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: None, "expected a dict, got NoneType"),
        (lambda s: {**s, "version": 7}, "version 7 is not known"),
        (lambda s: {k: v for k, v in s.items() if k != "pass"}, r"missing: \['pass'\]"),
        (lambda s: {**s, "batch_size": 9}, "batch_size=9, this loader has 3"),
        (lambda s: {**s, "generators": [1]}, "it has 1 generators, this loader 0"),
        (lambda s: {**s, "pass": 3}, "expected a dict as 'pass', got int"),
        (lambda s: {**s, "pass": {"start": {}}}, "entries of 'pass' are missing"),
    ],
    ids=str,
)
def test_a_state_that_does_not_fit_is_refused(change, message):
    loader = DataLoader(memory(), 3, shuffle=True)
    next(iter(loader))
    state = loader.state_dict()
    with pytest.raises(ValueError, match=message):
        loader.load_state_dict(change(state))
    other = DataLoader(Stream(), 3, num_workers=2)
    with pytest.raises(ValueError, match="num_workers=0, this loader has 2"):
        other.load_state_dict(state)
