// Rows of several tensors by one numbering, for batches of joined data sets.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "base/pool.h"
#include "ops/family.h"
#include "ops/indexing.h"

namespace topograd {
namespace {

constexpr index bytes_per_piece = 1 << 17;  // smaller pieces are not worth a thread

/// The parts' memory, and where their rows end in the common numbering.
struct Joined {
  std::vector<std::uintptr_t> memory;  // where row 0 would be, if the part had that too
  std::vector<index> ends;             // filled up to a power of two
  index row_bytes;

  /// Which part a row is in. Rows come in any order, so a search that branches would be guessed
  /// wrong half of the time.
  const std::byte* row(index number) const {
    index part = 0;
    for (index half = static_cast<index>(ends.size()) / 2; half > 0; half /= 2)
      part += ends[part + half - 1] <= number ? half : 0;
    return reinterpret_cast<const std::byte*>(memory[part] +
                                              static_cast<std::uintptr_t>(number * row_bytes));
  }
};

/// size: row_bytes, as a constant where it is a common one.
template <class Size>
void copy_rows(const Joined& parts, const std::int64_t* rows, std::byte* to, index begin, index end,
               Size size) {
  for (index i = begin; i < end; ++i)
    std::memcpy(to + i * size, parts.row(rows[i]), static_cast<std::size_t>(size));
}

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
  index total = 0;
  for (const Tensor& part : parts) total += part.shape()[0];
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
  Joined joined{{}, {}, bytes};
  Tensors kept;
  index first = 0;
  for (const Tensor& part : parts) {
    kept.push_back(dense(part));
    joined.memory.push_back(reinterpret_cast<std::uintptr_t>(kept.back().address()) -
                            static_cast<std::uintptr_t>(first * bytes));
    first += part.shape()[0];
    joined.ends.push_back(first);
  }
  joined.ends.resize(std::bit_ceil(parts.size()), std::numeric_limits<index>::max());
  auto* to = static_cast<std::byte*>(out.address());
  parallel(order.count(), std::max<index>(1, bytes_per_piece / bytes), [&](index begin, index end) {
    if (bytes == 4)
      copy_rows(joined, wanted, to, begin, end, std::integral_constant<index, 4>());
    else if (bytes == 8)
      copy_rows(joined, wanted, to, begin, end, std::integral_constant<index, 8>());
    else
      copy_rows(joined, wanted, to, begin, end, bytes);
  });
  return out;
}

}  // namespace topograd
