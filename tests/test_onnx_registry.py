"""Every op of the registry, on its own samples: run by onnxruntime alike, or refused by name."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import topograd as tg
from onnx_running import run, session_of, tensors_in
from topograd.onnx import UnsupportedOperatorError

# What a sample of has no counterpart, and all calls of where a name stands alone.
REFUSED = """
    adaptive_average_pool_transpose adaptive_max_pool adaptive_max_pool1d_with_indices
    adaptive_max_pool2d_with_indices adaptive_max_pool3d_with_indices alpha_dropout_seeded
    average_pool_transpose bag_greatest bag_sum basic_index_transpose bessel_i1 bincount
    convolution_weight cross_entropy_rows ctc_loss ctc_rows cummax cummin cumprod cumsum_reversed
    diag diag_embed diagflat digamma distinct dropout_seeded embedding_bag erfinv fill_diagonal
    fractional_max_pool gcd histc histogram histogram.edges i0 index_combine index_reduce isreal
    lcm lgamma linear_cross_entropy linear_cross_entropy_rows linear_recurrence
    masked_scatter mode mode_positions multilabel_margin_loss
    multilabel_margin_rows multilabel_margin_slope mvlgamma nanmedian nanmedian.dim
    nextafter nonzero_static pad_from_inside_transpose pdist polygamma polygamma.of put
    recurrent_gru recurrent_lstm recurrent_rnn region_transpose resample row_pairs
    scatter_combine scatter_reduce searchsorted sinc_slope standard_gamma_slope strided_view
    strided_view_transpose sum_to_shape sum_to_size tensor_split unravel_index view.dtype
    layer_norm_rows batch_norm_train rms_norm_rows group_norm_groups attention complex polar
    view_as_complex
""".split()


def single(value: Any) -> Any:
    """Return the arguments in float32, which ONNX has operators for."""
    if isinstance(value, (list, tuple)):
        return type(value)(single(one) for one in value)
    is_double = isinstance(value, tg.Tensor) and value.dtype == tg.float64
    return value.float() if is_double else value


def has_complex(value: Any) -> bool:
    """Return whether a tensor among the arguments is complex."""
    return any(one.dtype.is_complex for one in tensors_in(value))


OPS = [op for op in tg.ops() if not op.random and op.samples()]


@pytest.mark.parametrize("op", OPS, ids=str)
def test_an_op_gives_the_same_or_is_refused(op: Any) -> None:
    refused = False
    for given, keywords in op.samples():
        args = single(given)
        options = {key: single(value) for key, value in keywords.items()}
        if has_complex([args, list(options.values())]):
            with pytest.raises(TypeError, match="no operators for"):
                tg.onnx.export(op.function, args, kwargs=options, dynamic_axes={})
            continue
        try:
            with warnings.catch_warnings():
                # A loss of constants, a shape: not every sample's result follows from its inputs.
                warnings.simplefilter("ignore", UserWarning)
                exported = tg.onnx.export(op.function, args, kwargs=options, dynamic_axes={})
        except UnsupportedOperatorError:
            refused = True
            continue
        expected = tensors_in(op.function(*args, **options))
        found = run(session_of(exported), tensors_in([args, list(options.values())]))
        for one, other in zip(found, expected, strict=True):
            wanted = other.detach().numpy()
            assert (one.shape, one.dtype) == (wanted.shape, wanted.dtype)
            np.testing.assert_allclose(one, wanted, rtol=1e-4, atol=1e-4)
    assert refused == (str(op) in REFUSED)
