"""Workers of either kind: order, seeds, errors, early ends, datasets that are iterated over."""

from __future__ import annotations

import copy
import gc
import multiprocessing
import os
import pickle
import threading
import time

import numpy as np
import pytest

import topograd as tg
from topograd.data import DataLoader, Dataset, IterableDataset, TensorDataset, get_worker_info

KINDS = ["thread", "process"]
ways = pytest.mark.parametrize(
    "options", [{}, *({"num_workers": 2, "workers": kind} for kind in KINDS)], ids=str
)
both = pytest.mark.parametrize("kind", KINDS)


class Squares(Dataset):
    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return index, index**2


class Count(IterableDataset):
    """0 … size - 1; split between the workers if wanted."""

    def __init__(self, size, split=False):
        self.size, self.split = size, split

    def __iter__(self):
        info = get_worker_info()
        if info is None or not self.split:
            return iter(range(self.size))
        return iter(range(info.id, self.size, info.num_workers))


class Broken(Squares):
    def __getitem__(self, index):
        if index == 5:
            raise KeyError("example 5")
        return super().__getitem__(index)


def firsts(loader):
    return [batch[0].tolist() for batch in loader]


def nobody_left():
    gc.collect()
    threads = [t.name for t in threading.enumerate() if t.name.startswith("topograd-loader")]
    return not threads and not multiprocessing.active_children()


# Order -----------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("workers", [1, 3])
def test_workers_give_the_same_batches(kind, workers):
    loader = DataLoader(Squares(23), 4, num_workers=workers, workers=kind)
    assert firsts(loader) == firsts(DataLoader(Squares(23), 4))
    assert len(iter(loader)) == 6
    assert nobody_left()


@both
def test_the_order_does_not_depend_on_the_workers(kind):
    orders = []
    for workers in (0, 1, 2):
        tg.manual_seed(4)
        kinds = {"workers": kind} if workers else {}
        loader = DataLoader(Squares(20), 3, shuffle=True, num_workers=workers, **kinds)
        orders.append([firsts(loader), firsts(loader)])
    assert orders[0] == orders[1] == orders[2]
    assert orders[0][0] != orders[0][1]


@both
def test_out_of_order_everything_comes_once(kind):
    other = multiprocessing.get_context("fork").Event()

    class Uneven(Squares):
        def __getitem__(self, index):
            if index == 0:
                assert other.wait(30)
            elif index >= 5:  # asked for when an earlier one has been given out
                other.set()
            return super().__getitem__(index)

    loader = DataLoader(Uneven(40), 1, num_workers=2, in_order=False, **made(kind))
    got = [x for batch in firsts(loader) for x in batch]
    assert sorted(got) == list(range(40))
    assert got[0] != 0


def made(kind):
    # By fork, classes of a test need not be importable.
    return {"multiprocessing_context": "fork"} if kind == "process" else {}


@both
def test_memory_is_read_in_workers_only_when_asked(kind):
    dataset = TensorDataset(tg.arange(7), tg.arange(7) * 10)
    assert firsts(DataLoader(dataset, 3, num_workers=2)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert firsts(DataLoader(dataset, 3, num_workers=2, workers=kind)) == [
        [0, 1, 2],
        [3, 4, 5],
        [6],
    ]


@both
def test_single_examples_and_own_collation(kind):
    loader = DataLoader(Squares(4), None, num_workers=2, workers=kind)
    assert list(loader) == [[0, 0], [1, 1], [2, 4], [3, 9]]
    loader = DataLoader(Squares(3), 2, num_workers=2, workers=kind, collate_fn=tuple)
    assert list(loader) == [((0, 0), (1, 1)), ((2, 4),)]


def test_a_persistent_worker_is_kept_and_a_newer_pass_takes_over():
    seen = set()

    class Watched(Squares):
        def __getitem__(self, index):
            seen.add(threading.get_ident())
            return super().__getitem__(index)

    loader = DataLoader(Watched(8), 2, num_workers=1, persistent_workers=True)
    expected = firsts(DataLoader(Squares(8), 2))
    assert firsts(loader) == firsts(loader) == expected
    assert len(seen) == 1
    old = iter(loader)
    assert next(old)[0].tolist() == [0, 1]
    assert firsts(loader) == expected
    with pytest.raises(RuntimeError, match="newer iterator has taken over"):
        next(old)
    del loader, old
    assert nobody_left()


def test_threads_share_the_data_and_have_attributes_of_their_own():
    class Held(Squares):
        def __init__(self):
            super().__init__(6)
            self.array = np.zeros(6)
            self.calls = 0

        def __getitem__(self, index):
            self.calls += 1
            self.array[index] = 1
            return index

    dataset = Held()
    assert len(list(DataLoader(dataset, 2, num_workers=2))) == 3
    assert dataset.array.tolist() == [1.0] * 6
    assert dataset.calls == 0


def test_a_copy_of_a_loader_has_workers_of_its_own():
    loader = DataLoader(Squares(6), 2, num_workers=1, persistent_workers=True)
    expected = firsts(loader)
    pickled = pickle.loads(pickle.dumps(loader))  # noqa: S301
    for other in (copy.copy(loader), copy.deepcopy(loader), pickled):
        assert firsts(other) == expected
        assert len(other) == 3
    assert DataLoader[int].__origin__ is DataLoader
    del loader, other, pickled
    assert nobody_left()


def test_the_number_of_workers_may_change_between_passes():
    loader = DataLoader(Squares(6), 2, num_workers=1, persistent_workers=True)
    expected = firsts(loader)
    loader.num_workers = 3
    assert firsts(loader) == expected
    loader = DataLoader(Squares(6), 2)
    loader.num_workers = 2
    assert firsts(loader) == expected
    assert nobody_left()


def test_persistent_processes_keep_their_ids():
    class Ids(Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            return os.getpid()

    loader = DataLoader(
        Ids(), 1, num_workers=2, persistent_workers=True, multiprocessing_context="fork"
    )
    ids = [{x.item() for x in loader} for _ in range(3)]
    assert ids[0] == ids[1] == ids[2]
    assert len(ids[0]) == 2
    assert os.getpid() not in ids[0]
    del loader
    assert nobody_left()


# Iterable datasets -----------------------------------------------------------------------------


@both
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_an_iterable_dataset_splits_itself_or_comes_from_each_worker(kind, workers):
    split = DataLoader(Count(11, split=True), 2, num_workers=workers, workers=kind)
    assert sorted(x for b in split for x in b.tolist()) == list(range(11))
    whole = DataLoader(Count(5), 2, num_workers=workers, workers=kind, drop_last=True)
    assert [b.tolist() for b in whole] == [b for b in ([0, 1], [2, 3]) for _ in range(workers)]


def test_a_dataset_that_is_its_own_iterator_is_one_for_each_worker():
    class Own(IterableDataset):
        def __init__(self):
            self.at = 0

        def __iter__(self):
            return self

        def __next__(self):
            self.at += 1
            if self.at > 3:
                raise StopIteration
            return self.at

    assert sorted(b.item() for b in DataLoader(Own(), 1, num_workers=2)) == [1, 1, 2, 2, 3, 3]


def test_a_length_that_is_too_short_is_told():
    class Sized(Count):
        def __len__(self):
            return self.size

    loader = DataLoader(Sized(4), 2, num_workers=2)
    assert sum(1 for _ in loader) == 4  # nobody asked for the length
    assert len(loader) == 2
    with pytest.warns(UserWarning, match=r"IterableDataset Sized was reported to be 2 batches, "):
        list(loader)


@both
def test_worker_init_fn_may_change_the_dataset_of_its_worker(kind):
    def share(number):
        info = get_worker_info()
        assert (info.id, info.num_workers) == (number, 2)
        info.dataset.first = 10 * number

    class From(IterableDataset):
        first = 0

        def __iter__(self):
            return iter(range(self.first, self.first + 2))

    dataset = From()
    loader = DataLoader(dataset, 2, num_workers=2, worker_init_fn=share, **made(kind))
    assert [b.tolist() for b in loader] == [[0, 1], [10, 11]]
    assert dataset.first == 0
    assert get_worker_info() is None


# Errors and early ends -------------------------------------------------------------------------


@both
def test_an_error_arrives_with_its_traceback_and_its_index(kind):
    loader = DataLoader(Broken(9), 2, num_workers=2, workers=kind)
    seen = []
    with pytest.raises(KeyError, match="example 5") as caught:
        seen.extend(x.tolist() for x, _ in loader)
    assert seen == [[0, 1], [2, 3]]
    notes = "\n".join(caught.value.__notes__)
    assert "dataset index 5 of Broken, whose length is 9" in notes
    assert f"Caught KeyError in DataLoader worker {kind} 0, batch 2." in notes
    if kind == "process":
        assert 'raise KeyError("example 5")' in str(caught.value.__cause__)
    else:
        assert caught.traceback[-1].name == "__getitem__"
    del caught
    assert nobody_left()


@pytest.mark.parametrize(
    "options", [{}, *({"num_workers": 2, "workers": k} for k in KINDS)], ids=str
)
def test_after_an_error_the_next_batch_can_be_asked_for(options):
    batches = iter(DataLoader(Broken(9), 2, **options))
    seen, errors = [], 0
    while True:
        try:
            seen.append(next(batches)[0].tolist())
        except KeyError:
            errors += 1
        except StopIteration:
            break
    assert seen == [[0, 1], [2, 3], [6, 7], [8]]
    assert errors == 1


@pytest.mark.parametrize(
    "options", [{}, *({"num_workers": 1, "workers": k} for k in KINDS)], ids=str
)
def test_datasets_that_lie_or_misbehave_are_told(options):
    class Longer(Squares):
        def __getitem__(self, index):
            return [10, 20][index]

    with pytest.raises(IndexError, match="out of range") as caught:
        list(DataLoader(Longer(3), 1, **options))
    assert "dataset index 2 of Longer, whose length is 3" in "\n".join(caught.value.__notes__)

    class Stopping(Squares):
        def __getitem__(self, index):
            raise StopIteration

    with pytest.raises(RuntimeError, match="example 0 raised StopIteration"):
        list(DataLoader(Stopping(3), 1, **options))

    class Uneven(Squares):
        def __getitem__(self, index):
            return {"x": tg.zeros(index + 3 if index == 7 else 3)}

    order = [[4, 1, 7]]
    with pytest.raises(tg.ShapeError, match=r"differ at entry \['x'\]: example 0 has shape \(3,\), "
                       r"example 2 has shape \(10,\) \(of 3") as caught:  # fmt: skip
        list(DataLoader(Uneven(9), batch_sampler=order, **options))
    assert "those are dataset indices [4, 7]" in "\n".join(caught.value.__notes__)

    class Fewer(Squares):
        def __getitems__(self, indices):
            return [1]

    with pytest.raises(ValueError, match=r"Fewer.__getitems__: expected 2 examples .*, got 1"):
        list(DataLoader(Fewer(4), 2, **options))


@ways
def test_an_error_of_the_sampler_comes_in_its_turn(options):
    class Failing:
        def __iter__(self):
            yield from (0, 1, 2)
            raise LookupError("no more")

    batches = iter(DataLoader(Squares(9), 1, sampler=Failing(), **options))
    seen = []
    with pytest.raises(LookupError, match="no more"):
        seen.extend(x.item() for x, _ in batches)
    assert seen == [0, 1, 2]
    assert list(batches) == []


@both
def test_errors_in_worker_init_fn_and_in_iter_arrive(kind):
    def fail(number):
        raise OSError(f"no file for worker {number}")

    with pytest.raises(OSError, match="no file for worker 0"):
        list(DataLoader(Squares(4), num_workers=2, worker_init_fn=fail, **made(kind)))

    class NoIter(IterableDataset):
        def __iter__(self):
            raise LookupError("no examples")

    with pytest.raises(LookupError, match="no examples"):
        list(DataLoader(NoIter(), num_workers=2, **made(kind)))


@both
@pytest.mark.parametrize("persistent", [False, True])
def test_an_early_end_leaves_nothing_behind(kind, persistent):
    loader = DataLoader(Squares(100), 2, num_workers=2, workers=kind, persistent_workers=persistent)
    for _ in loader:
        break
    iterator = iter(loader)
    next(iterator)
    del iterator
    del loader
    assert nobody_left()


def test_a_thread_that_hangs_is_left_after_the_timeout():
    wake = threading.Event()

    class Hanging(Squares):
        def __getitem__(self, index):
            wake.wait(30)
            return index

    started = time.monotonic()
    with pytest.raises(RuntimeError, match=r"timed out after 0.2 seconds, waiting for batch 0 of "):
        list(DataLoader(Hanging(4), num_workers=1, timeout=0.2))
    assert time.monotonic() - started < 10
    wake.set()


def test_batches_are_collected_when_they_are_given_out():
    class Large(Squares):
        def __getitem__(self, index):
            return np.zeros(100_000)

    tg._C.empty_cache()
    before = tg._C.live_tensors()
    for _ in DataLoader(Large(60), 1, num_workers=2):
        assert tg._C.live_tensors() - before < 12


def test_what_is_no_dataset_and_no_function_is_told():
    with pytest.raises(TypeError, match=r"DataLoader: dataset: expected a Dataset, .* got int"):
        DataLoader(5)
    with pytest.raises(TypeError, match="DataLoader: collate_fn: expected a function, got int"):
        DataLoader(Squares(4), collate_fn=3)
