#include "tensor/reduce.h"

#include "tensor/body.h"

namespace topograd {

kernels::Compute compute_of(DType dtype) {
  if (dtype == DType::float64) return kernels::Compute::f64;
  if (is_complex(dtype))
    return dtype == DType::complex64 ? kernels::Compute::c64 : kernels::Compute::c128;
  return is_floating(dtype) ? kernels::Compute::f32 : kernels::Compute::i64;
}

DType compute_dtype(DType dtype) {
  constexpr DType types[] = {DType::float32, DType::float64, DType::int64, DType::complex64,
                             DType::complex128};
  return types[static_cast<int>(compute_of(dtype))];
}

Axis axis_of(const Dims& shape, int dim) {
  Axis axis;
  for (int d = 0; d < shape.size(); ++d)
    (d < dim ? axis.outer : d == dim ? axis.n : axis.inner) *= shape[d];
  return axis;
}

ReducedDims reduced_dims(const Tensor& x, const std::optional<Dims>& dims, bool keepdim,
                         std::string_view op) {
  ReducedDims result;
  result.rank = x.rank();
  const bool all = !dims || dims->empty();
  if (!all)
    for (index dim : *dims) {
      const int d = wrap_dim(dim, x.rank(), op);
      expect<ValueError>(!result.reduced[d], "{}: dim {} appears twice in dims {}", op, d, *dims);
      result.reduced[d] = true;
    }
  for (int d = 0; d < x.rank(); ++d) {
    if (all) result.reduced[d] = true;
    if (result.reduced[d]) {
      result.count *= x.shape()[d];
      result.kept_shape.push_back(1);
      if (keepdim) result.shape.push_back(1);
    } else {
      result.kept_shape.push_back(x.shape()[d]);
      result.shape.push_back(x.shape()[d]);
    }
  }
  return result;
}

namespace {

/// [outer][reduced][inner] in dense memory: x itself when its reduced dims are neighbours, else a
/// permuted copy.
struct Arranged {
  Tensor x;
  index outer = 1, reduced = 1, inner = 1;
};

Arranged arrange(const Tensor& x, const ReducedDims& dims) {
  Arranged result;
  // Dims of size 1 may go anywhere.
  int changes = 0;
  bool last = false;
  bool any = false;
  for (int d = 0; d < x.rank(); ++d) {
    if (x.shape()[d] == 1) continue;
    if (!any || dims.reduced[d] != last) {
      ++changes;
      if (!any && dims.reduced[d]) ++changes;
      any = true;
    }
    last = dims.reduced[d];
  }
  if (changes <= 3) {
    result.x = dense(x);
    bool seen = false;
    for (int d = 0; d < x.rank(); ++d) {
      if (dims.reduced[d]) {
        result.reduced *= x.shape()[d];
        seen = seen || x.shape()[d] != 1;
      } else {
        (seen ? result.inner : result.outer) *= x.shape()[d];
      }
    }
    return result;
  }
  Dims sizes, strides;
  for (const bool wanted : {false, true})
    for (int d = 0; d < x.rank(); ++d) {
      if (dims.reduced[d] != wanted) continue;
      sizes.push_back(x.shape()[d]);
      strides.push_back(x.strides()[d]);
      (wanted ? result.reduced : result.outer) *= x.shape()[d];
    }
  result.x = dense(restrided(x, sizes, strides, x.body()->offset));
  return result;
}

}  // namespace

Tensor run_reduction(const kernels::Reduction& row, std::string_view op, const Tensor& x,
                     const ReducedDims& dims, DType common, DType result, double param) {
  const kernels::Compute compute = compute_of(common);
  const kernels::Reduce kernel = row.reduce[static_cast<int>(compute)];
  expect<DTypeError>(kernel != nullptr, "{}: does not exist for dtype {}", op, common);
  const DType loop_type = compute_dtype(common);
  Arranged arranged = arrange(x, dims);
  arranged.x = converted(arranged.x, loop_type);
  const DType out_type = row.output_is_compute ? loop_type : row.output;
  Tensor out = Tensor::empty(dims.shape, out_type);
  if (out.count() > 0)
    kernel(arranged.x.address(), out.address(), arranged.outer, arranged.reduced, arranged.inner,
           param);
  return row.output_is_compute ? converted(out, result) : out;
}

}  // namespace topograd
