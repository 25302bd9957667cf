#include "bindings/sequences.h"

#include <cmath>

#include "tensor/body.h"

namespace topograd::python {
namespace {

index steps_between(double start, double end, double step) {
  expect<ValueError>(step != 0 && std::isfinite(start) && std::isfinite(end) && std::isfinite(step),
                     "arange: expects finite bounds and a step that is not 0, got {}, {}, {}",
                     start, end, step);
  expect<ValueError>((end - start) / step >= 0, "arange: step {} leads away from {} to {}", step,
                     start, end);
  const double count = std::ceil((end - start) / step);
  expect<ShapeError>(count < 0x1p53, "arange: more elements than memory can hold");
  return static_cast<index>(count);
}

/// The dtype of evenly spaced numbers: complex where a bound is, and then no other is accepted.
DType spaced_type(const Scalar& start, const Scalar& end, const Options& options,
                  std::string_view what) {
  if (!start.is_complex() && !end.is_complex()) return or_default(options);
  const DType dtype = options.dtype.value_or(complex_of(default_dtype()));
  expect<DTypeError>(is_complex(dtype), "{}: the bounds {} and {} do not fit into {}", what, start,
                     end, dtype);
  return dtype;
}

/// Evenly spaced numbers in double precision.
template <class T>
Tensor evenly_spaced(T start, T end, index steps) {
  Tensor out = Tensor::empty({steps}, dtype_of<T>);
  T* data = out.data<T>();
  const T step = steps > 1 ? (end - start) / static_cast<double>(steps - 1) : T(0);
  // From both ends, so that the last element is exactly `end`.
  for (index i = 0; i < steps; ++i)
    data[i] = i < steps / 2 || steps == 1 ? start + step * static_cast<double>(i)
                                          : end - step * static_cast<double>(steps - 1 - i);
  return out;
}
Tensor evenly_spaced(const Scalar& start, const Scalar& end, index steps, DType dtype,
                     std::string_view what) {
  expect<ValueError>(steps >= 0, "{}: steps must not be negative, got {}", what, steps);
  return is_complex(dtype) ? evenly_spaced(start.complex(), end.complex(), steps)
                           : evenly_spaced(start.real(), end.real(), steps);
}

template <class T>
void raise_to(double base, const Tensor& exponents) {
  T* data = exponents.data<T>();
  for (index i = 0; i < exponents.count(); ++i) data[i] = std::pow(T(base), data[i]);
}

}  // namespace

Tensor make_arange(const Scalar& start, const Scalar& end, const Scalar& step,
                   const Options& options) {
  const bool real = start.is_real() || end.is_real() || step.is_real();
  const DType dtype = options.dtype.value_or(real ? default_dtype() : DType::int64);
  expect<DTypeError>(!is_complex(dtype), "arange: not defined for {}", dtype);
  expect<DTypeError>(!start.is_complex() && !end.is_complex() && !step.is_complex(),
                     "arange: complex numbers have no order, got {}, {}, {}", start, end, step);
  if (!real && !is_floating(dtype)) {
    const index by = step.integer();
    expect<ValueError>(by != 0, "arange: step must not be 0");
    const auto span = static_cast<__int128>(end.integer()) - start.integer();
    expect<ValueError>(span == 0 || (span > 0) == (by > 0),
                       "arange: step {} leads away from {} to {}", by, start.integer(),
                       end.integer());
    const auto count = (span + by + (by > 0 ? -1 : 1)) / by;
    expect<ShapeError>(count < (static_cast<__int128>(1) << 53),
                       "arange: more elements than memory can hold");
    Tensor out = Tensor::empty({static_cast<index>(count)}, DType::int64);
    auto* data = out.data<std::int64_t>();
    for (index i = 0; i < out.count(); ++i) data[i] = start.integer() + i * by;
    return converted(out, dtype);
  }
  Tensor out =
      Tensor::empty({steps_between(start.real(), end.real(), step.real())}, DType::float64);
  double* data = out.data<double>();
  for (index i = 0; i < out.count(); ++i)
    data[i] = start.real() + static_cast<double>(i) * step.real();
  return converted(out, dtype);
}

Tensor make_linspace(const Scalar& start, const Scalar& end, index steps, const Options& options) {
  const DType dtype = spaced_type(start, end, options, "linspace");
  return converted(evenly_spaced(start, end, steps, dtype, "linspace"), dtype);
}

Tensor make_logspace(const Scalar& start, const Scalar& end, index steps, double base,
                     const Options& options) {
  const DType dtype = spaced_type(start, end, options, "logspace");
  const Tensor out = evenly_spaced(start, end, steps, dtype, "logspace");
  if (is_complex(dtype))
    raise_to<std::complex<double>>(base, out);
  else
    raise_to<double>(base, out);
  return converted(out, dtype);
}

}  // namespace topograd::python
