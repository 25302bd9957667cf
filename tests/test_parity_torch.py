"""Every op with PyTorch's name gives PyTorch's value, dtype, shape and gradient."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import topograd as tg
from cases import CASES
from helpers import (
    FLOATING,
    INTEGRAL,
    Array,
    Call,
    arrays,
    assert_close,
    base_name,
    calls_of,
    is_floating,
    kind_of,
    leaves,
    public_function,
    quiet,
    tensor_of,
    tensors,
)
from oracles import WITHOUT_ORACLE
from parity import (
    assert_same_values,
    attempt,
    describe,
    floating,
    gradients,
    torch_call,
    torch_function,
)
from topograd._coverage import CONSTANTS

torch = pytest.importorskip("torch")

PUBLIC = [op for op in tg.ops() if not op.hidden and not op.inplace_only]
FUNCTIONS = {base_name(op): public_function(base_name(op)) for op in PUBLIC}
SHARED = sorted(name for name in FUNCTIONS if torch_function(name) and name not in WITHOUT_ORACLE)
KINDS = (*FLOATING, *INTEGRAL, "bool")

# Deliberate: a value where PyTorch has none.
OTHER_VALUES = {
    "gelu": "-inf gives 0, the limit, where PyTorch gives NaN",
}
# Networks of integers are of no use; PyTorch takes them for some units.
FLOATS_ALONE = ("rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell")
# PyTorch's half precision of these is complex32, which is not here.
WITHOUT_HALVES = ("complex", "polar", "view_as_complex")
# PyTorch rounds bytes after each dim.
BYTES_ROUNDED_ONCE = ("interpolate",)
# A loss of integers has no gradient; PyTorch takes them in some losses only.
WITHOUT_INTEGERS = (
    "cosine_embedding_loss", "hinge_embedding_loss", "margin_ranking_loss", "poisson_nll_loss",
    "smooth_l1_loss",
)  # fmt: skip
OTHER_GRADIENTS = {
    "histogram": "PyTorch tracks the counts and then says that they have no derivative",
    "digamma": "PyTorch's polygamma of order 1 has nine digits",
    "polygamma": "as digamma, at order 0",
    "hardsigmoid": "PyTorch divides by 6 in single precision",
    "celu": "PyTorch rounds alpha to single precision",
    "ctc_loss": "PyTorch's holds behind log_softmax only (test_parity_losses.py)",
    "as_strided_scatter": "PyTorch gives input the gradient where src is written, not elsewhere",
}


def independent_calls(name: str) -> list[Call]:
    """Return the calls of cases.py and the registry's samples."""
    written = [
        Call(name, FUNCTIONS[name], tensors(args), tensors(kwargs))
        for args, kwargs in CASES.get(name, [])
    ]
    sampled = [call for op in PUBLIC if base_name(op) == name for call in calls_of(op)]
    return written + sampled


def assert_parity(call: Call, factor: float = 4.0) -> bool:
    """Compare value, dtype, shape; return False where PyTorch refuses the call."""
    other = torch_call(call)
    with quiet():
        expected, refused = attempt(other.copied())
    if refused is not None:
        return False
    result = call.copied()()
    assert describe(result) == describe(expected)
    assert_same_values(call.name, result, expected, factor)
    return True


@pytest.mark.parametrize("name", SHARED)
def test_value_dtype_and_shape_are_torchs(name: str) -> None:
    compared = [assert_parity(call) for call in independent_calls(name)]
    assert any(compared), f"PyTorch refuses every call of {name}"


def with_gradients(call: Call) -> tuple[Call, list[Any]]:
    """Return the call with its differentiable tensors requiring gradients, and those."""
    positions = set(call.differentiable())
    inputs = [
        tensor.requires_grad_() if place in positions else tensor
        for place, tensor in enumerate(call.copied().tensors)
    ]
    return call.with_tensors(inputs), [inputs[place] for place in sorted(positions)]


def all_finite(*values: Any) -> bool:
    """Tell whether nothing is NaN or infinite: slopes there are conventions."""
    arrays_found = [np.asarray(array) for array in leaves(arrays(values))]
    return all(a.dtype.kind != "f" or bool(np.isfinite(a).all()) for a in arrays_found)


def assert_gradient_parity(call: Call, rng: np.random.Generator, kind: str = "float64") -> None:
    """Compare the gradients of a random weighted sum of all floating outputs, IEEE rules on."""
    own, own_inputs = with_gradients(call)
    other, other_inputs = with_gradients(torch_call(call))
    with quiet():
        expected, refused = attempt(other)
    if refused is not None or not own_inputs or not all_finite(own.tensors, expected):
        return
    result = own()
    weights = [rng.standard_normal(tuple(t.shape)) for t in floating(expected)]
    own_tracked = [tensor.requires_grad for tensor in floating(result)]
    assert own_tracked == [tensor.requires_grad for tensor in floating(expected)]
    with quiet():
        theirs, refused = attempt(gradients, torch, expected, other_inputs, weights)
    if refused is None:
        with tg.autograd.strict_ieee():
            assert_close(gradients(tg, result, own_inputs, weights), theirs, kind, 8)


@pytest.mark.parametrize("name", SHARED)
def test_gradient_is_torchs(name: str, rng: np.random.Generator) -> None:
    if name in OTHER_GRADIENTS:
        pytest.skip(OTHER_GRADIENTS[name])
    for call in independent_calls(name):
        if base_name(name) not in ("detach",):
            assert_gradient_parity(call, rng)


def cast_floats(call: Call, kind: str) -> Call:
    """Return the call with its floating tensors in another dtype, scaled to what it can hold."""

    def cast(array: Array) -> Any:
        if array.dtype.kind != "f":
            return tensor_of(array)
        if kind in FLOATING:
            return tensor_of(array, kind)
        whole = np.rint(np.nan_to_num(array, posinf=1, neginf=-1)).clip(-4, 4)
        return tensor_of(np.abs(whole) if kind in ("uint8", "bool") else whole, kind)

    return call.with_tensors([cast(array) for array in call.arrays])


@pytest.mark.parametrize("name", SHARED)
def test_every_dtype_that_torch_accepts_is_accepted_and_gives_the_same(name: str) -> None:
    """Half precision is compared with its own rounding; PyTorch rounds intermediate steps too."""
    for call, kind in itertools.product(independent_calls(name), KINDS):
        if name in OTHER_VALUES and not all_finite(call.tensors):
            continue
        if name in WITHOUT_HALVES and kind == "float16":
            continue
        if name in FLOATS_ALONE and kind not in FLOATING:
            continue
        if name in BYTES_ROUNDED_ONCE and kind == "uint8":
            continue
        if name in WITHOUT_INTEGERS and kind not in FLOATING:
            continue
        if any(is_floating(tensor) for tensor in call.tensors) and all(
            tensor.numel() for tensor in call.tensors
        ):
            try:
                assert_parity(cast_floats(call, kind), factor=16)
            except Exception as error:
                raise AssertionError(f"{name} on {kind}: {error}") from error


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("name", SHARED)
def test_gradient_has_torchs_dtype(name: str, kind: str) -> None:
    for call in independent_calls(name)[:3]:
        own, own_inputs = with_gradients(cast_floats(call, kind))
        other, other_inputs = with_gradients(torch_call(cast_floats(call, kind)))
        with quiet():
            expected, refused = attempt(other)
        if refused is None:
            tracked = [t for t in floating(expected) if t.requires_grad]
            if tracked and own_inputs:
                attempt(torch.autograd.backward, tracked, [torch.ones_like(t) for t in tracked])
                mine = [t for t in floating(own()) if t.requires_grad]
                tg.autograd.backward(mine, [tg.ones_like(t) for t in mine])
                for one, two in zip(own_inputs, other_inputs, strict=True):
                    if two.grad is not None:
                        assert one.grad is not None
                        assert kind_of(one.grad) == kind_of(two.grad)


BROADCASTING = sorted(
    set(SHARED)
    & set(
        """add sub mul div floor_divide remainder pow maximum minimum eq ne lt le gt ge logical_and
        logical_or logical_xor atan2 where""".split()
    )
)


def random_shape(rng: np.random.Generator) -> tuple[int, ...]:
    """Return a shape of up to four axes with sizes 0 to 4, small sizes more often."""
    return tuple(int(rng.choice([0, 1, 1, 2, 3, 4])) for _ in range(rng.integers(0, 5)))


def broadcastable(shape: tuple[int, ...], rng: np.random.Generator) -> tuple[int, ...]:
    """Return a shape that broadcasts with `shape`: axes dropped in front or set to 1."""
    kept = shape[int(rng.integers(0, len(shape) + 1)) :]
    return tuple(size if rng.random() < 0.6 else 1 for size in kept)


@pytest.mark.parametrize("name", BROADCASTING)
def test_random_shapes_dtypes_and_broadcasts_agree_with_torch(
    name: str, rng: np.random.Generator
) -> None:
    for _ in range(60):
        shape = random_shape(rng)
        values = [rng.uniform(0.5, 4, s) for s in (shape, broadcastable(shape, rng))]
        kinds = [str(rng.choice(KINDS)) for _ in values]
        inputs = [tensor_of(np.ceil(a), k) for a, k in zip(values, kinds, strict=True)]
        if rng.random() < 0.3:
            inputs.reverse()
        if name == "where":
            inputs.insert(0, tensor_of(rng.random(shape) < 0.5))
        call = Call(name, FUNCTIONS[name], tuple(inputs), {})
        assert_parity(call, factor=2)
        assert_gradient_parity(cast_floats(call, "float64"), rng)


def operands(library: Any, kind: str) -> list[tuple[str, Any]]:
    """Return a tensor with axes and a 0-d tensor of the dtype."""
    dtype = getattr(library, kind)
    return [("tensor", library.ones(2).to(dtype)), ("0-d", library.ones(()).to(dtype))]


@pytest.mark.parametrize("name", ["add", "mul", "div", "pow", "maximum", "eq", "where", "cat"])
def test_promotion_table_is_torchs(name: str) -> None:
    """Every pair of {tensor, 0-d tensor of each dtype} and Python number, both orders."""
    table = []
    for library in (tg, torch):
        choices = [(kind, *pair) for kind in KINDS for pair in operands(library, kind)]
        if name not in ("cat", "maximum"):
            choices += [(type(v).__name__, "number", v) for v in (True, 2, 2.0)]
        row = {}
        for (k1, s1, a), (k2, s2, b) in itertools.product(choices, choices):
            if s1 == s2 == "number" or (name == "cat" and "0-d" in (s1, s2)):
                continue
            function = library.where if name == "where" else getattr(library, name)
            args = [library.ones(2).to(library.bool), a, b] if name == "where" else [a, b]
            result, error = attempt(function, *([args] if name == "cat" else args))
            row[k1, s1, k2, s2] = "error" if error else describe(result)
        table.append(row)
    different = {key: (own, table[1][key]) for key, own in table[0].items() if own != table[1][key]}
    accepted = {key: pair for key, pair in different.items() if pair[1] != "error"}
    assert not accepted, f"(own, PyTorch's): {accepted}"


@pytest.mark.parametrize(
    "name", ["sum", "mean", "prod", "cumsum", "cumprod", "std", "norm", "softmax", "argmax", "any"]
)
def test_result_dtype_of_reductions_is_torchs(name: str) -> None:
    for kind in KINDS:
        arguments = (0,) if name in ("cumsum", "cumprod", "softmax") else ()
        own = Call(name, public_function(name), (tensor_of(np.ones(3), kind), *arguments), {})
        expected, refused = attempt(torch_call(own))
        if refused is None:
            assert describe(own()) == describe(expected), kind


def test_operators_follow_torch_with_numbers_on_either_side() -> None:
    import operator

    functions = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv]
    functions += [operator.mod, operator.pow, operator.eq, operator.lt, operator.ge]
    for function, kind, number in itertools.product(functions, KINDS, (True, 3, 2.5)):
        for flipped in (False, True):
            pair = []
            for library in (tg, torch):
                tensor = tensor_of(np.array([1.0, 2.0, 3.0]), kind, library)
                arguments = (number, tensor) if flipped else (tensor, number)
                pair.append(attempt(function, *arguments))
            (own, own_error), (expected, refused) = pair
            if refused is None:
                assert own_error is None, f"{function.__name__} on {kind}, {number}: {own_error}"
                assert describe(own) == describe(expected)
                assert_close(own, expected, kind if kind in FLOATING else "float32", 4)


def test_ops_that_torch_has_as_methods_are_methods() -> None:
    missing = [
        str(op)
        for op in PUBLIC
        if hasattr(torch.Tensor, base_name(op)) and not hasattr(tg.Tensor, base_name(op))
    ]
    assert not missing


def test_in_place_methods_of_torch_exist() -> None:
    names = sorted({base_name(op) for op in PUBLIC})
    missing = [
        name + "_"
        for name in names
        if hasattr(torch.Tensor, name + "_") and not hasattr(tg.Tensor, name + "_")
    ]
    assert not missing


def test_constant_inputs_are_keywords_of_their_op() -> None:
    assert all(name in FUNCTIONS for name in CONSTANTS)
    assert list(leaves({"a": [1, (2,)]})) == [1, 2]
