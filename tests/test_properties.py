"""Properties over random shapes (sizes 0 and 1 among them), strides and broadcasts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import topograd as tg
from helpers import array_of, assert_close, tensor_of

# Derandomised: a failure belongs to a change of the library and not to the luck of a run.
settings.register_profile(
    "topograd",
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("topograd")

SHAPES = st.lists(st.sampled_from([0, 1, 1, 2, 3, 5]), max_size=4).map(tuple)
SEEDS = st.integers(0, 2**32 - 1)


def numbers(shape: tuple[int, ...], seed: int) -> Any:
    """Return standard normal float64 numbers."""
    return np.asarray(np.random.default_rng(seed).standard_normal(shape))


@st.composite
def strided(draw: st.DrawFn, shape: tuple[int, ...] | None = None) -> tuple[Any, Any]:
    """Draw a tensor that is a random view of a larger buffer, with its values as an array."""
    wanted = draw(SHAPES) if shape is None else shape
    order = draw(st.permutations(range(len(wanted))))
    steps = [draw(st.integers(1, 3)) for _ in wanted]
    starts = [draw(st.integers(0, 2)) for _ in wanted]
    sizes = [start + size * step for start, size, step in zip(starts, wanted, steps, strict=True)]
    buffer = numbers(tuple(sizes[axis] for axis in order), draw(SEEDS))
    inverse = np.argsort(order).tolist()
    cut = tuple(
        slice(start, start + size * step, step)
        for start, size, step in zip(starts, wanted, steps, strict=True)
    )
    tensor = tensor_of(buffer).permute(inverse)[cut] if wanted else tensor_of(buffer)
    return tensor, (buffer.transpose(inverse)[cut] if wanted else buffer)


@st.composite
def broadcast_pair(draw: st.DrawFn) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Draw two strided tensors whose shapes broadcast."""
    shape = draw(SHAPES)
    shapes = []
    for _ in range(2):
        dropped = draw(st.integers(0, len(shape)))
        shapes.append(tuple(1 if draw(st.booleans()) else size for size in shape[dropped:]))
    return draw(strided(shapes[0])), draw(strided(shapes[1]))


@given(broadcast_pair(), st.sampled_from(["add", "sub", "mul", "maximum", "minimum", "lt", "eq"]))
def test_binary_ops_broadcast_like_numpy(pair: Any, name: str) -> None:
    (left, left_array), (right, right_array) = pair
    names = {"sub": "subtract", "mul": "multiply", "lt": "less", "eq": "equal"}
    expected = getattr(np, names.get(name, name))(left_array, right_array)
    assert np.array_equal(array_of(getattr(tg, name)(left, right)), expected)


@given(broadcast_pair())
def test_gradients_of_broadcasts_are_sums_over_the_stretched_axes(pair: Any) -> None:
    (left, left_array), (right, right_array) = pair
    left, right = left.detach().requires_grad_(), right.detach().requires_grad_()
    (left * right).sum().backward()
    stretched = np.broadcast_shapes(left_array.shape, right_array.shape)
    for tensor, other in ((left, right_array), (right, left_array)):
        product = np.broadcast_to(other, stretched)
        lead = product.ndim - tensor.dim()
        summed = product.sum(axis=tuple(range(lead)))
        axes = tuple(i for i, size in enumerate(tensor.shape) if size == 1)
        assert_close(tensor.grad, summed.sum(axis=axes, keepdims=True))


@given(strided(), st.data())
def test_reductions_over_any_axes_agree_with_numpy(pair: Any, data: st.DataObject) -> None:
    tensor, array = pair
    axes = data.draw(st.sets(st.integers(0, max(array.ndim - 1, 0)), max_size=array.ndim))
    keepdim = data.draw(st.booleans())
    chosen = tuple(axes) if array.ndim and axes else None
    for name in ("sum", "prod", "amax", "mean"):
        if array.size == 0 and name in ("amax", "mean"):
            continue
        if name == "prod" and (chosen is None or len(chosen) != 1):
            continue
        dim = chosen[0] if name == "prod" and chosen else chosen
        arguments = (dim, keepdim) if dim is not None else ()
        result = getattr(tensor, name)(*arguments)
        expected = getattr(np, name)(array, axis=dim, keepdims=keepdim and dim is not None)
        assert_close(result, expected)


@given(strided(), st.data())
def test_movement_ops_keep_elements_where_numpy_has_them(pair: Any, data: st.DataObject) -> None:
    tensor, array = pair
    order = data.draw(st.permutations(range(array.ndim)))
    assert np.array_equal(array_of(tensor.permute(order)), array.transpose(order))
    assert np.array_equal(array_of(tensor.reshape(-1)), array.reshape(-1))
    assert np.array_equal(array_of(tensor.contiguous()), array)
    assert np.array_equal(array_of(tensor.clone()), array)
    if array.ndim:
        axes = data.draw(st.sets(st.integers(0, array.ndim - 1)))
        assert np.array_equal(array_of(tensor.flip(tuple(axes))), np.flip(array, tuple(axes)))
        axis, shift = data.draw(st.integers(0, array.ndim - 1)), data.draw(st.integers(-7, 7))
        assert np.array_equal(array_of(tensor.roll(shift, axis)), np.roll(array, shift, axis))
        assert np.array_equal(array_of(tensor.cumsum(axis)), array.cumsum(axis)) or np.allclose(
            array_of(tensor.cumsum(axis)), array.cumsum(axis)
        )


@given(strided())
def test_round_trip_through_numpy_keeps_values_and_strides(pair: Any) -> None:
    tensor, array = pair
    view = tensor.numpy()
    assert np.array_equal(view, array)
    back = tg.from_numpy(view)
    assert back.shape == tensor.shape
    if array.size > 1:
        assert all(
            own == other
            for own, other, size in zip(back.stride(), tensor.stride(), array.shape, strict=True)
            if size > 1
        )


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 6), st.data())
def test_matmul_takes_any_strides(rows: int, inner: int, columns: int, data: Any) -> None:
    (left, left_array) = data.draw(strided((rows, inner)))
    (right, right_array) = data.draw(strided((inner, columns)))
    assert_close(left @ right, left_array @ right_array)
    assert_close(right.t() @ left.t(), (left_array @ right_array).T)


@given(strided(), st.sampled_from(["exp", "tanh", "sigmoid", "relu", "abs", "sin"]))
def test_unary_ops_take_any_strides(pair: Any, name: str) -> None:
    tensor, array = pair
    straight = tensor_of(array)
    assert_close(getattr(tg, name)(tensor), getattr(tg, name)(straight))
    leaf = tensor.detach().requires_grad_()
    reference = straight.requires_grad_()
    getattr(tg, name)(leaf).sum().backward()
    getattr(tg, name)(reference).sum().backward()
    assert_close(leaf.grad, reference.grad)


@given(strided(), st.data())
def test_softmax_rows_are_distributions(pair: Any, data: st.DataObject) -> None:
    tensor, array = pair
    if array.ndim == 0 or array.size == 0:
        return
    axis = data.draw(st.integers(-array.ndim, array.ndim - 1))
    result = (tensor * 50).softmax(axis)
    np.testing.assert_allclose(array_of(result.sum(axis)), 1.0, rtol=1e-12)
    assert (array_of(result) >= 0).all()
    assert_close((tensor * 50).log_softmax(axis).exp(), result, factor=100)


@given(strided(), st.data())
def test_split_and_cat_are_inverse(pair: Any, data: st.DataObject) -> None:
    tensor, array = pair
    if array.ndim == 0:
        return
    axis = data.draw(st.integers(0, array.ndim - 1))
    size = data.draw(st.integers(1, 4))
    pieces = tensor.split(size, axis)
    if array.shape[axis]:
        assert np.array_equal(array_of(tg.cat(pieces, axis)), array)
    assert np.array_equal(array_of(tg.stack([tensor, tensor], axis).select(axis, 1)), array)


@given(strided(), st.data())
def test_sort_is_ordered_and_its_indices_point_at_its_values(
    pair: Any, data: st.DataObject
) -> None:
    tensor, array = pair
    if array.ndim == 0:
        return
    axis = data.draw(st.integers(0, array.ndim - 1))
    values, indices = tensor.sort(axis)
    assert np.array_equal(array_of(values), np.sort(array, axis))
    assert np.array_equal(array_of(tensor.gather(axis, indices)), array_of(values))


@given(SHAPES, st.data())
def test_writing_through_a_random_view_writes_the_base_only_there(
    shape: tuple[int, ...], data: st.DataObject
) -> None:
    base = np.zeros(shape)
    cut = tuple(
        slice(data.draw(st.integers(0, size)), data.draw(st.integers(0, size)), 1) for size in shape
    )
    tensor = tensor_of(base)
    tensor[cut] = 1.0
    base[cut] = 1.0
    assert np.array_equal(array_of(tensor), base)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 8), st.integers(1, 8), st.data())
def test_convolution_agrees_with_its_definition(
    batch: int, channels: int, height: int, width: int, data: st.DataObject
) -> None:
    from oracles import ORACLES

    kernel = (data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3)))
    options = {
        "stride": data.draw(st.integers(1, 3)),
        "padding": data.draw(st.integers(0, 2)),
        "dilation": data.draw(st.integers(1, 2)),
    }
    reach = [options["dilation"] * (k - 1) + 1 for k in kernel]
    if any(
        size + 2 * options["padding"] < r for size, r in zip((height, width), reach, strict=True)
    ):
        return
    image = numbers((batch, channels, height, width), data.draw(SEEDS))
    weight = numbers((2, channels, *kernel), data.draw(SEEDS))
    result = tg.nn.functional.conv2d(tensor_of(image), tensor_of(weight), **options)
    assert_close(result, ORACLES["conv2d"](image, weight, **options))


@pytest.mark.parametrize("kind", ["float32", "int64", "bool"])
@given(shape=SHAPES)
def test_every_shape_can_be_made_printed_and_listed(shape: tuple[int, ...], kind: str) -> None:
    tensor = tg.ones(shape, dtype=getattr(tg, kind))
    assert tuple(tensor.shape) == shape
    assert tensor.numel() == int(np.prod(shape))
    assert tensor.tolist() == np.ones(shape, kind).tolist()
    assert repr(tensor).startswith("tensor(")
