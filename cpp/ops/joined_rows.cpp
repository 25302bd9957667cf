// Rows of several tensors by one numbering, for batches of joined data sets.

#include <cstddef>
#include <cstring>

#include "base/pool.h"
#include "ops/family.h"
#include "ops/indexing.h"

namespace topograd {
namespace {

constexpr index bytes_per_piece = 1 << 17;  // smaller pieces are not worth a thread

/// A tensor's memory, and which numbers its rows have.
struct Part {
  const std::byte* memory;
  index first, end;
};

void check_parts(const Tensors& parts) {
  expect<ValueError>(!parts.empty(), "joined_rows: expects at least one tensor");
  const Tensor& model = parts.front();
  for (const Tensor& part : parts) {
    expect<ShapeError>(part.rank() > 0, "joined_rows: a 0-d tensor has no rows");
    const bool alike =
        part.rank() == model.rank() &&
        std::equal(part.shape().begin() + 1, part.shape().end(), model.shape().begin() + 1);
    expect<ShapeError>(alike, "joined_rows: rows differ in shape: {} and {}", model.shape(),
                       part.shape());
    expect<DTypeError>(part.dtype() == model.dtype(), "joined_rows: dtypes differ: {} and {}",
                       model.dtype(), part.dtype());
  }
}

}  // namespace

Tensor joined_rows(const Tensors& parts, const Tensor& rows) {
  check_parts(parts);
  expect<ShapeError>(rows.rank() == 1, "joined_rows: rows must be 1-d, got shape {}", rows.shape());
  expect<DTypeError>(rows.dtype() == DType::int64, "joined_rows: rows must be int64, got {}",
                     rows.dtype());
  Tensors kept;
  std::vector<Part> where;
  index total = 0;
  for (const Tensor& part : parts) {
    kept.push_back(dense(part));
    const auto* memory = static_cast<const std::byte*>(kept.back().address());
    where.push_back({memory, total, total + part.shape()[0]});
    total = where.back().end;
  }
  const Tensor order = dense(rows);
  const std::int64_t* wanted = order.data<std::int64_t>();
  for (index i = 0; i < order.count(); ++i)
    expect<IndexError>(wanted[i] >= 0 && wanted[i] < total,
                       "joined_rows: row {} is outside of [0, {})", wanted[i], total);
  Dims shape = parts.front().shape();
  shape[0] = order.count();
  const Tensor out = Tensor::empty(shape, parts.front().dtype());
  if (out.count() == 0) return out;
  const index bytes = out.count() / order.count() * static_cast<index>(size_of(out.dtype()));
  auto* to = static_cast<std::byte*>(out.address());
  parallel(order.count(), std::max<index>(1, bytes_per_piece / bytes), [&](index begin, index end) {
    for (index i = begin; i < end; ++i) {
      const auto part = std::upper_bound(where.begin(), where.end(), wanted[i],
                                         [](index row, const Part& p) { return row < p.end; });
      std::memcpy(to + i * bytes, part->memory + (wanted[i] - part->first) * bytes,
                  static_cast<std::size_t>(bytes));
    }
  });
  return out;
}

}  // namespace topograd
