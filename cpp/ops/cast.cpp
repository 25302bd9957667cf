// Conversions and copies.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {

constinit const Op<Tensor(Tensor, DType)> cast{{
    .signature = "cast(Tensor input, dtype dtype)",
    .doc =
        R"(The elements converted to dtype. Floats are cut towards zero when they become integers.)",
    .forward =
        [](const Tensor& x, DType dtype) {
          return x.dtype() == dtype ? shallow_copy(x) : converted(x, dtype);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, DType) -> Tensor {
      return cast(g, x.dtype());
    }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), DType::float64}, {sample({2, 3}), DType::int64}};
    },
}};

constinit const Unary clone{{
    .signature = "clone(Tensor input)",
    .doc = R"(A copy with memory of its own. The gradient flows through.)",
    .forward = [](const Tensor& x) { return dense_copy(x); },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&) -> Tensor { return g; }},
    .samples = unary_samples,
}};

constinit const Unary contiguous{{
    .signature = "contiguous(Tensor input)",
    .doc = R"(The input itself when its memory is row-major without gaps, else a copy that is.)",
    .forward = [](const Tensor& x) { return x.contiguous() ? x : clone(x); },
    .traits = is_method | method_only,
    .samples = unary_samples,
}};

constinit const Op<Tensor(Tensor, Tensor, bool)> copy{{
    .signature = "copy(Tensor input, Tensor src, bool non_blocking=False)",
    .doc = R"(The elements of src, broadcast to the shape and converted to the dtype of input.

Public as input.copy_(src). Raises ShapeError when src does not broadcast to input.)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& source, bool) {
          expect<ShapeError>(broadcast_shapes(x.shape(), source.shape(), "copy_") == x.shape(),
                             "copy_: source of shape {} does not broadcast to {}", source.shape(),
                             x.shape());
          const Tensor wide = expand(source, x.shape());
          if (target.tensor == nullptr) return dense_copy(converted(wide, x.dtype()));
          copy_elements(may_overlap(source, x) ? dense_copy(wide) : wide, *target.tensor);
          return *target.tensor;
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, const Tensor&,
                            bool) -> Tensor { return Tensor::zeros(g.shape(), g.dtype()); },
                         [](const Call&, const Tensor& g, const Tensor&, const Tensor&,
                            bool) -> Tensor { return g; }},
    .traits = is_method | has_in_place | in_place_only,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample({3}), false}}; },
}};

constinit const Op<Tensor(Tensor, Scalar)> fill{{
    .signature = "fill(Tensor input, Scalar value)",
    .doc = R"(value everywhere, in the shape and dtype of input. Public as input.fill_(value).)",
    .forward =
        [](Target target, const Tensor& x, Scalar value) {
          if (target.tensor == nullptr) return Tensor::full(x.shape(), value, x.dtype());
          copy_elements(expand(Tensor::full({}, value, x.dtype()), x.shape()), *target.tensor);
          return *target.tensor;
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, Scalar) -> Tensor {
      return Tensor::zeros(g.shape(), g.dtype());
    }},
    .traits = is_method | has_in_place | in_place_only,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 0}}; },
}};

Family cast_family() { return {&cast, &clone, &contiguous, &copy, &fill}; }

}  // namespace topograd
