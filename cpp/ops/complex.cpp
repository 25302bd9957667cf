// Complex numbers: their parts, their sizes and angles, and how they are made of real ones.

#include "ops/family.h"
#include "ops/layout.h"
#include "ops/registry.h"

namespace topograd {
namespace {

void expect_complex(const Tensor& x, std::string_view op) {
  expect<DTypeError>(is_complex(x.dtype()), "{}: expects a complex tensor, got {}", op, x.dtype());
}

Tensor sample_complex(const Dims& shape) {
  Dims pairs = shape;
  pairs.push_back(2);
  return complex_view(sample(pairs));
}

std::vector<Sample> complex_samples() { return {{sample_complex({2, 3})}, {sample_complex({})}}; }

/// The part of v at right angles to z, of which `direction` is the sign, over |z|; 0 where z is.
Tensor across(const Tensor& v, const Tensor& direction, const Tensor& z) {
  if (!is_complex(z.dtype())) return Tensor::zeros(z.shape(), z.dtype());
  const Tensor size = abs(z);
  const Tensor nothing = eq(size, 0);
  const Tensor rest = v - direction * real(conj(direction) * v);
  return where(nothing, 0, rest / where(nothing, 1, size));
}

/// (re, im) of one dtype, as `complex` and `polar` take them.
void check_parts(const Tensor& a, const Tensor& b, std::string_view op) {
  expect<DTypeError>(
      a.dtype() == b.dtype() && (a.dtype() == DType::float32 || a.dtype() == DType::float64),
      "{}: expects two float32 or two float64 tensors, got {} and {}", op, a.dtype(), b.dtype());
}

}  // namespace

constinit const Unary view_as_real{{
    .signature = "view_as_real(Tensor input)",
    .doc = R"(The memory of a complex tensor seen as pairs (real part, imaginary part).

input: (*), complex. Returns (*, 2), float32 for complex64, float64 for complex128; a
view. Raises TypeError for a tensor that is not complex.

>>> tg.view_as_real(tg.tensor([1 + 2j, 3 - 4j]))
tensor([[ 1.,  2.],
        [ 3., -4.]])
)",
    .forward =
        [](const Tensor& z) {
          expect_complex(z, "view_as_real");
          return real_view(z);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&) -> Tensor {
      return view_as_complex(contiguous(g));
    }},
    .traits = is_view,
    .samples = complex_samples,
}};

constinit const Unary view_as_complex{{
    .signature = "view_as_complex(Tensor input)",
    .doc = R"(The memory of pairs (real part, imaginary part) seen as complex numbers.

input: (*, 2), float32 or float64, each pair side by side in memory. Returns (*),
complex64 or complex128; a view. Raises ShapeError for another last size, ValueError
for strides that do not fit.

>>> tg.view_as_complex(tg.tensor([[1.0, 2.0], [3.0, -4.0]]))
tensor([1.+2.j, 3.-4.j])
)",
    .forward =
        [](const Tensor& x) {
          expect<DTypeError>(x.dtype() == DType::float32 || x.dtype() == DType::float64,
                             "view_as_complex: expects float32 or float64, got {}", x.dtype());
          expect<ShapeError>(x.rank() > 0 && x.shape().back() == 2,
                             "view_as_complex: the last size must be 2, got shape {}", x.shape());
          bool fits = x.strides().back() == 1 && x.body()->offset % 2 == 0;
          for (int d = 0; d + 1 < x.rank(); ++d)
            fits = fits && (x.strides()[d] % 2 == 0 || x.shape()[d] <= 1);
          expect<ValueError>(fits || x.count() == 0,
                             "view_as_complex: strides {} and offset {} do not keep each pair side "
                             "by side; use contiguous()",
                             x.strides(), x.body()->offset);
          return complex_view(x);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&) -> Tensor {
      return view_as_real(is_complex(g.dtype()) ? g : cast(g, complex_of(g.dtype())));
    }},
    .traits = is_view,
    .samples = []() -> std::vector<Sample> { return {{sample({3, 2})}, {sample({2})}}; },
}};

constinit const Unary real{{
    .signature = "real(Tensor input)",
    .doc = R"(The real parts of a complex tensor, a view; a real tensor itself.

input: (*). Returns the same shape. The attribute x.real is the same.

>>> tg.real(tg.tensor([1 + 2j, 3 - 4j]))
tensor([1., 3.])
)",
    .forward = [](const Tensor& z) -> Tensor {
      return is_complex(z.dtype()) ? select(view_as_real(z), index{-1}, index{0}) : z;
    },
    .traits = function_only,
    .samples = complex_samples,
}};

constinit const Unary imag{{
    .signature = "imag(Tensor input)",
    .doc = R"(The imaginary parts of a complex tensor, a view.

input: (*), complex. Returns the same shape. Raises TypeError for a tensor that is not
complex. The attribute x.imag is the same.

>>> tg.imag(tg.tensor([1 + 2j, 3 - 4j]))
tensor([ 2., -4.])
)",
    .forward = [](const Tensor& z) -> Tensor {
      expect_complex(z, "imag");
      return select(view_as_real(z), index{-1}, index{1});
    },
    .traits = function_only,
    .samples = complex_samples,
}};

constinit const Unary conj{{
    .signature = "conj(Tensor input)",
    .doc = R"(Complex conjugate of every element: re - i im.

input: (*). Returns the same shape and dtype, in memory of its own; a real tensor itself.

>>> tg.conj(tg.tensor([1 + 2j, 3 - 4j]))
tensor([1.-2.j, 3.+4.j])
)",
    .forward =
        [](const Tensor& z) {
          if (!is_complex(z.dtype())) return shallow_copy(z);
          return pointwise<"conj">({}, z.dtype(), z.dtype(), nullptr, z);
        },
    .derivative =
        Linear{[](const Call&, const Tensor& g, const Tensor&) -> Tensor { return conj(g); }},
    .samples = complex_samples,
}};

constinit const Unary resolve_conj{{
    .signature = "resolve_conj(Tensor input)",
    .doc = R"(The input itself: conjugates are computed at once, never put off.

input: (*). Returns the same shape and dtype.

>>> tg.tensor([1 + 2j]).conj().resolve_conj()
tensor([1.-2.j])
)",
    .forward = [](const Tensor& z) { return z; },
    .samples = complex_samples,
}};

constinit const Unary sgn{{
    .signature = "sgn(Tensor input)",
    .doc = R"(Direction of every element: z / |z|, and 0 at 0; sign of a real one.

input: (*). Returns the same shape and dtype.

>>> tg.sgn(tg.tensor([3 + 4j, 0j]))
tensor([0.6000+0.8000j, 0.0000+0.0000j])
)",
    .forward = [](Target target, const Tensor& z) -> Tensor {
      if (!is_complex(z.dtype())) return unary<"sign">(target, z);
      return unary<"sgn">(target, z);
    },
    // Moving along z changes nothing: what is left of a change v is v - s Re(conj(s) v), over |z|.
    // The transposed map is the same.
    .derivative = General{.vjp = {[](const Call& c, const Tensor& g, const Tensor& z) -> Tensor {
                            return across(g, c.output(), z);
                          }},
                          .jvp = {[](const Call& c, const Tensors& t, const Tensor& z) -> Tensor {
                            return across(t[0], c.output(), z);
                          }}},
    .saves = saves_in0 | saves_output,
    .traits = is_method | has_in_place,
    .samples = complex_samples,
}};

constinit const Unary angle{{
    .signature = "angle(Tensor input)",
    .doc = R"(Angle of every element in the complex plane, in radians: atan2(im, re).

input: (*). Returns the same shape, real; of a real tensor 0, pi for negative numbers,
and NaN for NaN; float32 for integers. The gradient at 0 is 0.

>>> tg.angle(tg.tensor([1 + 0j, 1j, -1 + 0j]))
tensor([0.0000, 1.5708, 3.1416])
)",
    .forward = [](const Tensor& z) -> Tensor {
      if (is_complex(z.dtype()))
        return pointwise<"angle">({}, z.dtype(), real_of(z.dtype()), nullptr, z);
      const Tensor x = cast(z, floating(z.dtype()));
      return where(isnan(x), x, where(lt(x, 0), M_PI, Tensor::zeros({}, x.dtype())));
    },
    .derivative = Elementwise{[](const Call&, const Tensor& z) -> Tensor {
      if (!is_complex(z.dtype())) return Tensor::zeros({}, z.dtype());
      // d angle = Re(-i conj(z) / |z|^2 dz)
      const Tensor size = square(abs(z));
      const Tensor turned = conj(z) * Tensor(std::complex<double>(0, -1));
      return where(eq(size, 0), 0, turned / where(eq(size, 0), 1, size));
    }},
    .saves = saves_in0,
    .samples = complex_samples,
}};

constinit const Binary complex{{
    .signature = "complex(Tensor real, Tensor imag)",
    .doc = R"(Complex numbers from their real and imaginary parts: real + i imag.

real, imag: tensors that broadcast, both float32 or both float64. Returns complex64 or
complex128. Raises TypeError for other dtypes.

>>> tg.complex(tg.tensor([1.0, 3.0]), tg.tensor([2.0, -4.0]))
tensor([1.+2.j, 3.-4.j])
)",
    .forward = [](Target target, const Tensor& re, const Tensor& im) -> Tensor {
      check_parts(re, im, "complex");
      check_castable(target, complex_of(re.dtype()), "complex");
      return pointwise<"complex">(target, re.dtype(), complex_of(re.dtype()), nullptr, re, im);
    },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, const Tensor&) -> Tensor {
                           return real(g);
                         },
                         [](const Call&, const Tensor& g, const Tensor&, const Tensor&) -> Tensor {
                           return is_complex(g.dtype()) ? imag(g)
                                                        : Tensor::zeros(g.shape(), g.dtype());
                         }},
    .traits = function_only,
    .samples = binary_samples,
}};

constinit const Binary polar{{
    .signature = "polar(Tensor abs, Tensor angle)",
    .doc = R"(Complex numbers from their sizes and angles: abs * (cos(angle) + i sin(angle)).

abs, angle: tensors that broadcast, both float32 or both float64; angle in radians.
Returns complex64 or complex128. Raises TypeError for other dtypes.

>>> tg.polar(tg.tensor([1.0, 2.0]), tg.tensor([0.0, np.pi]))
tensor([ 1.+0.0000e+00j, -2.-1.7485e-07j])
)",
    .forward = [](Target target, const Tensor& size, const Tensor& turn) -> Tensor {
      check_parts(size, turn, "polar");
      check_castable(target, complex_of(size.dtype()), "polar");
      return pointwise<"polar">(target, size.dtype(), complex_of(size.dtype()), nullptr, size,
                                turn);
    },
    .derivative = Elementwise{[](const Call&, const Tensor& size, const Tensor& turn) -> Tensor {
                                return polar(Tensor::ones({}, size.dtype()), turn);
                              },
                              [](const Call& c, const Tensor&, const Tensor&) -> Tensor {
                                return c.output() * Tensor(std::complex<double>(0, 1));
                              }},
    .saves = saves_in1 | saves_output,
    .traits = function_only,
    .samples = binary_samples,
}};

Family complex_family() {
  return {&view_as_real, &view_as_complex, &real,    &imag, &conj, &resolve_conj,
          &sgn,          &angle,           &complex, &polar};
}

}  // namespace topograd
