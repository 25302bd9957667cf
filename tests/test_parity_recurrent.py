"""Recurrent layers, cells and packed sequences beside PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn

torch = pytest.importorskip("torch")

CLOSE = {"rtol": 1e-9, "atol": 1e-11}
LENGTHS = [2, 5, 3]  # of the packed sequences


def array(tensor: Any) -> np.ndarray:
    return np.array(tensor.detach().numpy())


def values(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape) + len(shape)).uniform(-1, 1, shape)


def pair(name: str, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """The module of both libraries in float64, with the same state."""
    torch.manual_seed(0)
    theirs = getattr(torch.nn, name)(*args, **kwargs).double()
    ours = getattr(nn, name)(*args, **kwargs).to(tg.float64)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    state = {key: tg.from_numpy(array(value)) for key, value in theirs.state_dict().items()}
    ours.load_state_dict(state)
    theirs.load_state_dict(
        {key: torch.from_numpy(array(value)) for key, value in ours.state_dict().items()}
    )
    return ours, theirs


def flattened(result: Any) -> list[Any]:
    """The tensors of nested tuples; of packed sequences the data."""
    if hasattr(result, "batch_sizes"):
        return [result.data]
    if isinstance(result, (tuple, list)):
        return [leaf for part in result for leaf in flattened(part)]
    return [result]


def leaves_of(library: Any, arrays: list[np.ndarray]) -> list[Any]:
    tensors = [library.from_numpy(a.copy()) for a in arrays]
    return [tensor.requires_grad_() for tensor in tensors]


def measured(library: Any, module: Any, call: Any, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Outputs, first gradients, and the gradients of a function of those."""
    leaves = leaves_of(library, arrays)
    outputs = flattened(call(library, module, *leaves))
    weights = [library.from_numpy(values(*output.shape)) for output in outputs]
    loss = sum((output * weight).sum() for output, weight in zip(outputs, weights, strict=True))
    wanted = [*leaves, *module.parameters()]
    first = library.autograd.grad(loss, wanted, create_graph=True)
    directions = [library.from_numpy(values(*g.shape)) for g in first]
    slope = sum((g * d).sum() for g, d in zip(first, directions, strict=True))
    second = library.autograd.grad(slope, wanted, allow_unused=True, materialize_grads=True)
    # The same numbers without a graph of the backward pass: the fused kernels.
    again = flattened(call(library, module, *leaves))
    total = sum((output * weight).sum() for output, weight in zip(again, weights, strict=True))
    fused = library.autograd.grad(total, wanted)
    return [array(tensor) for tensor in (*outputs, *first, *second, *fused)]


def compare(ours: Any, theirs: Any, call: Any, arrays: list[np.ndarray]) -> None:
    results = measured(tg, ours, call, arrays)
    expected = measured(torch, theirs, call, arrays)
    for result, wanted in zip(results, expected, strict=True):
        assert result.shape == wanted.shape
        np.testing.assert_allclose(result, wanted, **CLOSE)


def plain(library: Any, module: Any, x: Any, *states: Any) -> Any:
    given = () if not states else ((states,) if isinstance_lstm(module) else states)
    return module(x, *given)


def isinstance_lstm(module: Any) -> bool:
    return type(module).__name__ in ("LSTM", "LSTMCell")


def packed(library: Any, module: Any, x: Any, *states: Any) -> Any:
    """Through packing and unpacking, so that their gradients are compared too."""
    rnn = library.nn.utils.rnn
    sequence = rnn.pack_padded_sequence(
        x, LENGTHS, batch_first=module.batch_first, enforce_sorted=False
    )
    given = () if not states else ((states,) if isinstance_lstm(module) else states)
    output, finals = module(sequence, *given)
    unpacked, _ = rnn.pad_packed_sequence(output, batch_first=module.batch_first)
    return unpacked, finals


NETWORKS: list[tuple[str, dict[str, Any]]] = [
    ("RNN", {}),
    ("RNN", {"nonlinearity": "relu", "num_layers": 2, "bidirectional": True}),
    ("RNN", {"bias": False, "batch_first": True}),
    ("GRU", {}),
    ("GRU", {"num_layers": 2, "bidirectional": True, "batch_first": True}),
    ("GRU", {"bias": False, "bidirectional": True}),
    ("LSTM", {}),
    ("LSTM", {"num_layers": 2, "bidirectional": True, "batch_first": True}),
    ("LSTM", {"bias": False}),
    ("LSTM", {"proj_size": 2, "num_layers": 2, "bidirectional": True}),
    ("LSTM", {"proj_size": 2, "bias": False, "batch_first": True}),
]


def state_shapes(name: str, kwargs: dict[str, Any], batch: tuple[int, ...]) -> list[Any]:
    count = kwargs.get("num_layers", 1) * (2 if kwargs.get("bidirectional") else 1)
    widths = [kwargs.get("proj_size", 0) or 4] + ([4] if name == "LSTM" else [])
    return [(count, *batch, width) for width in widths]


@pytest.mark.parametrize("given", [False, True], ids=["zeros", "states"])
@pytest.mark.parametrize(("name", "kwargs"), NETWORKS, ids=str)
def test_networks_equal_pytorchs(name: str, kwargs: dict[str, Any], given: bool) -> None:
    ours, theirs = pair(name, 3, 4, **kwargs)
    x = values(2, 5, 3) if kwargs.get("batch_first") else values(5, 2, 3)
    states = [values(*shape) for shape in state_shapes(name, kwargs, (2,))] if given else []
    compare(ours, theirs, plain, [x, *states])


@pytest.mark.parametrize(("name", "kwargs"), NETWORKS, ids=str)
def test_networks_take_packed_sequences(name: str, kwargs: dict[str, Any]) -> None:
    ours, theirs = pair(name, 3, 4, **kwargs)
    x = values(3, 5, 3) if kwargs.get("batch_first") else values(5, 3, 3)
    states = [values(*shape) for shape in state_shapes(name, kwargs, (3,))]
    compare(ours, theirs, packed, [x])
    compare(ours, theirs, packed, [x, *states])


@pytest.mark.parametrize(("name", "kwargs"), NETWORKS[::2], ids=str)
def test_networks_take_one_sequence_without_a_batch(name: str, kwargs: dict[str, Any]) -> None:
    ours, theirs = pair(name, 3, 4, **kwargs)
    states = [values(*shape) for shape in state_shapes(name, kwargs, ())]
    compare(ours, theirs, plain, [values(5, 3)])
    compare(ours, theirs, plain, [values(5, 3), *states])


CELLS: list[tuple[str, dict[str, Any]]] = [
    ("RNNCell", {}),
    ("RNNCell", {"nonlinearity": "relu", "bias": False}),
    ("GRUCell", {}),
    ("GRUCell", {"bias": False}),
    ("LSTMCell", {}),
    ("LSTMCell", {"bias": False}),
]


@pytest.mark.parametrize("batch", [(), (5,)], ids=["one", "batch"])
@pytest.mark.parametrize(("name", "kwargs"), CELLS, ids=str)
def test_cells_equal_pytorchs(name: str, kwargs: dict[str, Any], batch: tuple[int, ...]) -> None:
    ours, theirs = pair(name, 3, 4, **kwargs)
    states = [values(*batch, 4)] * (2 if name == "LSTMCell" else 1)
    compare(ours, theirs, plain, [values(*batch, 3)])
    compare(ours, theirs, plain, [values(*batch, 3), *states])


@pytest.mark.parametrize(("name", "gates"), [("RNN", 1), ("GRU", 3), ("LSTM", 4)])
@pytest.mark.parametrize("shape", [(7, 20, 33, 70), (3, 1, 40, 130), (40, 9, 5, 16)], ids=str)
def test_large_and_odd_sizes_equal_pytorchs(name: str, gates: int, shape: Any) -> None:
    steps, batch, features, hidden = shape
    ours, theirs = (module.float() for module in pair(name, features, hidden))
    x = values(steps, batch, features).astype(np.float32)
    grads = []
    for library, module in ((tg, ours), (torch, theirs)):
        leaf = library.from_numpy(x.copy()).requires_grad_()
        output = module(leaf)[0]
        weight = library.from_numpy(values(*output.shape).astype(np.float32))
        (output * weight).sum().backward()
        parameters = [parameter.grad for parameter in module.parameters()]
        grads.append([array(tensor) for tensor in (output, leaf.grad, *parameters)])
    for result, wanted in zip(*grads, strict=True):
        np.testing.assert_allclose(result, wanted, rtol=2e-4, atol=2e-4)


def test_dropout_acts_between_layers_in_training_alone() -> None:
    x = tg.ones(4, 2, 3)
    network = nn.LSTM(3, 8, num_layers=2, dropout=0.5)
    assert not tg.equal(network(x)[0], network(x)[0])
    network.eval()
    assert tg.equal(network(x)[0], network(x)[0])
    everything = nn.GRU(3, 8, num_layers=2, dropout=1.0, bias=False)
    assert not bool(everything(x)[0].any())  # the second layer sees zeros
    with pytest.warns(UserWarning, match="num_layers"):
        nn.GRU(3, 8, dropout=0.5)


def test_initial_weights_are_uniform_within_pytorchs_bounds() -> None:
    for module in (nn.LSTM(30, 64, 2), nn.GRUCell(30, 64)):
        for weight in module.parameters():
            numbers = array(weight)
            assert abs(np.abs(numbers).max() * 8 - 1) < 0.05
            assert abs(numbers.std() * 8 * 3**0.5 - 1) < 0.2


def test_attributes_are_pytorchs() -> None:
    ours, theirs = pair("LSTM", 3, 4, num_layers=2, bidirectional=True, proj_size=2)
    assert ours._flat_weights_names == theirs._flat_weights_names
    assert [[tuple(w.shape) for w in ws] for ws in ours.all_weights] == [
        [tuple(w.shape) for w in ws] for ws in theirs.all_weights
    ]
    for name in "mode input_size hidden_size num_layers bias dropout proj_size".split():
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.flatten_parameters() is None
    x = values(5, 2, 3)
    for name in ("get_expected_hidden_size", "get_expected_cell_size"):
        sizes = [
            getattr(module, name)(library.from_numpy(x), None)
            for library, module in ((tg, ours), (torch, theirs))
        ]
        assert sizes[0] == sizes[1]
    with pytest.raises(ValueError, match="hidden"):
        ours.check_forward_args(tg.from_numpy(x), (tg.ones(4, 2, 2), tg.ones(4, 2, 2)), None)
    assert nn.RNN(2, 3, nonlinearity="relu").mode == "RNN_RELU"


REFUSED: list[tuple[Any, str]] = [
    (lambda: nn.LSTM(3, 4)(tg.zeros(3)), "2D or 3D"),
    (lambda: nn.LSTM(3, 4)(tg.zeros(2, 2, 5)), "input_size"),
    (lambda: nn.LSTM(3, 4)(tg.zeros(0, 2, 3)), "at least one step"),
    (lambda: nn.LSTM(3, 4)(tg.zeros(2, 2, 3), (tg.zeros(1, 3, 4), tg.zeros(1, 2, 4))), "hidden"),
    (lambda: nn.LSTM(3, 4)(tg.zeros(2, 2, 3), (tg.zeros(1, 4), tg.zeros(1, 4))), "3-D"),
    (lambda: nn.LSTM(3, 4)(tg.zeros(2, 3), (tg.zeros(1, 1, 4), tg.zeros(1, 1, 4))), "2-D"),
    (lambda: nn.GRU(3, 4)(tg.zeros(2, 2, 3).double()), "dtype"),
    (lambda: nn.GRUCell(3, 4)(tg.zeros(2, 2, 3)), "1D or 2D"),
    (lambda: nn.GRUCell(3, 4)(tg.zeros(2, 5)), "input_size"),
    (lambda: nn.GRUCell(3, 4)(tg.zeros(2, 3), tg.zeros(3, 4)), "hidden"),
    (lambda: nn.LSTM(3, 0), "greater than zero"),
    (lambda: nn.LSTM(0, 3), "greater than zero"),
    (lambda: nn.LSTM(3, 4, 0), "greater than zero"),
    (lambda: nn.LSTM(3, 4, dropout=1.5), "range"),
    (lambda: nn.LSTM(3, 4, dropout=True), "range"),
    (lambda: nn.LSTM(3, 4, proj_size=4), "smaller"),
    (lambda: nn.LSTM(3, 4, proj_size=-1), "positive"),
    (lambda: nn.GRU(3, 4, proj_size=2), "only supported for LSTM"),
    (lambda: nn.RNN(3, 4, nonlinearity="sin"), "tanh"),
    (lambda: nn.RNNCell(3, 4, nonlinearity="sin"), "tanh"),
    (lambda: nn.RNNBase("CNN", 3, 4), "mode"),
    (lambda: nn.utils.rnn.pack_padded_sequence(tg.zeros(3, 2, 1), [1, 2]), "increase"),
    (lambda: nn.utils.rnn.pack_padded_sequence(tg.zeros(3, 2, 1), [4, 2]), "more than"),
    (lambda: nn.utils.rnn.pack_padded_sequence(tg.zeros(3, 2, 1), [2, 0]), "greater than 0"),
    (lambda: nn.utils.rnn.pack_padded_sequence(tg.zeros(3, 2, 1), [2, 1, 1]), "one length"),
    (lambda: nn.utils.rnn.pad_sequence([]), "at least one"),
    (lambda: nn.utils.rnn.pad_sequence([tg.zeros(2, 1), tg.zeros(2, 2)]), "first size"),
    (lambda: nn.utils.rnn.pad_sequence([tg.zeros(2)], padding_side="up"), "padding_side"),
    (lambda: nn.utils.rnn.unpad_sequence(tg.zeros(3, 2), tg.tensor([4, 1])), "fit"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_does_not_fit_is_a_value_error(call: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_batch_sizes_that_lie_are_errors() -> None:
    network = nn.LSTM(3, 4, bidirectional=True)
    for sizes in ([2, 3], [2, 2], [3, 1], [0, 0], [-1, 5], [2, 2**62], [2**62, 2**62]):
        with pytest.raises((ValueError, RuntimeError)):
            network(nn.utils.rnn.PackedSequence(tg.zeros(5, 3), tg.tensor(sizes)))


def test_a_batch_of_nothing_gives_nothing() -> None:
    for name in ("RNN", "GRU", "LSTM"):
        network = getattr(nn, name)(3, 4)
        output = network(tg.zeros(2, 0, 3))[0]
        assert tuple(output.shape) == (2, 0, 4)
        output.sum().backward()
        assert not bool(network.weight_hh_l0.grad.any())


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    x = tg.from_numpy(values(12, 37, 64).astype(np.float32))
    before = tg.get_num_threads()
    for name, hidden in (("RNN", 64), ("GRU", 64), ("LSTM", 64), ("LSTM", 300)):
        tg.manual_seed(1)
        network = getattr(nn, name)(64, hidden, bidirectional=True)
        results = []
        for threads in (1, 2, 3):
            tg.set_num_threads(threads)
            network.zero_grad()
            output = network(x)[0]
            output.square().sum().backward()
            results.append([array(output), *(array(p.grad) for p in network.parameters())])
        tg.set_num_threads(before)
        for other in results[1:]:
            for first, second in zip(results[0], other, strict=True):
                assert np.array_equal(first, second), name


# ------------------------------------------------------------------ packing


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("trailing", [(), (2,), (2, 3)], ids=str)
def test_packing_equals_pytorchs(batch_first: bool, trailing: tuple[int, ...]) -> None:
    lengths = [2, 4, 1, 4]
    sequences = [values(length, *trailing) for length in lengths]
    ours = [tg.from_numpy(s) for s in sequences]
    theirs = [torch.from_numpy(s) for s in sequences]
    packs = [
        library.nn.utils.rnn.pack_sequence(s, enforce_sorted=False)
        for library, s in ((tg, ours), (torch, theirs))
    ]
    for name in ("data", "batch_sizes"):
        np.testing.assert_array_equal(
            array(getattr(packs[0], name)), array(getattr(packs[1], name))
        )
    order = array(packs[0].sorted_indices)
    assert sorted(order) == [0, 1, 2, 3]
    assert (array(packs[0].unsorted_indices)[order] == np.arange(4)).all()
    options = {"batch_first": batch_first, "padding_value": 7.0, "total_length": 6}
    for library, pack in ((tg, packs[0]), (torch, packs[1])):
        padded, sizes = library.nn.utils.rnn.pad_packed_sequence(pack, **options)
        assert sizes.tolist() == lengths
        expected = torch.nn.utils.rnn.pad_sequence(theirs, batch_first, 7.0)
        axis = 1 if batch_first else 0
        np.testing.assert_array_equal(array(padded).take(range(4), axis), array(expected))
        assert (array(padded).take([4, 5], axis) == 7).all()
    for back, sequence in zip(nn.utils.rnn.unpack_sequence(packs[0]), sequences, strict=True):
        np.testing.assert_array_equal(array(back), sequence)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("batch_first", [False, True])
def test_padding_equals_pytorchs(side: str, batch_first: bool) -> None:
    sequences = [values(length, 2) for length in (3, 1, 2)]
    ours = nn.utils.rnn.pad_sequence([tg.from_numpy(s) for s in sequences], batch_first, 1.5, side)
    theirs = torch.nn.utils.rnn.pad_sequence(
        [torch.from_numpy(s) for s in sequences], batch_first, 1.5, side
    )
    np.testing.assert_array_equal(array(ours), array(theirs))
    lengths = tg.tensor([3, 1, 2])
    if side == "right":
        for back, s in zip(
            nn.utils.rnn.unpad_sequence(ours, lengths, batch_first), sequences, strict=True
        ):
            np.testing.assert_array_equal(array(back), s)


def test_packed_sequences_convert_their_data() -> None:
    packed = nn.utils.rnn.pack_sequence([tg.ones(2), tg.ones(1)])
    assert packed.to(tg.float32) is packed
    for name, dtype in (("double", tg.float64), ("half", tg.float16), ("long", tg.int64)):
        converted = getattr(packed, name)()
        assert converted.data.dtype == dtype
        assert converted.batch_sizes is packed.batch_sizes
    assert not packed.is_cuda
    assert nn.utils.rnn.PackedSequence((packed.data, packed.batch_sizes)).data is packed.data
    with pytest.raises(TypeError, match="batch_sizes"):
        nn.utils.rnn.PackedSequence(tg.ones(2))
    lying = nn.utils.rnn.PackedSequence(tg.ones(4, 1), tg.tensor([3, 2]))
    with pytest.raises(ValueError, match="do not add up to the 4 rows"):
        nn.utils.rnn.pad_packed_sequence(lying)
    assert nn.utils.rnn.invert_permutation(None) is None


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_a_batch_of_nothing_has_gradients_of_zeros_in_every_order(name):
    ours = getattr(nn, name)(3, 4)
    x = tg.zeros(2, 0, 3, requires_grad=True)
    out = ours(x)[0].sum()
    gradients = tg.autograd.grad(out, [x, *ours.parameters()], create_graph=True)
    assert gradients[0].shape == (2, 0, 3)
    assert all(not one.any() for one in gradients[1:])
