// Conversions and copies.

#include "ops/family.h"
#include "ops/registry.h"
#include "tensor/memory_order.h"

namespace topograd {

constinit const Op<Tensor(Tensor, DType)> cast{{
    .signature = "cast(Tensor input, dtype dtype)",
    .doc = R"(The elements converted to dtype; floats are cut towards zero for integers.)",
    .forward =
        [](const Tensor& x, DType dtype) {
          if (x.dtype() == dtype) return shallow_copy(x);
          if (x.contiguous()) return converted_freely(x, dtype);
          return copy_with_strides(x, dtype, strides_of_format(x, "preserve_format", "to"));
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, DType) -> Tensor {
      return cast(g, x.dtype());
    }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), DType::float64}, {sample({2, 3}), DType::int64}};
    },
}};

constinit const Op<Tensor(Tensor, std::string)> clone{{
    .signature = "clone(Tensor input, *, str memory_format='preserve_format')",
    .doc = R"(A copy with memory of its own.

input: (*). Returns the same shape and dtype. memory_format: preserve_format (default)
for the order of dims that input has in memory, contiguous_format for row-major,
channels_last (4 dims), channels_last_3d (5 dims). The gradient flows through to input;
detach().clone() gives a copy without history.

>>> x = tg.tensor([1.0, 2.0])
>>> y = x.clone()
>>> _ = y.add_(10)
>>> x
tensor([1., 2.])
)",
    .forward =
        [](const Tensor& x, const std::string& format) {
          const Dims strides = strides_of_format(x, format, "clone");
          if (x.contiguous() && has_strides(x, strides)) return dense_copy(x);
          return copy_with_strides(x, x.dtype(), strides);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&,
                            const std::string&) -> Tensor { return g; }},
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), "preserve_format"}, {sample({2, 3, 2, 2}), "channels_last"}};
    },
}};

constinit const Op<Tensor(Tensor, std::string)> contiguous{{
    .signature = "contiguous(Tensor input, *, str memory_format='contiguous_format')",
    .doc = R"(The input itself when its memory is row-major without gaps, else a copy that is.

input: (*). Returns the same shape and dtype. memory_format: contiguous_format (default),
or channels_last (4 dims) or channels_last_3d (5 dims) for the order of dims asked for.

>>> x = tg.tensor([[1, 2], [3, 4]]).t()
>>> x.stride(), x.contiguous().stride()
((1, 2), (2, 1))
>>> x.contiguous()
tensor([[1, 3],
        [2, 4]])
)",
    .forward =
        [](const Tensor& x, const std::string& format) {
          if (x.contiguous() && format == "contiguous_format") return x;
          expect<ValueError>(format != "preserve_format",
                             "contiguous: preserve_format is not a layout to bring a tensor to");
          const Dims strides = strides_of_format(x, format, "contiguous");
          return has_strides(x, strides) ? x : clone(x, format);
        },
    .traits = is_method | method_only | is_input_if_dense,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), "contiguous_format"}, {sample({2, 3, 2, 2}), "channels_last"}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, bool)> copy{{
    .signature = "copy(Tensor input, Tensor src, bool non_blocking=False)",
    .doc = R"(The elements of src written over input, as input.copy_(src).

input: (*), changed and returned. src: a tensor or number that broadcasts to the shape
of input, converted to its dtype: fractions are cut off for integers. It may share
memory with input. non_blocking: accepted, without effect. Later gradients go to src,
none to the old elements. Raises ShapeError when src does not broadcast to input.

>>> x = tg.zeros(2, 3)
>>> x.copy_(tg.tensor([1, 2, 3]))
tensor([[1., 2., 3.],
        [1., 2., 3.]])
)",
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

constinit const Binary fill{{
    .signature = "fill(Tensor input, Tensor value)",
    .doc =
        R"(A tensor of the shape and dtype of input with value everywhere; fill_ writes it over input.

input: (*). value: a number or a 0-d tensor, converted to the dtype of input: fractions are cut off
for integers. The old elements get no gradient, that of value is the sum. Raises ShapeError for a
value of more dims, ValueError for one that the dtype can not hold.

>>> x = tg.zeros(2, 2)
>>> x.fill_(7)
tensor([[7., 7.],
        [7., 7.]])
>>> tg.fill(x, 0.5)
tensor([[0.5000, 0.5000],
        [0.5000, 0.5000]])
)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& value) {
          expect<ShapeError>(value.rank() == 0, "fill: value must be a number or 0-d, got shape {}",
                             value.shape());
          const Scalar number = value.item();
          if (target.tensor == nullptr) return Tensor::full(x.shape(), number, x.dtype());
          copy_elements(expand(Tensor::full({}, number, x.dtype()), x.shape()), *target.tensor);
          return *target.tensor;
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, const Tensor&) -> Tensor {
                           return Tensor::zeros(g.shape(), g.dtype());
                         },
                         [](const Call&, const Tensor& g, const Tensor&, const Tensor&) -> Tensor {
                           return sum(g, {}, false, {});
                         }},
    .traits = has_in_place_function,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Tensor(0)}, {sample({2, 3}), sample({})}};
    },
}};

Family cast_family() { return {&cast, &clone, &contiguous, &copy, &fill}; }

}  // namespace topograd
