"""Every op on every dtype: what PyTorch accepts gives the same here, what it refuses is refused.

Each sample is called with its floating tensors in every dtype, and with each tensor alone in every
dtype. Where both libraries refuse, the exception is one that a program written for PyTorch catches.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

import topograd as tg
from helpers import FLOATING, INTEGRAL, Array, Call, base_name, calls_of, kind_of, quiet, tensor_of
from oracles import WITHOUT_ORACLE
from parity import (
    assert_same_values,
    attempt,
    describe,
    torch_call,
    torch_function,
)

torch = pytest.importorskip("torch")

KINDS = (*FLOATING, *INTEGRAL, "bool")
OPS = [
    op
    for op in tg.ops()
    if not op.hidden and not op.inplace_only and torch_function(base_name(op)) is not None
]

MIXED = "dtypes that differ are promoted as everywhere else"
SMALL_INDICES = "indices may be of any integer dtype"
WIDER: dict[str, str] = {
    # Accepted here and refused by PyTorch.
    "hypot": "integers give float32, as for atan2",
    "logaddexp": "integers give float32, as for atan2",
    "logaddexp2": "integers give float32, as for atan2",
    "logcumsumexp": "integers give float32, as for logsumexp",
    "ldexp": "exponents may be bools",
    "trace": "bools are counted, as by sum",
    "isin": "bools are equal or not, as for eq",
    "addcdiv": "integers are divided as by /",
    "argmax": "bools are ordered",
    "argmin": "bools are ordered",
    "topk": "bools are ordered, as for sort",
    "pad": "bools are moved like other elements",
    "interpolate": "the nearest modes move elements of any dtype",
    "unfold": "windows are moved like other elements",
    "affine_grid": "half precision as well",
    "einsum": "dtypes that differ are promoted, bools are joined by and and or",
    "conv1d": "integers of any size, and a bias of another dtype",
    "conv2d": "integers of any size, and a bias of another dtype",
    "conv3d": "integers of any size, and a bias of another dtype",
    **dict.fromkeys(
        "conv_transpose1d conv_transpose2d conv_transpose3d".split(),
        "integers of any size, and a bias of another dtype",
    ),
    **dict.fromkeys(
        """adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d
        adaptive_max_pool2d adaptive_max_pool3d adaptive_max_pool1d_with_indices
        adaptive_max_pool2d_with_indices adaptive_max_pool3d_with_indices max_unpool1d
        max_unpool2d max_unpool3d""".split(),
        "integers of any size",
    ),
    **dict.fromkeys(
        """mse_loss l1_loss smooth_l1_loss huber_loss kl_div poisson_nll_loss gaussian_nll_loss
        soft_margin_loss margin_ranking_loss multilabel_soft_margin_loss triplet_margin_loss
        pairwise_distance""".split(),
        "targets, margins and weights of another dtype are promoted",
    ),
    **dict.fromkeys(
        "multi_margin_loss multilabel_margin_loss ctc_loss rrelu pdist".split(),
        "half precision as well",
    ),
    "threshold": "limits are rounded to the dtype",
    **dict.fromkeys(
        "rnn_tanh rnn_relu lstm rnn_tanh_cell rnn_relu_cell lstm_cell".split(),
        "dtypes that differ are promoted where the products allow it",
    ),
    "max_pool1d": "integers of any size",
    "avg_pool2d": "integers of any size",
    "avg_pool3d": "integers of any size, and half precision",
    "lp_pool3d": "half precision as well",
    "multinomial": "weights may be counts",
    "binomial": "half precision as well",
    "histogram": "half precision as well",
    "cdist": "half precision as well",
    "quantile": "levels of another dtype, and half precision",
    "nanquantile": "levels of another dtype, and half precision",
    "normal": "integers are means and deviations as well",
    **dict.fromkeys(
        "median nanmedian kthvalue searchsorted bucketize".split(),
        "bools are ordered, as for sort",
    ),
    **dict.fromkeys(
        """isclose lerp cross_entropy nll_loss binary_cross_entropy layer_norm batch_norm
        group_norm instance_norm""".split(),
        MIXED,
    ),
    **dict.fromkeys(
        """gather scatter scatter_add index_select index_add take_along_dim one_hot embedding
        embedding_bag index_put index_fill index_copy take put scatter_reduce index_reduce
        tensor_split""".split(),
        SMALL_INDICES,
    ),
}
# The dtype of the result, or its value, is another one.
OTHER_RESULT: dict[str, str] = {
    "binary_cross_entropy_with_logits": "a float32 target with a float64 input gives float64",
    **dict.fromkeys(
        "huber_loss soft_margin_loss".split(), "a float32 target does not lower the result's dtype"
    ),
    "margin_ranking_loss": "bytes do not wrap around",
    "normal": "the deviations take part in the dtype",
    "interpolate": "bytes are rounded once, not after each dim",
    "embedding_bag": "the end that include_last_offset tells ends the last bag in every mode",
}
# Refused here and accepted by PyTorch.
STRICTER: dict[str, str] = {
    "embedding_bag": "bools are no numbers of rows, as for embedding",
    **dict.fromkeys(
        """smooth_l1_loss poisson_nll_loss gaussian_nll_loss hinge_embedding_loss
        margin_ranking_loss cosine_embedding_loss cosine_similarity""".split(),
        "a loss of integers has no gradient",
    ),
    "ctc_loss": "targets are numbers of classes",
    **dict.fromkeys(
        "rnn_tanh rnn_relu gru lstm rnn_tanh_cell rnn_relu_cell lstm_cell".split(),
        "the parameters have one floating dtype",
    ),
}
# PyTorch's half precision of these is complex32.
WITHOUT_HALVES = ("complex", "polar", "view_as_complex")
# Both refuse, for another reason first.
OTHER_ERROR: dict[str, str] = {
    "multinomial": "counts of samples are looked at before dtypes",
    **dict.fromkeys(("mse_loss", "huber_loss"), "dtypes are looked at before shapes"),
    **dict.fromkeys(
        "rnn_tanh rnn_relu gru lstm".split(), "batch_sizes of another dtype is a plain TypeError"
    ),
    "bernoulli": "a plain TypeError",
    "interpolate": "scale factors are counted first",
    "affine_grid": "a dtype that does not fit is a TypeError everywhere else",
}


def cast(array: Array, kind: str) -> tg.Tensor:
    """Return a tensor of that dtype with values near to those of the array that it can hold."""
    if kind in FLOATING:
        return tensor_of(array.astype(np.float64), kind)
    whole = np.rint(np.nan_to_num(array.astype(np.float64), posinf=1, neginf=-1)).clip(-4, 4)
    return tensor_of(np.abs(whole) if kind in ("uint8", "bool") else whole, kind)


def variants(call: Call) -> Iterator[tuple[str, Call]]:
    """Yield the call with its floating tensors, and with each tensor alone, in every dtype."""
    arrays = call.arrays
    if any(array.dtype.kind == "c" for array in arrays):
        return  # see test_parity_complex.py
    places = [[place] for place in range(len(arrays))]
    floats = [place for place, array in enumerate(arrays) if array.dtype.kind == "f"]
    if len(floats) > 1:
        places.append(floats)
    for chosen, kind in itertools.product(places, KINDS):
        tensors = [
            cast(array, kind) if place in chosen else tensor_of(array)
            for place, array in enumerate(arrays)
        ]
        yield f"{kind} at {chosen}", call.with_tensors(tensors)


def is_about_arguments(error: Exception) -> bool:
    """Tell whether PyTorch does not know the call's form at all."""
    return isinstance(error, TypeError) and any(
        words in str(error) for words in ("invalid combination", "unexpected keyword", "(position")
    )


def cuts_off(name: str, call: Call) -> bool:
    """Tell whether negative numbers are written over bytes: 0 here, remainders in PyTorch."""
    return name.endswith("_scatter") and kind_of(call.tensors[0]) == "uint8"


def assert_parity(name: str, call: Call) -> None:
    """Compare acceptance, dtype, shape and values, or the type of the error."""
    other = torch_call(call)
    with quiet():
        expected, refused = attempt(other.copied())
    result, error = attempt(call.copied())
    if refused is not None and is_about_arguments(refused):
        return
    if name in WITHOUT_HALVES and any(kind_of(tensor) == "float16" for tensor in call.tensors):
        assert isinstance(error, tg.DTypeError)
        return
    if refused is None:
        if error is not None and name in STRICTER:
            assert isinstance(error, (tg.DTypeError, NotImplementedError))
            return
        assert error is None, f"is refused: {error}"
        if name in OTHER_RESULT:
            return
        assert describe(result) == describe(expected)
        if name not in WITHOUT_ORACLE and not cuts_off(name, call):
            kinds = [kind_of(tensor) for tensor in call.tensors]
            coarsest = max((k for k in kinds if k in FLOATING), key=FLOATING.index, default=None)
            assert_same_values(name, result, expected, factor=16, coarsest=coarsest)
    elif error is None:
        assert name in WIDER, f"is accepted; PyTorch: {refused}"
    elif name not in OTHER_ERROR:
        kinds = (
            (type(refused), RuntimeError) if isinstance(refused, RuntimeError) else type(refused)
        )
        assert isinstance(error, kinds), f"{type(error).__name__}: {error}; PyTorch: {refused!r}"


@pytest.mark.parametrize("op", OPS, ids=str)
def test_dtypes_are_accepted_and_refused_as_by_torch(op: tg._registry.Op) -> None:
    for call in calls_of(op):
        if any(tensor.numel() == 0 for tensor in call.tensors):
            continue  # PyTorch then does not always get to where it would refuse
        for what, changed in variants(call):
            try:
                assert_parity(base_name(op), changed)
            except AssertionError as failure:
                raise AssertionError(f"{op} with {what}: {failure}") from failure


def test_every_listed_difference_is_one() -> None:
    """A reason that is not needed any more goes."""
    looked_at, found = set(), set()
    for op in OPS:
        name = base_name(op)
        if (
            name not in WIDER
            or op.random
            or any(not t.numel() for call in calls_of(op) for t in call.tensors)
        ):
            continue
        looked_at.add(name)
        for call in calls_of(op):
            for _, changed in variants(call):
                with quiet():
                    refused = attempt(torch_call(changed).copied())[1]
                if refused is not None and attempt(changed.copied())[1] is None:
                    found.add(name)
    assert found == looked_at


@pytest.mark.parametrize("number", [True, 2, 2.5])
@pytest.mark.parametrize("kind", KINDS)
def test_operators_refuse_what_torchs_refuse(kind: str, number: float) -> None:
    import operator

    two_sided = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv]
    two_sided += [operator.mod, operator.pow, operator.and_, operator.or_, operator.xor]
    two_sided += [operator.lshift, operator.rshift, operator.lt, operator.eq]
    for function, flipped in itertools.product(two_sided, (False, True)):
        pair = []
        for library in (tg, torch):
            tensor = tensor_of(np.array([1.0, 2.0, 3.0]), kind, library)
            pair.append(attempt(function, *((number, tensor) if flipped else (tensor, number))))
        (_, error), (_, refused) = pair
        what = f"{function.__name__} of {kind} and {number}, flipped: {flipped}"
        assert (error is None) == (refused is None), f"{what}: {error!r}, PyTorch: {refused!r}"
        if refused is not None:
            assert isinstance(error, (type(refused), RuntimeError)), (
                f"{what}: {error!r}, {refused!r}"
            )


@pytest.mark.parametrize("kind", KINDS)
def test_signs_refuse_what_torchs_refuse(kind: str) -> None:
    import operator

    for function in (operator.neg, operator.pos, operator.invert, abs):
        pair = [attempt(function, tensor_of(np.ones(2), kind, one)) for one in (tg, torch)]
        (own, error), (expected, refused) = pair
        assert (error is None) == (refused is None), f"{function.__name__}: {error!r}, {refused!r}"
        if refused is None:
            assert own.tolist() == expected.tolist()
        else:
            assert isinstance(error, type(refused)), f"{function.__name__}: {error!r}, {refused!r}"


@pytest.mark.parametrize("kind", ["int64", "int32", "int16", "int8"])
def test_whole_division_remainders_and_powers_go_by_sign_as_torchs(kind: str) -> None:
    values = np.array([-7, -6, -1, 1, 6, 7])
    divisors = np.array([[-4], [-3], [-1], [1], [3], [4]])
    for name in ("floor_divide", "remainder", "fmod", "pow"):
        own, expected = (
            getattr(library, name)(
                tensor_of(values, kind, library), tensor_of(divisors, kind, library)
            )
            for library in (tg, torch)
        )
        assert own.tolist() == expected.tolist(), name
    with pytest.raises(ValueError, match="negative integer powers"):
        tensor_of(values, kind) ** -1


def test_errors_about_dtypes_are_caught_by_every_name_they_have() -> None:
    for kind in (TypeError, RuntimeError, NotImplementedError, tg.DTypeError):
        with pytest.raises(kind, match="abs"):
            tg.abs(tg.tensor([True]))
