"""Datasets, samplers, collation and the loader."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, namedtuple

import numpy as np
import pytest

import topograd as tg
from topograd.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    default_convert,
    random_split,
)


class Squares(Dataset):
    def __init__(self, size):
        self.size = size

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        return index, index**2


class Count(IterableDataset):
    def __init__(self, size):
        self.size = size

    def __iter__(self):
        return iter(range(self.size))


def pairs(size):
    return TensorDataset(tg.arange(size), tg.arange(size) * 10)


def firsts(loader):
    return [batch[0].tolist() for batch in loader]


# Datasets --------------------------------------------------------------------------------------


def test_tensor_dataset_pairs_its_tensors():
    dataset = pairs(4)
    assert len(dataset) == 4
    assert [t.item() for t in dataset[2]] == [2, 20]
    with pytest.raises(ValueError, match=r"first sizes differ.*\(3,\), \(4,\)"):
        TensorDataset(tg.zeros(3), tg.zeros(4))
    with pytest.raises(ValueError, match="at least one"):
        TensorDataset()
    with pytest.raises(ValueError, match="without axes"):
        TensorDataset(tg.tensor(1.0))


def test_subset_and_concat_find_their_examples():
    dataset = Squares(5) + Squares(3)
    assert isinstance(dataset, ConcatDataset)
    assert [dataset[i] for i in (0, 4, 5, 7, -1, -8)] == [
        (0, 0),
        (4, 16),
        (0, 0),
        (2, 4),
        (2, 4),
        (0, 0),
    ]
    for index in (8, -9):
        with pytest.raises(IndexError, match="out of range for 8"):
            dataset[index]
    part = Subset(dataset, [7, 1])
    assert part[0] == (2, 4)
    assert len(part) == 2
    with pytest.raises(ValueError, match="IterableDataset"):
        ConcatDataset([Count(3)])
    assert list(Count(2) + Count(1)) == [0, 1, 0]


def test_random_split_covers_everything_once():
    dataset = pairs(10)
    parts = random_split(dataset, [0.55, 0.45])
    assert [len(part) for part in parts] == [6, 4]
    assert sorted(i for part in parts for i in part.indices) == list(range(10))
    assert [len(part) for part in random_split(dataset, [3, 0, 7])] == [3, 0, 7]
    for lengths in ([3, 3], [0.5, 0.2], [11, -1]):
        with pytest.raises(ValueError, match="does not equal"):
            random_split(dataset, lengths)


# Samplers --------------------------------------------------------------------------------------


def test_random_samplers_give_their_numbers():
    assert sorted(RandomSampler(range(6))) == [0, 1, 2, 3, 4, 5]
    longer = list(RandomSampler(range(3), num_samples=7))
    assert len(longer) == 7
    assert sorted(longer[:3]) == sorted(longer[3:6]) == [0, 1, 2]
    drawn = list(RandomSampler(range(3), replacement=True, num_samples=50))
    assert len(drawn) == 50
    assert set(drawn) == {0, 1, 2}
    assert sorted(SubsetRandomSampler([4, 8])) == [4, 8]
    assert list(RandomSampler([])) == []
    with pytest.raises(ValueError, match="positive"):
        RandomSampler(range(3), num_samples=0)


def test_weighted_sampler_follows_its_weights():
    drawn = list(WeightedRandomSampler([1.0, 0.0, 3.0], 2000))
    assert drawn.count(1) == 0
    assert abs(drawn.count(2) / 2000 - 0.75) < 0.05
    with pytest.raises(ValueError, match="1d sequence"):
        WeightedRandomSampler([[1.0]], 1)


def test_batch_sampler_counts_its_batches():
    for size, drop, expected in ((5, False, [2, 2, 1]), (5, True, [2, 2]), (4, True, [2, 2])):
        sampler = BatchSampler(range(size), 2, drop)
        assert [len(batch) for batch in sampler] == expected
        assert len(sampler) == len(expected)
    with pytest.raises(ValueError, match="batch_size should be a positive"):
        BatchSampler(range(3), 0, False)
    with pytest.raises(ValueError, match="drop_last should be"):
        BatchSampler(range(3), 1, 1)


# Collation -------------------------------------------------------------------------------------


def test_collation_keeps_the_containers():
    point = namedtuple("point", "x y")
    examples = [
        {"a": tg.ones(2), "b": (1, 2.0), "c": "text", "d": point(1, True), "e": np.float32(3)},
        {"a": tg.zeros(2), "b": (3, 4.0), "c": "more", "d": point(2, False), "e": np.float32(4)},
    ]
    batch = default_collate(examples)
    assert tuple(batch["a"].shape) == (2, 2)
    assert batch["b"][0].tolist() == [1, 3]
    assert batch["b"][1].dtype == tg.float64
    assert batch["c"] == ["text", "more"]
    assert isinstance(batch["d"], point)
    assert batch["d"].y.dtype == tg.bool
    assert batch["e"].tolist() == [3.0, 4.0]
    assert default_collate([np.ones(2), np.zeros(2)]).tolist() == [[1.0, 1.0], [0.0, 0.0]]


def test_collation_refuses_what_makes_no_batch():
    with pytest.raises(TypeError, match="found object"):
        default_collate([object()])
    with pytest.raises(
        ValueError,
        match=r"differ: example 0 has tuple of length 2, example 1 has tuple of length 1",
    ):
        default_collate([(1, 2), (1,)])
    with pytest.raises(TypeError, match="cannot become a tensor"):
        default_collate([np.array(["a"])])


def test_conversion_of_single_examples():
    converted = default_convert({"x": np.ones(2), "y": [np.zeros(1), "s"], "z": 3})
    assert isinstance(converted["x"], tg.Tensor)
    assert isinstance(converted["y"][0], tg.Tensor)
    assert converted["y"][1] == "s"
    assert converted["z"] == 3


# The loader ------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [pairs, Squares], ids=["gathered", "fetched"])
def test_batches_in_order(make):
    loader = DataLoader(make(5), batch_size=2)
    assert len(loader) == 3
    assert firsts(loader) == [[0, 1], [2, 3], [4]]
    assert firsts(DataLoader(make(5), 2, drop_last=True)) == [[0, 1], [2, 3]]
    assert firsts(DataLoader(make(5))) == [[0], [1], [2], [3], [4]]
    assert firsts(DataLoader(make(0), 2)) == []
    assert isinstance(next(iter(loader)), list)


@pytest.mark.parametrize("make", [pairs, Squares], ids=["gathered", "fetched"])
def test_shuffled_batches_pair_up_and_differ_each_time(make):
    loader = DataLoader(make(100), batch_size=30, shuffle=True)
    orders = []
    for _ in range(2):
        order = []
        for x, y in loader:
            factor = 10 if make is pairs else x
            assert (y == x * factor).all()
            order += x.tolist()
        assert sorted(order) == list(range(100))
        orders.append(order)
    assert orders[0] != orders[1]
    tg.manual_seed(3)
    first = firsts(loader)
    tg.manual_seed(3)
    assert firsts(loader) == first


@pytest.mark.parametrize("make", [pairs, Squares], ids=["gathered", "fetched"])
def test_subsets_samplers_and_batch_samplers(make):
    part = Subset(Subset(make(10), [9, 7, 5, 3]), [3, 0, -1])
    assert firsts(DataLoader(part, 2)) == [[3, 9], [3]]
    assert sorted(map(len, firsts(DataLoader(part, 2, shuffle=True)))) == [1, 2]
    assert firsts(DataLoader(part, 2, sampler=[2, 1])) == [[3, 9]]
    assert firsts(DataLoader(make(9), batch_sampler=[[8, 1], [2]])) == [[8, 1], [2]]
    with pytest.raises(IndexError):
        firsts(DataLoader(Subset(make(3) if make is pairs else pairs(3), [5])))


def test_a_dataset_that_fetches_its_own_way_is_asked():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return tuple(2 * tensor for tensor in super().__getitem__(index))

    assert firsts(DataLoader(Doubled(tg.arange(3)), 3)) == [[0, 2, 4]]

    class AtOnce(Squares):
        def __getitems__(self, indices):
            return [(-index, 0) for index in indices]

    assert firsts(DataLoader(AtOnce(3), 3)) == [[0, -1, -2]]


def test_no_batching_and_own_collation():
    assert [x.item() for x, _ in DataLoader(pairs(2), batch_size=None)] == [0, 1]
    assert list(DataLoader(Squares(2), 2, collate_fn=lambda batch: batch)) == [[(0, 0), (1, 1)]]
    converted = list(DataLoader(Count(2), batch_size=None))
    assert converted == [0, 1]


def test_iterable_datasets():
    assert [b.tolist() for b in DataLoader(Count(5), 2)] == [[0, 1], [2, 3], [4]]
    assert [b.tolist() for b in DataLoader(Count(5), 2, drop_last=True)] == [[0, 1], [2, 3]]
    with pytest.raises(TypeError):
        len(DataLoader(Count(5), 2))


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_keep_the_order_and_work_in_threads(workers):
    threads, started = set(), []

    class Watched(Squares):
        def __getitem__(self, index):
            threads.add(threading.current_thread())
            return super().__getitem__(index)

    loader = DataLoader(Watched(23), 4, num_workers=workers, worker_init_fn=started.append)
    expected = firsts(DataLoader(Squares(23), 4))
    assert firsts(loader) == expected
    assert firsts(loader) == expected
    assert threading.main_thread() not in threads
    assert 0 in started
    streamed = [b.tolist() for b in DataLoader(Count(5), 2, num_workers=workers)]
    assert streamed == [b for b in ([0, 1], [2, 3], [4]) for _ in range(workers)]


def test_errors_in_workers_reach_the_loop_and_an_early_end_is_clean():
    class Broken(Squares):
        def __getitem__(self, index):
            if index == 5:
                raise KeyError("example 5")
            return super().__getitem__(index)

    seen = []
    with pytest.raises(KeyError, match="example 5"):
        seen.extend(x.tolist() for x, _ in DataLoader(Broken(9), 2, num_workers=2))
    assert seen == [[0, 1], [2, 3]]
    for _ in DataLoader(Squares(100), 2, num_workers=2):
        break
    for _ in range(1000):  # a busy machine lets them end later
        if not [t for t in threading.enumerate() if t.name.startswith("topograd-loader")]:
            return
        time.sleep(0.01)
    raise AssertionError("workers are left")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shuffle": True, "sampler": [0]}, "mutually exclusive with shuffle"),
        ({"batch_sampler": [[0]], "batch_size": 2}, "mutually exclusive"),
        ({"batch_sampler": [[0]], "shuffle": True}, "mutually exclusive"),
        ({"batch_size": None, "drop_last": True}, "disables auto-batching"),
        ({"batch_size": 0}, "positive integer"),
        ({"num_workers": -1}, "must not be negative"),
        ({"prefetch_factor": 2}, "needs num_workers"),
        ({"prefetch_factor": 0, "num_workers": 1}, "must be positive"),
        ({"persistent_workers": True}, "needs num_workers > 0"),
        ({"multiprocessing_context": "fork"}, "num_workers > 0"),
        ({"multiprocessing_context": "x", "num_workers": 1}, "should be one of .*got 'x'"),
        ({"workers": "fibre", "num_workers": 1}, "'thread' or 'process', got 'fibre'"),
        ({"workers": "thread", "multiprocessing_context": "fork", "num_workers": 1}, "excludes"),
    ],
    ids=str,
)
def test_arguments_that_exclude_each_other(arguments, message):
    with pytest.raises(ValueError, match=message):
        DataLoader(pairs(4), **arguments)


def test_an_iterable_dataset_takes_no_order():
    with pytest.raises(ValueError, match="IterableDataset"):
        DataLoader(Count(3), shuffle=True)


def test_the_pytorch_name_of_the_namespace():
    assert tg.utils.data.DataLoader is DataLoader


# Memory ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("indices", [None, [3, 1, 2, 0, 4]], ids=["whole", "subset"])
def test_a_batch_has_memory_of_its_own(shuffle, indices):
    rows = tg.arange(5)
    dataset = TensorDataset(rows) if indices is None else Subset(TensorDataset(rows), indices)
    for (batch,) in DataLoader(dataset, batch_size=2, shuffle=shuffle):
        batch.fill_(-1)
    assert rows.tolist() == [0, 1, 2, 3, 4]


def test_a_sequential_sampler_of_another_length_says_how_many_examples_there_are():
    dataset = pairs(5)
    shorter = DataLoader(dataset, batch_size=2, sampler=SequentialSampler(range(3)))
    assert firsts(shorter) == [[0, 1], [2]]
    longer = DataLoader(dataset, batch_size=4, sampler=SequentialSampler(range(6)))
    with pytest.raises(IndexError):
        firsts(longer)


def test_a_negative_timeout_and_an_empty_batch_are_refused():
    with pytest.raises(ValueError, match="timeout option should be non-negative, got -1"):
        DataLoader(pairs(3), timeout=-1)
    with pytest.raises(IndexError, match="default_collate: expected at least one example"):
        default_collate([])
    for dataset in (Squares(3), pairs(3)):
        with pytest.raises(IndexError, match="default_collate"):
            list(DataLoader(dataset, batch_sampler=[[]]))


def test_the_modules_of_the_namespace_have_pytorch_s_names():
    from topograd.utils.data import dataloader, dataset, distributed, sampler

    for module in (dataloader, dataset, distributed, sampler):
        names = [name for name in vars(module) if not name.startswith("_")]
        assert names
        assert all(getattr(module, name) is getattr(tg.data, name) for name in names)
    torch_data = pytest.importorskip("torch").utils.data
    missing = {n for n in torch_data.__all__ if n[0].isupper()} - set(tg.data.__all__)
    assert missing == {"DFIterDataPipe", "DataChunk", "IterDataPipe", "MapDataPipe"}


# Beside PyTorch --------------------------------------------------------------------------------


def test_the_shares_of_processes_are_pytorch_s():
    pytest.importorskip("torch")
    from torch.utils.data import DistributedSampler as Theirs

    for size in (0, 1, 2, 5, 8, 9, 10):
        for replicas in (1, 2, 3, 4, 7):
            for drop in (False, True):
                if drop and size < replicas:
                    continue  # PyTorch's arithmetic gives a negative size there
                for rank in range(replicas):
                    options = {"shuffle": False, "drop_last": drop}
                    ours = tg.data.DistributedSampler(range(size), replicas, rank, **options)
                    theirs = Theirs(range(size), replicas, rank, **options)
                    assert len(ours) == len(theirs)
                    assert list(ours) == (list(theirs) if size else [])


def test_shuffled_shares_cover_everything_and_change_with_the_epoch():
    shares = [tg.data.DistributedSampler(range(11), 3, rank, seed=4) for rank in range(3)]
    orders = []
    for epoch in range(2):
        for share in shares:
            share.set_epoch(epoch)
        order = [i for share in shares for i in share]
        assert len(order) == 12
        assert set(order) == set(range(11))
        orders.append(order)
    assert orders[0] != orders[1]
    with pytest.raises(
        ValueError, match=r"Invalid rank 3, rank should be in the interval \[0, 2\]"
    ):
        tg.data.DistributedSampler(range(3), 3, 3)
    with pytest.raises(ValueError, match="process group has not been initialized"):
        tg.data.DistributedSampler(range(3))


@pytest.mark.parametrize("lengths", [[0.3, 0.3, 0.4], [0.5, 0.5], [7, 4], [0.25] * 4, [1.0]])
def test_splits_have_pytorch_s_sizes(lengths):
    torch = pytest.importorskip("torch")
    theirs = torch.utils.data.random_split(range(11), lengths)
    ours = random_split(range(11), lengths, generator=tg.Generator().manual_seed(1))
    assert [len(part) for part in ours] == [len(part) for part in theirs]
    again = random_split(range(11), lengths, generator=tg.Generator().manual_seed(1))
    assert [part.indices for part in again] == [part.indices for part in ours]


@pytest.mark.parametrize(
    "batch",
    [
        [1, 2],
        [1.5, 2.0],
        [True, False],
        ["a", "b"],
        [(1, "a"), (2, "b")],
        [[1, 2.0], [3, 4.0]],
        [{"x": 1, "y": [2, 3]}, {"x": 4, "y": [5, 6]}],
        [np.float32(1), np.float32(2)],
        [np.arange(3), np.arange(3)],
        [np.ones((2, 2), np.uint8)] * 3,
        [np.bool_(True)],
        [OrderedDict(b=1, a=2.0)],
    ],
    ids=str,
)
def test_collated_batches_are_pytorch_s(batch):
    theirs = pytest.importorskip("torch").utils.data.default_collate(batch)

    def same(ours, theirs):
        if isinstance(ours, tg.Tensor):
            assert str(ours.dtype).split(".")[-1] == str(theirs.dtype).split(".")[-1]
            assert ours.tolist() == theirs.tolist()
            return
        assert type(ours) is type(theirs)
        if isinstance(ours, dict):
            assert list(ours) == list(theirs)
            ours, theirs = list(ours.values()), list(theirs.values())
        if isinstance(ours, str):
            assert ours == theirs
            return
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same(a, b)

    same(default_collate(batch), theirs)


def test_collation_names_what_is_unlike():
    for batch, message in (
        (
            [tg.ones(2), tg.ones(3)],
            r"differ: example 0 has shape \(2,\), example 1 has shape \(3,\)",
        ),
        (
            [{"a": (1, tg.ones(2))}, {"a": (1, 2)}],
            r"at entry \['a'\]\[1\].* 0 has Tensor, .*1 has int",
        ),
        ([1, "a"], "example 0 has int, example 1 has str"),
        ([(1,), 3], "example 0 has tuple of length 1, example 1 has int"),
    ):
        with pytest.raises(tg.ShapeError, match=message):
            default_collate(batch)
    with pytest.raises(KeyError, match=r"example 2 of the batch has no 'b' at entry \[0\]"):
        default_collate([[{"b": 1}], [{"b": 1}], [{"c": 1}]])
    with pytest.raises(TypeError, match=r"found NoneType at entry \['x'\]"):
        default_collate([{"x": None}])


def test_a_loader_refuses_to_be_changed_where_it_could_not_follow():
    loader = DataLoader(pairs(4), 2)
    for name in ("batch_size", "dataset", "sampler", "drop_last"):
        with pytest.raises(
            ValueError, match=f"{name} attribute should not be set after DataLoader"
        ):
            setattr(loader, name, 1)
    loader.num_workers = 2
    assert firsts(loader) == [[0, 1], [2, 3]]
