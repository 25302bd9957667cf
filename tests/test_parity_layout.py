"""The order of dims in memory, views of another dtype, results for no elements and the dtype of
`out=` are PyTorch's. One line is one case; `T` is either library, `F` its nn.functional.
"""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest

import topograd as tg

torch = pytest.importorskip("torch")

LIBRARIES = ((tg, tg.nn.functional), (torch, torch.nn.functional))


def image(T: Any, *shape: int, kind: str = "float32") -> Any:
    """Return values with their channels innermost in memory."""
    values = np.sin(np.arange(math.prod(shape), dtype=np.float64) * 7).reshape(shape)
    form = T.channels_last if len(shape) == 4 else T.channels_last_3d
    return T.from_numpy(values).to(getattr(T, kind)).contiguous(memory_format=form)


def plain(T: Any, *shape: int) -> Any:
    """Return the same values, row-major."""
    return image(T, *shape).contiguous()


def pickled(x: Any) -> Any:
    """Return what is read from a pickle."""
    return pickle.loads(pickle.dumps(x))  # noqa: S301


def gradient(T: Any, function: Any, *inputs: Any) -> Any:
    """Return the gradients of the sum of squares."""
    leaves = [x.requires_grad_() for x in inputs]
    return T.autograd.grad(function(*leaves).square().sum(), leaves)


X, X3 = (2, 3, 6, 8), (2, 3, 4, 6, 8)
FORMATS = {
    "conv2d": lambda T, F: F.conv2d(image(T, *X), plain(T, 5, 3, 3, 3), padding=1),
    "conv2d of one pixel": lambda T, F: F.conv2d(image(T, *X), plain(T, 5, 3, 1, 1)),
    "conv2d in groups": lambda T, F: F.conv2d(image(T, *X), plain(T, 3, 1, 3, 3), groups=3),
    "conv2d in bfloat16": lambda T, F: F.conv2d(
        image(T, *X, kind="bfloat16"), plain(T, 3, 3, 2, 2).to(T.bfloat16)
    ),
    "conv2d by the weight": lambda T, F: F.conv2d(plain(T, *X), image(T, 5, 3, 3, 3)),
    "conv2d without a batch": lambda T, F: F.conv2d(image(T, *X)[0], plain(T, 5, 3, 3, 3)),
    "conv3d": lambda T, F: F.conv3d(image(T, *X3), plain(T, 5, 3, 3, 3, 3)),
    "max_pool2d": lambda T, F: F.max_pool2d(image(T, *X), 2),
    "max_pool3d": lambda T, F: F.max_pool3d(image(T, *X3), 2),
    "avg_pool2d": lambda T, F: F.avg_pool2d(image(T, *X), 2),
    "avg_pool2d of a row": lambda T, F: F.avg_pool2d(image(T, 2, 3, 6, 1), 1),
    "avg_pool2d of one channel": lambda T, F: F.avg_pool2d(image(T, 2, 1, 6, 8), 2),
    "adaptive_avg_pool2d": lambda T, F: F.adaptive_avg_pool2d(image(T, *X), 2),
    "batch_norm": lambda T, F: F.batch_norm(image(T, *X), None, None, training=True),
    "batch_norm later": lambda T, F: F.batch_norm(image(T, *X), T.zeros(3), T.ones(3)),
    "batch_norm in 3d": lambda T, F: F.batch_norm(image(T, *X3), None, None, training=True),
    "dropout of nothing": lambda T, F: F.dropout(image(T, *X), 1.0),
    "pad": lambda T, F: F.pad(image(T, *X), (1, 1, 0, 2)),
    "pad by reflection": lambda T, F: F.pad(image(T, *X), (1, 1, 1, 1), mode="reflect"),
    "pad by the edge": lambda T, F: F.pad(image(T, *X3), (1, 1, 1, 1, 1, 1), mode="replicate"),
    "cat along channels": lambda T, F: T.cat([image(T, *X), image(T, *X)], 1),
    "cat along the batch": lambda T, F: T.cat([image(T, *X), image(T, *X)]),
    "cat of two dtypes": lambda T, F: T.cat([image(T, *X), image(T, *X).double()], 1),
    "cat of two orders": lambda T, F: T.cat([image(T, *X), plain(T, *X)], 1),
    "cat in 3d": lambda T, F: T.cat([image(T, *X3), image(T, *X3)], -1),
    "stack": lambda T, F: [T.stack([image(T, *X), image(T, *X)], d) for d in range(5)],
    "flip": lambda T, F: [image(T, *X).flip(2), plain(T, 3, 4, 1, 1)[:, :, 0, 0].t().flip(0)],
    "roll": lambda T, F: image(T, *X).roll(1, 2),
    "sort": lambda T, F: list(T.sort(image(T, *X), 1)),
    "deepcopy": lambda T, F: copy.deepcopy(image(T, *X)),
    "pickle": lambda T, F: pickled(image(T, *X)),
    "pickle of one channel": lambda T, F: pickled(image(T, 2, 1, 6, 8)),
    "gradients of conv2d": lambda T, F: gradient(
        T, F.conv2d, image(T, *X), plain(T, 4, 3, 3, 3)
    ),
    "gradient of max_pool2d": lambda T, F: gradient(
        T, lambda x: F.max_pool2d(x, 2), image(T, *X)
    ),
    "gradient of avg_pool2d": lambda T, F: gradient(
        T, lambda x: F.avg_pool2d(x, 2), image(T, *X)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_channels_stay_innermost_where_pytorch_keeps_them(name: str) -> None:
    ours, theirs = (
        [r] if hasattr(r := FORMATS[name](T, F), "stride") else list(r) for T, F in LIBRARIES
    )
    for own, other in zip(ours, theirs, strict=True):
        assert own.stride() == other.stride()
        np.testing.assert_allclose(
            own.detach().double().numpy(), other.detach().double().numpy(), rtol=2e-3, atol=1e-4
        )


@pytest.mark.parametrize("training", [False, True])
def test_gradients_do_not_depend_on_the_order_of_dims(training: bool) -> None:
    F = tg.nn.functional

    def network(x: Any, weight: Any) -> Any:
        y = F.conv2d(F.pad(x, (1, 1, 1, 1)), weight, padding=1)
        y = F.batch_norm(y, tg.zeros(4).double(), tg.ones(4).double(), training=training)
        return F.max_pool2d(tg.cat([y, y.flip(3)], 1).cos(), 2) + F.avg_pool2d(y, 2).repeat(
            1, 2, 1, 1
        )

    found = []
    for make in (image, plain):
        x, weight = make(tg, *X).double(), make(tg, 4, 3, 3, 3).double()
        found.append(gradient(tg, network, x, weight))
    for one, other in zip(*found, strict=True):
        tg.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


def filled(T: Any, *shape: int, wrap: bool = False, kind: str = "float32") -> Any:
    return T.zeros(shape, dtype=getattr(T, kind)).fill_diagonal_(2.5, wrap)


def through(T: Any, write: Any) -> Any:
    base = T.ones(2, 2)
    write(base.view(T.int32))
    return base


VALUES = {
    "view as another dtype": lambda T: T.ones(2, 4).view(T.int32),
    "view as a smaller dtype": lambda T: T.ones(2, 4).view(T.int16),
    "view as a larger dtype": lambda T: T.ones(2, 4).view(T.float64),
    "view as complex": lambda T: T.arange(4.0).view(T.complex64),
    "view of complex": lambda T: T.tensor([1 + 2j]).view(T.float32),
    "view by name": lambda T: T.ones(3).view(dtype=T.int32),
    "view of one number": lambda T: T.ones(()).view(T.int32),
    "view of nothing": lambda T: [T.ones(0).view(T.int16), T.ones(0).view(T.float64)],
    "view of bools": lambda T: T.tensor([0, 1], dtype=T.uint8).view(T.bool),
    "view of turned dims": lambda T: [
        T.ones(2, 3, 4).transpose(0, 1).view(T.float64),
        T.ones(2, 3, 4).transpose(0, 1).view(T.int16),
        T.ones(2, 3, 4).transpose(0, 2).view(T.int32),
    ],
    "view of a part": lambda T: T.arange(8.0)[2:6].view(T.float64),
    "view shares memory": lambda T: through(T, lambda view: view.fill_(0)),
    "view is no part of a graph": lambda T: [
        T.ones(2, requires_grad=True).view(kind).requires_grad
        for kind in (T.int32, T.float32, T.complex64)
    ],
    "diagonals filled": lambda T: [
        filled(T, *shape) for shape in ((3, 3), (2, 4), (4, 2), (3, 3, 3), (0, 3))
    ],
    "diagonals wrapped": lambda T: [
        filled(T, *shape, wrap=True) for shape in ((7, 3), (3, 7), (8, 3), (4, 3), (9, 1))
    ],
    "diagonals of integers": lambda T: filled(T, 2, 2, kind="int64"),
    "diagonal of turned dims": lambda T: T.zeros(2, 3).t().fill_diagonal_(1.0),
    "no blocks": lambda T: [T.block_diag(), T.block_diag(T.ones(0))],
    "no tensors": lambda T: [
        len(f(*args))
        for f in (T.atleast_1d, T.atleast_2d, T.atleast_3d)
        for args in ((), ([],), ((),))
    ],
    "tuples of tensors": lambda T: list(T.atleast_2d((T.tensor(1.0), T.tensor(2)))),
    "medians of nothing": lambda T: [
        f(T.zeros(0, dtype=getattr(T, kind)))
        for kind in ("float32", "int64", "int32", "int16", "int8", "uint8", "bool")
        for f in (T.median, T.nanmedian)
    ],
    "trapezoid of nothing": lambda T: [
        T.trapezoid(T.zeros(0, dtype=T.int64)),
        T.trapezoid(T.zeros(2, 0, dtype=T.int32), dx=0.5),
        T.trapezoid(T.zeros(0, dtype=T.int64), T.zeros(0)),
        T.trapezoid(T.zeros(1, dtype=T.int64)),
    ],
    "tensordot into": lambda T: [
        T.tensordot(T.ones(2, 3), T.ones(3, 2), 1, out=T.zeros(2, 2)),
        T.tensordot(T.ones(2, 3), T.ones(3, 2), 1, out=T.zeros(0)),
    ],
    "clamp beside the dtype": lambda T: [
        T.tensor([0, 5, 255], dtype=T.uint8).clamp(max=7),
        T.tensor([0, 5, 255], dtype=T.uint8).clamp(max=-1.5),
        T.tensor([0, 5, 255], dtype=T.uint8).clamp(max=T.tensor([-1])),
    ],
    "strides of memory": lambda T: [
        T.arange(6.0).view(2, 3).t().as_strided_scatter(T.zeros(2, 2), (2, 2), (1, 3)),
        T.arange(6.0)[2:].as_strided_scatter(T.zeros(2), (2,), (2,)),
        T.arange(6.0)[2:].as_strided_scatter(T.zeros(3), (3,), (1,), 0),
        T.arange(6.0)[::2].as_strided_scatter(T.zeros(3), (3,), (1,), 1).contiguous(),
        T.arange(3.0).expand(2, 3).as_strided_scatter(T.zeros(2), (2,), (4,), 1),
    ],
}  # fmt: skip


def described(result: Any) -> Any:
    if isinstance(result, (list, tuple)):
        return [described(one) for one in result]
    if not hasattr(result, "stride"):
        return result
    kind = str(result.dtype).rpartition(".")[2]
    return kind, tuple(result.shape), result.stride(), str(result.tolist())


@pytest.mark.parametrize("name", VALUES)
def test_values_and_layouts_are_torchs(name: str) -> None:
    assert described(VALUES[name](tg)) == described(VALUES[name](torch))


EXACT = {
    "argmax": lambda T, out: T.argmax(T.ones(3, 3), 1, out=out),
    "argmin": lambda T, out: T.argmin(T.ones(3), out=out),
    "nonzero": lambda T, out: T.nonzero(T.ones(3), out=out),
    "searchsorted": lambda T, out: T.searchsorted(T.ones(3), T.ones(2), out=out),
    "bucketize": lambda T, out: T.bucketize(T.ones(3), T.ones(2), out=out),
    "multinomial": lambda T, out: T.multinomial(T.ones(3), 2, out=out),
    "isin": lambda T, out: T.isin(T.ones(3), T.ones(2), out=out),
    "msort": lambda T, out: T.msort(T.ones(3), out=out),
    "sort": lambda T, out: T.sort(T.ones(3), out=(T.empty(0), out)),
    "sort's values": lambda T, out: T.sort(T.ones(3), out=(out, T.empty(0, dtype=T.int64))),
    "topk": lambda T, out: T.topk(T.ones(3), 2, out=(T.empty(0), out)),
    "kthvalue": lambda T, out: T.kthvalue(T.ones(3), 2, out=(T.empty(0), out)),
    "mode": lambda T, out: T.mode(T.ones(3), out=(T.empty(0), out)),
    "median": lambda T, out: T.median(T.ones(3), 0, out=(T.empty(0), out)),
    "max": lambda T, out: T.max(T.ones(3), 0, out=(T.empty(0), out)),
    "max's values": lambda T, out: T.max(T.ones(3), 0, out=(out, T.empty(0, dtype=T.int64))),
    "cummax": lambda T, out: T.cummax(T.ones(3), 0, out=(T.empty(0), out)),
    "aminmax": lambda T, out: T.aminmax(T.ones(3), out=(out, T.empty(0))),
    "tensordot": lambda T, out: T.tensordot(T.ones(2), T.ones(2), 1, out=out),
}


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("kind", ["int64", "int32", "float32", "float64", "bool"])
def test_out_of_another_dtype_is_refused_where_it_is_in_pytorch(name: str, kind: str) -> None:
    refused = []
    for T, _ in LIBRARIES:
        try:
            EXACT[name](T, T.empty(0, dtype=getattr(T, kind)))
            refused.append(False)
        except RuntimeError:
            refused.append(True)
    assert refused[0] == refused[1]


ALONG_NOTHING = ("max", "min", "argmax", "argmin", "amax", "amin", "median", "nanmedian", "mode")
REFUSED = {
    **{f"{f} along nothing": lambda T, f=f: getattr(T, f)(T.zeros(2, 0), 1) for f in ALONG_NOTHING},
    **{f"{f} of nothing": lambda T, f=f: getattr(T, f)(T.zeros(0)) for f in ALONG_NOTHING[:6]},
    "kthvalue along nothing": lambda T: T.kthvalue(T.zeros(2, 0), 1, 1),
    "aminmax along nothing": lambda T: T.aminmax(T.zeros(2, 0), dim=1),
    "aminmax of nothing": lambda T: T.aminmax(T.zeros(0)),
    "view of a wide 0-d": lambda T: T.ones(()).view(T.float64),
    "view of a narrow 0-d": lambda T: T.ones(()).view(T.int16),
    "view of an odd size": lambda T: T.ones(2, 3).view(T.float64),
    "view of odd strides": lambda T: T.ones(3, 5)[:, :4].view(T.float64),
    "view at an odd offset": lambda T: T.ones(8)[1:7].view(T.float64),
    "view of columns as larger": lambda T: T.ones(2, 4).t().view(T.float64),
    "view of columns as smaller": lambda T: T.ones(2, 4).t().view(T.int16),
    "fill_diagonal_ of a row": lambda T: T.ones(3).fill_diagonal_(1),
    "fill_diagonal_ of a box": lambda T: T.ones(2, 3, 3).fill_diagonal_(1),
    "as_strided_scatter beyond": lambda T: T.ones(4).as_strided_scatter(T.ones(3), (3,), (2,)),
    "as_strided_scatter misfit": lambda T: T.ones(4).as_strided_scatter(T.ones(3), (2,), (2,)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_are_of_torchs_types(name: str) -> None:
    with pytest.raises((RuntimeError, IndexError)) as theirs:
        REFUSED[name](torch)
    with pytest.raises(IndexError if theirs.type is IndexError else RuntimeError) as ours:
        REFUSED[name](tg)
    assert str(ours.value).startswith(f"{name.partition(' ')[0]}: ")


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [
        ({"max": -1}, None), ({"min": 300}, None), ({"min": 300, "max": 400}, None),
        ({"min": -5}, [0, 255]), ({"max": 999}, [0, 255]), ({"min": 300, "max": 5}, [5, 5]),
        ({"min": -5, "max": 999}, [0, 255]),
    ],
)  # fmt: skip
def test_limits_outside_of_the_dtype_wrap_around_nowhere(limits: Any, wanted: Any) -> None:
    """PyTorch lets -1 be 255 and refuses 300 even where it limits nothing."""
    x = tg.tensor([0, 255], dtype=tg.uint8)
    if wanted is None:
        with pytest.raises(ValueError, match=r"^clamp: m\w\w -?\d+ is (less|greater) than any"):
            x.clamp(**limits)
    else:
        assert x.clamp(**limits).tolist() == wanted


def test_bytes_that_are_no_bools_are_not_seen_as_such() -> None:
    with pytest.raises(ValueError, match=r"^view: uint8 of shape \(3,\) has bytes other than"):
        tg.tensor([0, 1, 2], dtype=tg.uint8).view(tg.bool)


def test_a_diagonal_filled_in_place_takes_no_gradient() -> None:
    found = []
    for T, _ in LIBRARIES:
        x = T.ones(7, 3, requires_grad=True)
        (x * 2).fill_diagonal_(5, wrap=True).square().sum().backward()
        found.append(x.grad.tolist())
    assert found[0] == found[1]


def test_gradients_of_a_part_written_by_strides_go_where_the_elements_are() -> None:
    x = tg.arange(6.0).view(2, 3).requires_grad_()
    source = tg.ones(2, 2, requires_grad=True)
    weights = tg.arange(6.0).view(3, 2) + 1
    (x.t().as_strided_scatter(source, (2, 2), (1, 3)) * weights).sum().backward()
    assert source.grad.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert x.grad.tolist() == [[0.0, 0.0, 5.0], [0.0, 0.0, 6.0]]


def test_pickles_of_older_versions_load() -> None:
    from topograd._tensor import _rebuild

    assert _rebuild(np.ones((2, 3)), "float32", True).requires_grad
