"""nn without PyTorch: text, containers, initial values, layers, utilities."""

from __future__ import annotations

import math

import pytest

import topograd as tg
from topograd import _C, nn
from topograd.nn import functional as F

# Text ------------------------------------------------------------------------------------------


def test_repr_is_pytorchs():
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2), nn.Tanh()])
    )
    assert repr(net) == (
        "Sequential(\n"
        "  (0): Conv2d(1, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))\n"
        "  (1): ModuleList(\n"
        "    (0-1): 2 x Linear(in_features=2, out_features=2, bias=True)\n"
        "    (2): Tanh()\n"
        "  )\n"
        ")"
    )
    assert repr(nn.Module()) == "Module()"


def test_repr_of_several_extra_lines():
    class Wordy(nn.Module):
        def extra_repr(self):
            return "one\ntwo"

    assert repr(Wordy()) == "Wordy(\n  one\n  two\n)"


# Containers ------------------------------------------------------------------------------------


def test_sequential_is_indexed_sliced_and_changed():
    a, b, c = nn.Linear(1, 1), nn.ReLU(), nn.Tanh()
    net = nn.Sequential(a, b, c)
    assert net[0] is a
    assert net[-1] is c
    assert list(net[1:]) == [b, c]
    assert isinstance(net[1:], nn.Sequential)
    net[1] = nn.Sigmoid()
    assert list(net._modules) == ["0", "1", "2"]
    del net[1]
    assert list(net) == [a, c]
    assert list(net._modules) == ["0", "1"]
    net.insert(1, b)
    assert list(net) == [a, b, c]
    assert net.pop(0) is a
    net.append(a).extend([nn.ReLU()])
    assert len(net) == 4
    assert len(net + net) == 8
    with pytest.raises(IndexError, match="out of range"):
        net[9]
    with pytest.raises(TypeError):
        nn.Sequential(3)


def test_sequential_takes_names():
    from collections import OrderedDict

    net = nn.Sequential(OrderedDict(first=nn.Linear(2, 3), act=nn.ReLU()))
    assert list(net.state_dict()) == ["first.weight", "first.bias"]
    assert net.first is net[0]
    assert list(net[:1]._modules) == ["first"]


def test_module_list_and_dict_register_what_they_hold():
    layers = nn.ModuleList(nn.Linear(1, 1) for _ in range(2))
    layers += [nn.Linear(1, 1)]
    assert len(list(layers.parameters())) == 6
    assert len(layers[1:]) == 2
    layers.insert(0, nn.ReLU())
    assert isinstance(layers[0], nn.ReLU)
    table = nn.ModuleDict({"a": nn.Linear(1, 1)})
    table["b"] = nn.ReLU()
    table.update([("c", nn.Tanh())])
    assert list(table.keys()) == ["a", "b", "c"]
    assert isinstance(table.pop("b"), nn.ReLU)
    assert "b" not in table
    table.clear()
    assert len(table) == 0


def test_an_empty_container_is_still_a_child():
    net = nn.Module()
    net.layers = nn.ModuleList()
    assert [name for name, _ in net.named_modules()] == ["", "layers"]


def test_parameter_containers():
    weights = nn.ParameterList([tg.ones(1), nn.Parameter(tg.zeros(2))])
    weights.append(tg.ones(3))
    weights += [tg.ones(4)]
    assert [tuple(w.shape) for w in weights] == [(1,), (2,), (3,), (4,)]
    assert tuple(weights.pop(0).shape) == (1,)
    assert list(dict(weights.named_parameters())) == ["0", "1", "2"]
    table = nn.ParameterDict({"a": tg.ones(1)})
    table["b"] = tg.ones(2)
    assert list(table.state_dict()) == ["a", "b"]
    del table["a"]
    assert list(table) == ["b"]
    assert table.get("zzz") is None


# Initial values --------------------------------------------------------------------------------


def moments(tensor):
    values = tensor.detach().double().flatten()
    return float(values.mean()), float(values.std())


@pytest.mark.parametrize(
    ("fill", "std"),
    [
        (lambda w: nn.init.uniform_(w, -1.0, 1.0), 1 / math.sqrt(3)),
        (lambda w: nn.init.normal_(w, 0.0, 2.0), 2.0),
        (lambda w: nn.init.xavier_uniform_(w, gain=2.0), 2.0 * math.sqrt(2 / 500)),
        (lambda w: nn.init.xavier_normal_(w), math.sqrt(2 / 500)),
        (lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"), math.sqrt(2 / 300)),
        (lambda w: nn.init.kaiming_normal_(w, mode="fan_out"), math.sqrt(2 / 200)),
    ],
    ids=[
        "uniform",
        "normal",
        "xavier_uniform",
        "xavier_normal",
        "kaiming_uniform",
        "kaiming_normal",
    ],
)
def test_initial_distributions_have_their_mean_and_deviation(fill, std):
    tg.manual_seed(0)
    weight = tg.empty(200, 300, requires_grad=True)
    assert fill(weight) is weight
    mean, deviation = moments(weight)
    assert abs(mean) < 4 * std / math.sqrt(weight.numel())
    assert abs(deviation - std) < 0.02 * std
    assert weight.is_leaf


def test_truncated_normal_stays_inside_and_has_its_density():
    tg.manual_seed(0)
    wide = nn.init.trunc_normal_(tg.empty(20000))
    assert float(wide.abs().max()) <= 2.0
    assert abs(moments(wide)[1] - 0.8796) < 0.02
    with pytest.warns(UserWarning, match="more than 2 std"):
        tail = nn.init.trunc_normal_(tg.empty(20000), a=3.0, b=4.0)
    assert float(tail.min()) >= 3.0
    assert float(tail.max()) <= 4.0
    assert abs(moments(tail)[0] - 3.2664) < 0.02


def test_orthogonal_rows_or_columns():
    tg.manual_seed(0)
    for shape in ((3, 5), (5, 3), (4, 2, 3)):
        q = nn.init.orthogonal_(tg.empty(*shape), gain=2.0).flatten(1)
        product = q @ q.T if q.shape[0] <= q.shape[1] else q.T @ q
        assert float((product - 4 * tg.eye(product.shape[0])).abs().max()) < 1e-4


def test_eye_dirac_and_constants():
    assert nn.init.eye_(tg.empty(2, 2)).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    weight = nn.init.dirac_(tg.empty(4, 2, 3, 3), groups=2)
    x = tg.randn(1, 4, 5, 5)
    assert float((F.conv2d(x, weight, padding=1, groups=2) - x).abs().max()) < 1e-6
    assert nn.init.constant_(tg.empty(2), 3.0).tolist() == [3.0, 3.0]
    with pytest.raises(ValueError, match="2 dimensions"):
        nn.init.eye_(tg.empty(2))
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        nn.init.xavier_normal_(tg.empty(2))
    with pytest.raises(ValueError, match="Unsupported nonlinearity"):
        nn.init.calculate_gain("unheard-of")


# Layers ----------------------------------------------------------------------------------------


def test_no_composition_hides_behind_a_registry_op():
    from topograd.nn import composed, composed_activations

    twice = [n for n in composed.__all__ + composed_activations.__all__ if n in _C.nn_functions]
    assert not twice, f"these are registry ops now; delete their compositions: {twice}"


@pytest.mark.parametrize(
    "name",
    "celu elu hardsigmoid hardswish hardtanh leaky_relu mish relu relu6 selu silu".split(),
)
def test_in_place_activations_write_over_their_input_and_keep_the_gradient(name):
    function = getattr(F, name)
    gradients, outputs = [], []
    for inplace in (False, True):
        x = tg.tensor([-4.0, -1.0, 0.5, 2.0, 7.0], requires_grad=True)
        inner = x * 1
        y = function(inner, inplace=inplace)
        (y * y).sum().backward()
        gradients.append(x.grad.tolist())
        outputs.append((inner if inplace else y).tolist())
    assert outputs[0] == outputs[1]
    assert gradients[0] == gradients[1]


def test_pooling_gives_the_positions_too():
    x = tg.tensor([[[1.0, 3.0, 2.0, 0.0], [4.0, 0.0, 0.0, 9.0]]])
    values, positions = F.max_pool2d(x, 2, return_indices=True)
    assert values.tolist() == [[[4.0, 9.0]]]
    assert positions.tolist() == [[[4, 7]]]
    assert nn.MaxPool1d(2, return_indices=True)(x[0])[1].tolist() == [[1, 2], [0, 3]]


def test_batch_norm_keeps_running_statistics():
    x = tg.randn(50, 3) * 2 + 5
    norm = nn.BatchNorm1d(3, momentum=None)
    norm(x)
    norm(x + 1)
    assert int(norm.num_batches_tracked) == 2
    assert float((norm.running_mean - (x.mean(0) + 0.5)).abs().max()) < 1e-4
    assert float((norm.running_var - x.var(0)).abs().max()) < 1e-2
    norm.eval()
    before = norm.running_mean.clone()
    norm(x)
    assert norm.running_mean.tolist() == before.tolist()
    norm.reset_running_stats()
    assert int(norm.num_batches_tracked) == 0
    with pytest.raises(ValueError, match=r"expected 2D or 3D input \(got 4D input\)"):
        norm(tg.ones(1, 3, 2, 2))
    with pytest.raises(ValueError, match="expected 4D input"):
        nn.BatchNorm2d(3)(tg.ones(1, 3))


def test_dropout_drops_only_in_training():
    tg.manual_seed(0)
    x = tg.ones(10000)
    dropout = nn.Dropout(0.25)
    y = dropout(x)
    assert abs(float((y == 0).float().mean()) - 0.25) < 0.03
    assert abs(float(y.max()) - 4 / 3) < 1e-6
    assert dropout.eval()(x).tolist() == x.tolist()
    whole = nn.Dropout2d(0.5)(tg.ones(8, 8, 3, 3)).flatten(2)
    assert bool((whole.max(-1)[0] == whole.min(-1)[0]).all())
    with pytest.raises(ValueError, match="between 0 and 1"):
        nn.Dropout(1.5)


def test_batch_norm_of_an_empty_batch_is_empty_and_changes_no_statistics():
    for norm, shape in (
        (nn.BatchNorm1d(3), (0, 3)),
        (nn.BatchNorm2d(3, affine=False), (2, 3, 0, 4)),
    ):
        x = tg.ones(*shape, requires_grad=True)
        out = norm(x)
        assert tuple(out.shape) == shape
        out.sum().backward()
        assert tuple(x.grad.shape) == shape
        assert norm.running_mean.tolist() == [0.0] * 3
        assert norm.running_var.tolist() == [1.0] * 3


def test_embedding_padding_row_and_max_norm():
    table = nn.Embedding(5, 3, padding_idx=-1)
    assert table.padding_idx == 4
    assert table.weight[4].tolist() == [0.0, 0.0, 0.0]
    table(tg.tensor([4, 1])).sum().backward()
    assert table.weight.grad[4].tolist() == [0.0, 0.0, 0.0]
    assert table.weight.grad[1].tolist() == [1.0, 1.0, 1.0]
    bounded = nn.Embedding(3, 4, max_norm=1.0)
    with tg.no_grad():
        bounded.weight.fill_(10.0)
    bounded(tg.tensor([0]))
    norms = bounded.weight.norm(2, 1).tolist()
    assert abs(norms[0] - 1.0) < 1e-5
    assert norms[1] == 20.0
    frozen = nn.Embedding.from_pretrained(tg.ones(2, 2))
    assert not frozen.weight.requires_grad


def test_constructors_refuse_what_cannot_work():
    with pytest.raises(ValueError, match="in_channels must be divisible by groups"):
        nn.Conv2d(3, 4, 1, groups=2)
    with pytest.raises(ValueError, match="padding_mode must be one of"):
        nn.Conv2d(1, 1, 1, padding_mode="mirror")
    with pytest.raises(ValueError, match="not supported for strided"):
        nn.Conv2d(1, 1, 3, stride=2, padding="same")
    with pytest.raises(ValueError, match="divisible by num_heads"):
        nn.MultiheadAttention(5, 2)
    with pytest.raises(ValueError, match="divisible by num_groups"):
        nn.GroupNorm(2, 3)
    with pytest.raises(ValueError, match="padding_idx"):
        nn.Embedding(3, 2, padding_idx=3)


def test_attention_shapes_and_causality():
    attention = nn.MultiheadAttention(8, 2, batch_first=True).eval()
    x = tg.randn(2, 5, 8)
    output, weights = attention(x, x, x, is_causal=True)
    assert tuple(weights.shape) == (2, 5, 5)
    assert float(weights.detach().triu(1).abs().max()) == 0.0
    fast, nothing = attention(x, x, x, is_causal=True, need_weights=False)
    assert nothing is None
    assert float((fast - output).detach().abs().max()) < 1e-5
    with pytest.raises(ValueError, match="attn_mask must be of shape"):
        attention(x, x, x, attn_mask=tg.zeros(3, 3))
    with pytest.raises(ValueError, match="last axes"):
        attention(x, x, tg.ones(2, 5, 7))


# Utilities -------------------------------------------------------------------------------------


def test_clipping_by_norm_and_value():
    a = tg.zeros(2, requires_grad=True)
    b = tg.zeros(1, requires_grad=True)
    unused = tg.zeros(1, requires_grad=True)
    (a * tg.tensor([3.0, 0.0])).sum().backward()
    (b * 4).sum().backward()
    norm = nn.utils.clip_grad_norm_([a, b, unused], 1.0)
    assert abs(norm.item() - 5.0) < 1e-6
    assert abs(b.grad.item() - 0.8) < 1e-5
    assert nn.utils.clip_grad_norm_(iter([a, b]), 10.0).item() == pytest.approx(1.0, abs=1e-5)
    assert abs(b.grad.item() - 0.8) < 1e-5
    assert nn.utils.clip_grad_norm_([a, b], 10.0, norm_type=math.inf).item() == pytest.approx(0.8)
    nn.utils.clip_grad_value_([a, b], 0.5)
    assert b.grad.item() == 0.5
    b.grad = tg.full((1,), math.nan)
    with pytest.raises(RuntimeError, match="non-finite"):
        nn.utils.clip_grad_norm_([a, b], 1.0, error_if_nonfinite=True)
    assert nn.utils.clip_grad_norm_([unused], 1.0).item() == 0.0


def test_parameters_to_vector_and_back():
    net = nn.Linear(2, 3)
    vector = nn.utils.parameters_to_vector(net.parameters())
    assert tuple(vector.shape) == (9,)
    nn.utils.vector_to_parameters(tg.arange(9).float(), net.parameters())
    assert net.weight.tolist() == [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    with pytest.raises(ValueError, match="have 9 elements"):
        nn.utils.vector_to_parameters(tg.ones(8), net.parameters())
