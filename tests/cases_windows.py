"""Calls of the ops with windows, as in cases.py, which takes them up."""

from __future__ import annotations

import numpy as np

from cases import add_case, normal, uniform

add_case("conv2d", normal(1, 2, 5, 6), normal(3, 2, 2, 4), padding="same", dilation=(2, 1))
add_case("conv1d", normal(2, 4, 9), normal(4, 2, 4), normal(4), padding="same", groups=2)
add_case("conv_transpose1d", normal(2, 3, 4), normal(3, 2, 3), normal(2), 2, 1, 1)
add_case("conv_transpose1d", normal(4, 4), normal(4, 2, 3), groups=2, dilation=3, output_padding=2)
add_case("conv_transpose2d", normal(2, 4, 3, 4), normal(4, 3, 3, 2), normal(3), stride=(2, 3))
add_case("conv_transpose2d", normal(1, 4, 3, 3), normal(4, 1, 1, 1), normal(4), groups=4)
add_case("conv_transpose2d", normal(2, 4, 4, 5), normal(4, 3, 1, 1), normal(3), stride=2)
add_case(
    "conv_transpose2d", normal(3, 4, 4), normal(3, 2, 3, 3), None, 2, (1, 0), (1, 0), 1, (1, 2)
)
add_case("conv_transpose3d", normal(1, 2, 3, 2, 3), normal(2, 3, 2, 3, 1), normal(3), 2, 1, 1)
add_case("conv_tbc", normal(6, 2, 3), normal(3, 3, 4), normal(4), 1)
add_case("adaptive_avg_pool1d", normal(2, 3, 7), 3)
add_case("adaptive_avg_pool2d adaptive_max_pool2d", normal(2, 3, 7, 6), (3, 4))
add_case("adaptive_avg_pool2d adaptive_max_pool2d", normal(3, 6, 4), 2)
add_case("adaptive_avg_pool2d adaptive_max_pool2d", normal(2, 3, 4, 5), 1)
add_case("adaptive_avg_pool3d adaptive_max_pool3d", normal(1, 2, 4, 3, 5), (2, 5, 2))
add_case("adaptive_max_pool2d_with_indices", normal(2, 3, 7, 6), (3, 4))
add_case("adaptive_max_pool3d_with_indices", normal(1, 2, 4, 6, 2), 2)
add_case("lp_pool1d", uniform(0.5, 2, 2, 3, 7), 3.0, 2)
add_case("lp_pool2d", normal(2, 3, 7, 6), 2.0, (3, 2), ceil_mode=True)
add_case("lp_pool2d", normal(3, 6, 6), 1.0, 2, 1)
add_case("lp_pool3d", normal(1, 2, 4, 5, 4), 2.0, 2)
add_case("max_unpool1d", normal(2, 3), np.array([[1, 2, 5], [0, 3, 4]]), 2)
add_case("max_unpool2d", normal(1, 2, 1, 2), np.array([[[[5, 6]], [[0, 3]]]]), 2, 3, 0, (3, 6))
add_case("max_unpool3d", normal(1, 1, 1, 1, 2), np.array([[[[[7, 10]]]]]), 2)
