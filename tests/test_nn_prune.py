"""Pruning beside PyTorch: the same masks, names, and results."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import topograd as tg
from test_parity_module import data, filled, numbers
from topograd import nn
from topograd.nn.utils import prune

torch = pytest.importorskip("torch")
pytest.importorskip("torch.nn.utils.prune")


def layer_of(lib: Any) -> Any:
    return filled(lib, lib.nn.Linear(5, 4))


def unstructured(lib: Any) -> Any:
    p, layer = lib.nn.utils.prune, layer_of(lib)
    weight = layer.weight
    found = [p.is_pruned(layer), p.l1_unstructured(layer, "weight", 3) is layer]
    found += [p.is_pruned(layer), layer.weight, list(layer.state_dict()), layer(data(lib, 2, 5))]
    found += [layer.weight_orig is weight, [name for name, _ in layer.named_parameters()]]
    p.l1_unstructured(layer, "weight", 0.25)
    p.l1_unstructured(layer, "bias", 1)
    found += [layer.weight, layer.bias, layer.weight_mask]
    p.remove(layer, "weight")
    found += [layer.weight, layer.weight is weight, list(layer.state_dict()), p.is_pruned(layer)]
    p.remove(layer, "bias")
    return [*found, p.is_pruned(lib.nn.Sequential(layer)), layer(data(lib, 2, 5))]


def structured(lib: Any) -> Any:
    p, found = lib.nn.utils.prune, []
    for order in (1, 2, float("inf"), "fro"):
        for dim in (0, 1, -1):
            layer = layer_of(lib)
            p.ln_structured(layer, "weight", 1, n=order, dim=dim)
            found.append(layer.weight_mask)
            p.ln_structured(layer, "weight", 0.5, n=order, dim=dim)
            p.l1_unstructured(layer, "weight", 2)
            found.append(layer.weight)
    return found


def by_scores(lib: Any) -> Any:
    p, layer = lib.nn.utils.prune, layer_of(lib)
    p.l1_unstructured(layer, "weight", 4, importance_scores=data(lib, 4, 5))
    found = [layer.weight_mask]
    p.ln_structured(layer, "weight", 1, 2, 0, importance_scores=data(lib, 4, 5))
    found.append(layer.weight_mask)
    with pytest.raises((ValueError, AssertionError), match="should have the same shape"):
        p.l1_unstructured(layer, "weight", 4, importance_scores=data(lib, 3))
    method = p.L1Unstructured(amount=2)
    found += [method.prune(data(lib, 6)), method.prune(data(lib, 6), default_mask=lib.ones(6))]
    return found


def everywhere(lib: Any) -> Any:
    p = lib.nn.utils.prune
    net = filled(lib, lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.Linear(4, 2)))
    with lib.no_grad():
        net[1].weight.mul_(1.03)  # no ties
    pairs = [(net[0], "weight"), (net[1], "weight")]
    p.global_unstructured(pairs, pruning_method=p.L1Unstructured, amount=0.4)
    found = [net[0].weight, net[1].weight]
    p.global_unstructured(pairs, pruning_method=p.L1Unstructured, amount=3)
    found += [net[0].weight_mask, net[1].weight_mask]
    scores = {(net[0], "weight"): lib.ones(4, 3) * 9}
    p.global_unstructured(pairs, p.L1Unstructured, importance_scores=scores, amount=4)
    found += [net[0].weight_mask, net[1].weight_mask]
    with pytest.raises(TypeError, match='Only "unstructured" PRUNING_TYPE'):
        p.global_unstructured(pairs, p.LnStructured, amount=1, n=2)
    return found


def own_masks(lib: Any) -> Any:
    p, layer = lib.nn.utils.prune, layer_of(lib)
    p.identity(layer, "weight")
    found = [layer.weight]
    mask = (data(lib, 4, 5) > 0).float()
    p.custom_from_mask(layer, "weight", mask)
    found.append(layer.weight)

    class EveryOther(p.BasePruningMethod):
        PRUNING_TYPE = "unstructured"

        def compute_mask(self, t: Any, default_mask: Any) -> Any:
            mask = default_mask.clone()
            mask.view(-1)[::2] = 0
            return mask

    EveryOther.apply(layer, "bias")
    EveryOther.apply(layer, "bias")
    found += [layer.bias]
    container = p.PruningContainer()
    container._tensor_name = "x"
    other = p.L1Unstructured(1)
    other._tensor_name = "y"
    with pytest.raises(ValueError, match="Can only add pruning methods acting on"):
        container.add_pruning_method(other)
    with pytest.raises(TypeError, match="is not a BasePruningMethod subclass"):
        container.add_pruning_method(3)
    return [*found, len(container)]


def refused(lib: Any) -> Any:
    p = lib.nn.utils.prune
    for attempt, error in (
        (lambda: p.l1_unstructured(layer_of(lib), "weight", 99), ValueError),
        (lambda: p.l1_unstructured(layer_of(lib), "weight", 1.5), ValueError),
        (lambda: p.l1_unstructured(layer_of(lib), "weight", -1), ValueError),
        (lambda: p.l1_unstructured(layer_of(lib), "weight", "a"), TypeError),
        (lambda: p.random_structured(layer_of(lib), "bias", 1, 0), ValueError),
        (lambda: p.random_structured(layer_of(lib), "weight", 1, 5), IndexError),
        (lambda: p.remove(layer_of(lib), "weight"), ValueError),
    ):
        with pytest.raises(error):
            attempt()
    return True


@pytest.mark.parametrize(
    "scenario", [unstructured, structured, by_scores, everywhere, own_masks, refused]
)
def test_pruning_is_pytorchs(scenario: Any) -> None:
    assert numbers(scenario(tg)) == numbers(scenario(torch))


def test_random_pruning_takes_the_number_asked_for() -> None:
    layer = nn.Linear(20, 30)
    prune.random_unstructured(layer, "weight", 0.25)
    assert int((layer.weight_mask == 0).sum()) == 150
    prune.random_unstructured(layer, "weight", 50)
    assert int((layer.weight_mask == 0).sum()) == 200
    prune.random_structured(layer, "weight", 4, dim=0)
    assert int((layer.weight_mask == 0).all(1).sum()) >= 4
    masks = {
        tuple(prune.random_unstructured(nn.Linear(20, 1), "weight", 9).weight_mask[0].tolist())
        for _ in range(5)
    }
    assert len(masks) > 1


def test_only_what_is_left_is_trained_and_copies_keep_the_mask() -> None:
    layer = prune.l1_unstructured(nn.Linear(4, 3), "weight", 5)
    layer(tg.ones(2, 4)).sum().backward()
    gradient = np.array(layer.weight_orig.grad.numpy())
    assert ((gradient == 0) == (layer.weight_mask.numpy() == 0)).all()
    layer.weight = layer.weight.detach()  # the product has a history, which can not be copied
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):  # noqa: S301
        assert prune.is_pruned(other)
        assert tg.equal(other(tg.ones(2, 4)), layer(tg.ones(2, 4)))
