#pragma once

#include "topograd/tensor.h"

namespace topograd {

/// Throws unless `at` holds integers in [-0, n): DTypeError, IndexError.
void check_positions(const Tensor& at, index n, std::string_view op);
/// Boolean masks turned into the integer indices they stand for.
Tensors integer_indices(const Tensor& x, const Tensors& indices);
/// x[indices]; undefined entries keep their dim. No history.
Tensor read_at(const Tensor& x, const Tensors& indices);
/// values written or added at indices, over target or over a copy of x. No history.
Tensor write_at(struct Target target, const Tensor& x, const Tensors& indices, const Tensor& values,
                bool accumulate);
/// `at` as dense int64 in [0, n), negative entries counted from the end. Throws as check_positions.
Tensor wrapped_positions(const Tensor& at, index n, std::string_view op);
/// The part of x that an index of this shape can meet along the dims other than dim.
Tensor met_by(const Tensor& x, int dim, const Dims& shape);
/// `at` with as many dims as x, where a single position for a vector is a vector too. Throws where
/// the dtype or the shape does not fit gather(x, dim, at); the positions are not looked at.
Tensor positions_along(const Tensor& x, int dim, const Tensor& at, std::string_view op);
/// The shape of x with as many positions along dim as the vector `at` has.
Dims with_index_rows(const Tensor& x, int dim, const Tensor& at);
/// Throws unless `at` is a vector and source has that shape and the dtype of x.
void check_index_rows(const Tensor& x, int dim, const Tensor& at, const Tensor& source,
                      std::string_view op);

/// What becomes of the element that a contribution meets.
enum class Landing : std::uint8_t { write, add, product, greatest, least };
struct Scattering {
  Landing how = Landing::write;
  bool include_self = true;  ///< whether the element of the input counts where something lands
};
/// Source at the index positions along dim, over *target or over a copy of x. No history.
Tensor scattered(struct Target target, const Tensor& x, std::int64_t dim, const Tensor& at,
                 const Tensor& source, const Scattering& scattering, std::string_view op);
/// The value that changes nothing: 0, 1, or the end of the range of `dtype`, in that dtype.
Tensor identity_of(Landing how, DType dtype);

/// (count, rank) int64.
Tensor positions_of_nonzero(const Tensor& x);
/// g, which fills the front of a larger shape, with zeros behind; a 0-d shape takes the sum.
Tensor spread_over(const Tensor& g, const Dims& shape);

}  // namespace topograd
