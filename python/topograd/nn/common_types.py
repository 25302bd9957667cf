"""Types of sizes for annotations, under the names of `torch.nn.common_types`."""

from __future__ import annotations

from typing import TypeAlias

_scalar_or_tuple_any_t: TypeAlias = int | tuple[int, ...]
_size_any_t = _size_1_t = _size_2_t = _size_3_t = _scalar_or_tuple_any_t
_size_4_t = _size_5_t = _size_6_t = _scalar_or_tuple_any_t
_ratio_any_t = _ratio_2_t = _ratio_3_t = float | tuple[float, ...]
_tensor_list_t = _maybe_indices_t = tuple[object, ...]
