"""Data in memory is gathered by index: what comes is what example by example would give."""

from __future__ import annotations

from itertools import accumulate, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import topograd as tg
from topograd import _C
from topograd.data import (
    ConcatDataset,
    DataLoader,
    DistributedSampler,
    RandomSampler,
    StackDataset,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    random_split,
)
from topograd.data.gather import table_of


def rows(first, size):
    return tg.arange(first, first + 2 * size).reshape(size, 2)


def pairs(first, size):
    return TensorDataset(rows(first, size), tg.arange(first, first + size))


def plain(value):
    """Batches as nested lists, to compare."""
    if isinstance(value, tg.Tensor):
        return [str(value.dtype), value.tolist()]
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    return [plain(entry) for entry in value]


def one_by_one(dataset, indices, size):
    """The batches of a list of indices, each made of single examples."""
    return [
        default_collate([dataset[i] for i in indices[start : start + size]])
        for start in range(0, len(indices), size)
    ]


halves = random_split(pairs(100, 9), [5, 4])
DATASETS = {
    "tensors": pairs(0, 7),
    "a tensor": rows(0, 5),
    "an array": np.arange(10.0).reshape(5, 2),
    "a stack": StackDataset(rows(0, 4), tg.arange(4)),
    "a named stack": StackDataset(x=pairs(0, 4), y=rows(9, 4)),
    "a stack of subsets": StackDataset(
        Subset(pairs(0, 9), [3, 1, 8]), Subset(rows(0, 9), [0, 0, 5])
    ),
    "a subset": Subset(pairs(0, 7), [6, 0, 3, -1]),
    "a range": Subset(pairs(0, 7), range(5, 0, -2)),
    "an empty subset": Subset(pairs(0, 7), []),
    "a subset of a subset": Subset(Subset(pairs(0, 9), [8, 7, 6, 5]), [3, 0]),
    "a tensor of indices": Subset(pairs(0, 7), tg.tensor([2, 2, 5])),
    "an array of indices": Subset(pairs(0, 7), np.array([2, 2, 5])),
    "joined": ConcatDataset([pairs(0, 3), pairs(50, 4), pairs(90, 1)]),
    "joined subsets": ConcatDataset([Subset(pairs(0, 5), [4, 2]), pairs(50, 3)]),
    "joined halves": ConcatDataset(halves[::-1]),
    "joined twice": ConcatDataset([pairs(0, 3), ConcatDataset([pairs(50, 2), pairs(60, 2)])]),
    "joined stacks": ConcatDataset([StackDataset(a=rows(0, 3)), StackDataset(a=rows(70, 2))]),
    "a subset of joined": Subset(ConcatDataset([pairs(0, 3), pairs(50, 4)]), [6, 0, 3, 2]),
    "a split of joined": random_split(ConcatDataset([pairs(0, 3), pairs(50, 4)]), [0.6, 0.4])[0],
}


@pytest.mark.parametrize("name", DATASETS)
def test_gathered_batches_are_those_of_single_examples(name):
    dataset = DATASETS[name]
    assert table_of(dataset) is not None, "read as a whole"
    order = list(range(len(dataset)))
    assert plain(DataLoader(dataset, 3)) == plain(one_by_one(dataset, order, 3))
    shuffled = DataLoader(dataset, 2, shuffle=True)
    tg.manual_seed(5)
    batches = list(shuffled)
    tg.manual_seed(5)
    unread = DataLoader(dataset, 2, shuffle=True, collate_fn=lambda batch: default_collate(batch))
    assert plain(batches) == plain(unread)
    backwards = [[i - len(dataset) for i in order[::-1]]] if order else []
    given = DataLoader(dataset, batch_sampler=backwards)
    if type(dataset) is not Subset or not isinstance(dataset.indices, (tg.Tensor, np.ndarray)):
        assert plain(given) == plain([one_by_one(dataset, b, len(order))[0] for b in backwards])


@pytest.mark.parametrize(
    "sampler",
    [
        lambda: SubsetRandomSampler([6, 0, 3, -1, 3]),
        lambda: SubsetRandomSampler(range(1, 6)),
        lambda: SubsetRandomSampler([]),
        lambda: SubsetRandomSampler((4, 5), generator=tg.Generator().manual_seed(3)),
        lambda: WeightedRandomSampler([1.0, 2.0, 0.0, 3.0, 1.0, 0.0, 1.0], 12),
        lambda: WeightedRandomSampler([1.0] * 7, 5, replacement=False),
        lambda: DistributedSampler(range(7), 3, 1),
        lambda: RandomSampler(range(7), replacement=True, num_samples=9),
        lambda: [5, 6, 0],
    ],
)
@pytest.mark.parametrize("drop", [False, True])
def test_orders_drawn_as_a_whole_are_those_of_the_samplers(sampler, drop):
    batches = []
    for collate in (None, lambda batch: default_collate(batch)):
        tg.manual_seed(12)
        loader = DataLoader(pairs(0, 7), 2, sampler=sampler(), drop_last=drop, collate_fn=collate)
        batches.append(plain(loader))
        assert len(loader) == len(batches[-1])
    assert batches[0] == batches[1]


@pytest.mark.parametrize(
    "dataset",
    [
        ConcatDataset([pairs(0, 3), TensorDataset(rows(0, 2), tg.ones(2))]),
        ConcatDataset([pairs(0, 3), TensorDataset(tg.arange(4).reshape(2, 2))]),
        ConcatDataset([pairs(0, 3), [(tg.zeros(2), 1)]]),
        StackDataset(rows(0, 2), ["a", "b"]),
        Subset([1, 2, 3], [0]),
    ],
    ids=["dtypes", "entries", "a list", "a list in a stack", "a subset of a list"],
)
def test_what_is_not_alike_is_fetched_one_by_one(dataset):
    assert table_of(dataset) is None
    assert len(list(DataLoader(dataset, 1))) == len(dataset)


def test_a_dataset_that_overrides_something_is_asked():
    class Odd(ConcatDataset):
        def __getitem__(self, index):
            return -super().__getitem__(index)

    assert table_of(Odd([tg.arange(2), tg.arange(2)])) is None
    assert [b.tolist() for b in DataLoader(Odd([tg.arange(2), tg.arange(3)]), 5)] == [
        [0, -1, 0, -1, -2]
    ]


def test_changes_of_the_data_are_seen_even_amid_a_pass():
    for parts in (1, 2):
        a = tg.zeros(3)
        dataset = ConcatDataset([TensorDataset(a), TensorDataset(tg.zeros(3))][:parts])
        batches = iter(DataLoader(dataset, 1))
        assert next(batches)[0].item() == 0
        a.add_(1)
        assert next(batches)[0].item() == a[1].item() != 0


def test_gradients_reach_data_that_asks_for_them():
    x = tg.ones(3, 2, requires_grad=True)
    for count, shuffle in ((1.0, True), (2.0, False)):
        for (batch,) in DataLoader(TensorDataset(x), 2, shuffle=shuffle):
            batch.sum().backward()
        assert x.grad.tolist() == [[count, count]] * 3
    joined = ConcatDataset([TensorDataset(x), TensorDataset(tg.ones(2, 2))])
    assert sum(len(batch) for (batch,) in DataLoader(joined, 2)) == 5


def test_indices_outside_of_the_data_are_refused():
    for dataset in (pairs(0, 3), ConcatDataset([pairs(0, 2), pairs(9, 1)])):
        for index in (3, -4):
            with pytest.raises(IndexError, match=f"indices go from {index} to {index}.*has 3 exa"):
                list(DataLoader(dataset, batch_sampler=[[index]]))
            with pytest.raises(IndexError, match="the dataset has 3"):
                list(DataLoader(Subset(dataset, [index])))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_joined_rows_are_rows_of_the_joined_tensors(data):
    width = data.draw(st.sampled_from([(), (1,), (3,), (2, 5), (0,)]))
    sizes = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=4))
    dtype = data.draw(st.sampled_from([np.float32, np.int64, np.uint8, np.float64, bool]))
    ends = [0, *accumulate(sizes)]
    whole = np.arange(ends[-1] * int(np.prod(width))).reshape(ends[-1], *width).astype(dtype)
    arrays = [whole[a:b] for a, b in pairwise(ends)]
    parts = [tg.tensor(array) for array in arrays]
    if len(width) == 1:  # not contiguous
        parts = [tg.tensor(np.ascontiguousarray(array.T)).t() for array in arrays]
    wanted = data.draw(st.lists(st.integers(0, max(0, ends[-1] - 1)), max_size=9))
    wanted = wanted if ends[-1] else []
    got = _C.joined_rows(parts, tg.tensor(wanted, dtype=tg.int64)).numpy()
    np.testing.assert_array_equal(got, whole[wanted])
    assert got.dtype == dtype


def test_joined_rows_refuse_what_does_not_fit():
    x, rows = tg.zeros(3, 2), tg.tensor([0])
    for parts, index, kind, message in (
        ([], rows, ValueError, "at least one"),
        ([x, tg.zeros(3, 4)], rows, tg.ShapeError, r"\(3, 2\) and \(3, 4\)"),
        ([x, x.double()], rows, tg.DTypeError, "float32 and .*float64"),
        ([tg.tensor(1.0)], rows, tg.ShapeError, "0-d"),
        ([x, x], tg.tensor([6]), IndexError, r"row 6 is outside of \[0, 6\)"),
        ([x], tg.tensor([-1]), IndexError, "row -1"),
        ([x], tg.tensor([0.0]), tg.DTypeError, "int64"),
        ([x], tg.tensor([[0]]), tg.ShapeError, "1-d"),
    ):
        with pytest.raises(kind, match=message):
            _C.joined_rows(parts, index)
    large = [tg.ones(3000, 100), tg.zeros(3000, 100)]
    order = tg.randperm(6000)
    assert tg.equal(_C.joined_rows(large, order), tg.cat(large)[order])


def test_stacked_datasets_pair_up_by_place_or_by_name():
    x, y = tg.arange(3) * 1.0, [5, 6, 7]
    by_place = tg.data.StackDataset(x, y)
    assert [by_place[1][0].item(), by_place[1][1]] == [1.0, 6]
    by_name = tg.data.StackDataset(x=x, y=[(i, i**2) for i in range(3)])
    assert by_name[2]["y"] == (2, 4)
    batch = next(iter(DataLoader(by_name, 3)))
    assert batch["x"].tolist() == [0.0, 1.0, 2.0]
    assert batch["y"][1].tolist() == [0, 1, 4]
    with pytest.raises(ValueError, match=r"lengths of the datasets differ: \[3, 4\]"):
        tg.data.StackDataset(x, [0] * 4)
    for arguments, names in (((), {}), ((x,), {"y": y})):
        with pytest.raises(ValueError, match="all named or all not named"):
            tg.data.StackDataset(*arguments, **names)
