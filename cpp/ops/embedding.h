#pragma once

#include <optional>
#include <string_view>

#include "topograd/tensor.h"

namespace topograd {

/// Scales the rows of a table that are looked up down to a norm of at most max_norm, in place.
void limit_rows(const Tensor& weight, const Tensor& at, double max_norm, double norm_type);
/// 1 / number of times each index occurs, as a column.
Tensor inverse_frequency(const Tensor& at, index rows, DType dtype);
/// A row counted from the end where negative; -1 for none. Throws ValueError.
index padding_row(const std::optional<std::int64_t>& padding, index rows, std::string_view op);
/// Throws for sparse=True.
void refuse_sparse(bool sparse, std::string_view op);

}  // namespace topograd
