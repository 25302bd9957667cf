#pragma once

#include "ops/window.h"

namespace topograd {

/// (1, -1, 1, …): the shape in which one number per channel meets a batch of that rank.
inline Dims per_channel(int rank) {
  Dims shape = Dims::filled(rank, 1);
  shape[1] = -1;
  return shape;
}

/// What all convolutions of a tensor with a kernel have in common: a missing batch dim is added and
/// taken away again, dtypes are checked, and product(batch, weight, bias), which knows the floating
/// ones, serves the others. Integers are convolved in float64, which is exact up to 2 ** 53, and
/// wrap around as elsewhere. Complex numbers take four real convolutions: three would do, but lose
/// digits where the parts differ in size.
template <class F>
Tensor convolved(const Tensor& x, const Tensor& weight, const Tensor& bias, int spatial,
                 const char* op, F product) {
  expect<ShapeError>(x.rank() == spatial + 2 || x.rank() == spatial + 1,
                     "{}: expects an input with {} or {} dims, got shape {}", op, spatial + 1,
                     spatial + 2, x.shape());
  const DType type = x.dtype();
  expect<NotSupported>(type == weight.dtype(), "{}: dtypes differ: input is {}, weight is {}", op,
                       type, weight.dtype());
  expect_numbers(type, op);
  if (is_complex(type))
    expect<DTypeError>(!bias.defined() || bias.dtype() == type,
                       "{}: dtypes differ: input is {}, bias is {}", op, type,
                       bias.defined() ? bias.dtype() : type);
  else
    expect_real(bias, op);
  const auto run = [&](const Tensor& batch) -> Tensor {
    if (is_floating(type)) return product(batch, weight, bias);
    const auto part = [&](auto of, const Tensor& t) { return t.defined() ? of(t) : t; };
    if (is_complex(type)) {
      const auto re = [](const Tensor& t) { return real(t); };
      const auto im = [](const Tensor& t) { return imag(t); };
      const Tensor x_re = re(batch), x_im = im(batch), w_re = re(weight), w_im = im(weight);
      return complex(product(x_re, w_re, part(re, bias)) - product(x_im, w_im, Tensor()),
                     product(x_re, w_im, part(im, bias)) + product(x_im, w_re, Tensor()));
    }
    const auto wide = [](const Tensor& t) { return cast(t, DType::float64); };
    const Tensor sums = product(wide(batch), wide(weight), part(wide, bias));
    return cast(cast(sums, DType::int64), type);
  };
  return x.rank() == spatial + 1 ? squeeze(run(unsqueeze(x, 0)), Dims{0}) : run(x);
}

}  // namespace topograd
