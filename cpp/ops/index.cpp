// Reading and writing at positions given by tensors.

#include "ops/family.h"
#include "ops/indexing.h"
#include "ops/placement.h"
#include "ops/registry.h"

namespace topograd {
namespace {

Tensor gathered(const Tensor& x, std::int64_t dim, const Tensor& index_tensor) {
  const int d = wrap_dim(dim, x.rank(), "gather");
  const Tensor positions = positions_along(x, d, index_tensor, "gather");
  Tensor out = Tensor::empty(index_tensor.shape(), x.dtype());
  if (out.count() == 0) return out;
  const Tensor source = dense(x.rank() == 0 ? x : met_by(x, d, positions.shape()));
  const Tensor at = dense(converted(positions, DType::int64));
  const Axis axis = axis_of(at.shape(), d);
  const index n = x.rank() == 0 ? 1 : x.shape()[d];
  const bool inside = kernel_table().movement.gather(
      source.address(), at.data<std::int64_t>(), out.address(), axis.outer, n, axis.n, axis.inner,
      static_cast<index>(size_of(x.dtype())));
  if (!inside) check_positions(at, n, "gather");  // tells which one it is
  return out;
}

Tensor zeros_at(const Tensor& g, std::int64_t dim, const Tensor& at) {
  return scatter(g, dim, at, Tensor::zeros({}, g.dtype()));
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensors)> advanced_index{{
    .signature = "index(Tensor input, Tensor?[] indices)",
    .doc = R"(input[indices] with integer tensors; an undefined one keeps its dim.)",
    .forward = [](const Tensor& x, const Tensors& indices) { return read_at(x, indices); },
    .derivative = Linear{[](const Call& c, const Tensor& g, const Tensor& x,
                            const Tensors& indices) -> Tensors {
      (void)c;
      Tensors gradients{index_put(Tensor::zeros(x.shape(), x.dtype()), indices, g, true)};
      gradients.resize(1 + indices.size());
      return gradients;
    }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), Tensors{sample_integers({2}, 3), sample_integers({2}, 4)}},
              {sample({3, 4}), Tensors{Tensor(), sample_integers({2, 2}, 4)}}};
    },
}};

constinit const Op<Tensor(Tensor, Tensors, Tensor, bool)> index_put{{
    .signature = "index_put(Tensor input, Tensor?[] indices, Tensor values, bool accumulate=False)",
    .doc =
        R"(input with values written, or added, at positions: input[indices] = values.

indices: a tuple of integer tensors, one per dim from the first, that broadcast together, or bool
masks of the dims they stand for; negative integers count from the end. values: the dtype of input,
broadcast to the shape of input[indices]. accumulate=True adds instead of writing.
At repeated positions the last value wins; with accumulate all are added, in the order of the
indices. Raises IndexError out of range, ShapeError when values do not broadcast, RuntimeError for
another dtype.

>>> x, i = tg.zeros(3), (tg.tensor([0, 0, 2]),)
>>> tg.index_put(x, i, tg.tensor([1.0, 2.0, 3.0]))
tensor([2., 0., 3.])
>>> tg.index_put(x, i, tg.tensor([1.0, 2.0, 3.0]), accumulate=True)
tensor([3., 0., 3.])
)",
    .forward = [](Target target, const Tensor& x, const Tensors& indices, const Tensor& values,
                  bool accumulate) { return write_at(target, x, indices, values, accumulate); },
    .derivative = Linear{[](const Call& c, const Tensor& g, const Tensor& x, const Tensors& indices,
                            const Tensor& values, bool accumulate) -> Tensors {
      Tensors gradients(2 + indices.size());
      if (c.wants(0))
        gradients[0] = accumulate ? g : index_put(g, indices, Tensor::zeros({}, x.dtype()), false);
      const auto last = static_cast<int>(indices.size()) + 1;
      if (c.wants(last)) {
        Tensors plain = integer_indices(x, indices);
        gradients[static_cast<std::size_t>(last)] =
            sum_to(advanced_index(g, plain), values.shape());
      }
      return gradients;
    }},
    .traits = is_method | has_in_place_function,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), Tensors{Tensor::of<std::int64_t>({2, 0})}, sample({2, 4}), false},
              {sample({3}), Tensors{Tensor::of<std::int64_t>({1, 1})}, sample({2}), true}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, Tensor)> gather{{
    .signature = "gather(Tensor input, int dim, Tensor index)",
    .doc =
        R"(Elements picked along dim: out[i, j] = input[index[i, j], j] for dim 0 of two, and so on.

index: integers with as many dims as input, not larger than it except along dim. Returns the shape
of index and the dtype of input. The gradient adds up where a position is picked repeatedly.
Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when index does not fit.

>>> tg.gather(tg.tensor([[1, 2, 3], [4, 5, 6]]), 1, tg.tensor([[2], [0]]))
tensor([[3],
        [4]])
)",
    .forward = [](const Tensor& x, std::int64_t dim,
                  const Tensor& at) { return gathered(x, dim, at); },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, std::int64_t dim,
                            const Tensor& at) -> Tensor {
      return scatter_add(Tensor::zeros(x.shape(), x.dtype()), dim, at, g);
    }},
    .saves = saves_in1,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), 0, sample_integers({2, 4}, 3)},
              {sample({3, 4}), 1, sample_integers({2, 5}, 4)}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, Tensor, Tensor)> scatter{{
    .signature = "scatter(Tensor input, int dim, Tensor index, Tensor src)",
    .doc =
        R"(input with src written at positions along dim.

out[index[i, j], j] = src[i, j] for dim 0 of two, and so on. index: integers with as many dims as
input. src: the dtype of input and at least the shape of index; only that part is read. At repeated
positions the last one wins, but the gradients of all of them are those of the position.
Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when shapes do not fit,
RuntimeError for another dtype.

>>> tg.scatter(tg.zeros(2, 3), 1, tg.tensor([[2], [0]]), tg.tensor([[1.0], [2.0]]))
tensor([[0., 0., 1.],
        [2., 0., 0.]])
)",
    .forward =
        [](Target target, const Tensor& x, std::int64_t dim, const Tensor& at,
           const Tensor& source) { return scattered(target, x, dim, at, source, {}, "scatter"); },
    .derivative =
        Linear{[](const Call&, const Tensor& g, const Tensor&, std::int64_t dim, const Tensor& at,
                  const Tensor&) -> Tensor { return zeros_at(g, dim, at); },
               [](const Call&, const Tensor&, const Tensor&, std::int64_t, const Tensor&,
                  const Tensor&) -> Tensor { return {}; },
               [](const Call&, const Tensor& g, const Tensor&, std::int64_t dim, const Tensor& at,
                  const Tensor& source) -> Tensor {
                 return spread_over(gather(g, dim, at), source.shape());
               }},
    .saves = saves_in1,
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), 1, Tensor::of<std::int64_t>({0, 2, 3, 1}, {2, 2}), sample({2, 2})}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, Tensor, Tensor)> scatter_value{{
    .signature = "scatter.value(Tensor input, int dim, Tensor index, Tensor value)",
    .doc =
        R"(input with one value written at positions along dim.

out[index[i, j], j] = value for dim 0 of two, and so on. index: integers with as many dims as input.
value: a number, converted to the dtype of input.

>>> tg.scatter(tg.zeros(2, 3), 1, tg.tensor([[2], [0]]), 1.0)
tensor([[0., 0., 1.],
        [1., 0., 0.]])
)",
    .forward = [](const Tensor& x, std::int64_t dim, const Tensor& at,
                  const Tensor& value) { return scatter(x, dim, at, value); },
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), 1, sample_integers({2, 2}, 4), Tensor(2.5)}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, Tensor, Tensor)> scatter_add{{
    .signature = "scatter_add(Tensor input, int dim, Tensor index, Tensor src)",
    .doc =
        R"(input with src added at positions along dim.

out[index[i, j], j] += src[i, j] for dim 0 of two, and so on. index: integers with as many dims as
input. src: the dtype of input and at least the shape of index; only that part is read. Repeated
positions add up in the order of index: the same bits on every run. The gradient of src is that of
the result, gathered at index.
Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when shapes do not fit,
RuntimeError for another dtype.

>>> tg.scatter_add(tg.zeros(3), 0, tg.tensor([0, 0, 2]), tg.tensor([1.0, 2.0, 3.0]))
tensor([3., 0., 3.])
)",
    .forward =
        [](Target target, const Tensor& x, std::int64_t dim, const Tensor& at,
           const Tensor& source) {
          return scattered(target, x, dim, at, source, {.how = Landing::add}, "scatter_add");
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, std::int64_t,
                            const Tensor&, const Tensor&) -> Tensor { return g; },
                         [](const Call&, const Tensor&, const Tensor&, std::int64_t, const Tensor&,
                            const Tensor&) -> Tensor { return {}; },
                         [](const Call&, const Tensor& g, const Tensor&, std::int64_t dim,
                            const Tensor& at, const Tensor& source) -> Tensor {
                           return spread_over(gather(g, dim, at), source.shape());
                         }},
    .saves = saves_in1,
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), 0, sample_integers({2, 4}, 3), sample({2, 4})}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, Tensor)> index_select{{
    .signature = "index_select(Tensor input, int dim, Tensor index)",
    .doc = R"(A copy of the positions index along dim of input, one behind the other.

index: integers (k,), or one integer. Returns the shape of input with size k along dim. Repeated
positions are fine; their gradients add up. Raises IndexError for an entry outside of
[0, input.size(dim)), ShapeError for an index of more than one dim.

>>> tg.index_select(tg.tensor([[1, 2, 3], [4, 5, 6]]), 1, tg.tensor([2, 0, 0]))
tensor([[3, 1, 1],
        [6, 4, 4]])
)",
    .forward =
        [](const Tensor& x, std::int64_t dim, const Tensor& at) {
          const int d = wrap_dim(dim, x.rank(), "index_select");
          expect<ShapeError>(at.rank() <= 1, "index_select: index must be 1-d, got shape {}",
                             at.shape());
          const index n = x.rank() == 0 ? 1 : x.shape()[d];
          expect<ShapeError>(x.rank() > 0 || at.count() == 1,
                             "index_select: a 0-d input has one element, index has {}", at.count());
          check_positions(at, n, "index_select");
          Tensor out = Tensor::empty(with_index_rows(x, d, at), x.dtype());
          if (out.count() == 0) return out;
          const Axis axis = axis_of(x.shape(), d);
          const Tensor source = dense(x), positions = dense(converted(at, DType::int64));
          kernel_table().movement.index_select(source.address(), positions.data<std::int64_t>(),
                                               out.address(), axis.outer, n, at.count(), axis.inner,
                                               static_cast<index>(size_of(x.dtype())));
          return out;
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, std::int64_t dim,
                            const Tensor& at) -> Tensor {
      return index_add(Tensor::zeros(x.shape(), x.dtype()), dim, at, g, 1);
    }},
    .saves = saves_in1,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), 0, sample_integers({5}, 3)},
              {sample({3, 4}), -1, sample_integers({2}, 4)}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, Tensor, Tensor, Scalar)> index_add{{
    .signature = "index_add(Tensor input, int dim, Tensor index, Tensor source, *, Scalar alpha=1)",
    .doc =
        R"(input with alpha * source added at the positions index along dim.

index: integers (k,). source: the shape of input with size k along dim, and its dtype. alpha: a
number, default 1. Repeated positions add up in the order of index: the same bits on every run.
Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when source does not fit,
RuntimeError for another dtype.

>>> tg.index_add(tg.zeros(3), 0, tg.tensor([0, 0, 2]), tg.tensor([1.0, 2.0, 3.0]), alpha=10)
tensor([30.,  0., 30.])
)",
    .forward =
        [](Target target, const Tensor& x, std::int64_t dim, const Tensor& at, const Tensor& source,
           const Scalar& alpha) {
          const int d = wrap_dim(dim, x.rank(), "index_add");
          const index n = x.rank() == 0 ? 1 : x.shape()[d];
          check_index_rows(x, d, at, source, "index_add");
          expect<DTypeError>(!alpha.is_complex() || is_complex(x.dtype()),
                             "index_add: alpha {} is complex, the tensors are {}", alpha,
                             x.dtype());
          check_positions(at, n, "index_add");
          const Tensor out = target.tensor != nullptr ? *target.tensor : dense_copy(x);
          if (source.count() == 0) return out;
          const Axis axis = axis_of(x.shape(), d);
          const DType summed = compute_dtype(x.dtype());
          const Tensor work = dense(converted(out, summed));
          // An integer input takes the whole part of alpha, as in PyTorch.
          const Scalar factor = is_differentiable(x.dtype()) ? alpha : Scalar(alpha.integer());
          const Tensor scaled = factor.complex() == 1.0 ? source : mul(source, Tensor(factor));
          const Tensor from = dense(converted(scaled, summed)),
                       positions = dense(converted(at, DType::int64));
          kernel_table().adding[static_cast<int>(compute_of(x.dtype()))].index_add(
              from.address(), positions.data<std::int64_t>(), work.address(), axis.outer, n,
              at.count(), axis.inner);
          if (!work.same_as(out)) copy_elements(work, out);
          return out;
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, std::int64_t,
                            const Tensor&, const Tensor&, const Scalar&) -> Tensor { return g; },
                         [](const Call&, const Tensor&, const Tensor&, std::int64_t, const Tensor&,
                            const Tensor&, const Scalar&) -> Tensor { return {}; },
                         [](const Call&, const Tensor& g, const Tensor&, std::int64_t dim,
                            const Tensor& at, const Tensor&, const Scalar& alpha) -> Tensor {
                           return index_select(g, dim, at) * conjugated(Tensor(alpha));
                         }},
    .saves = saves_in1,
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), 0, sample_integers({5}, 3), sample({5, 4}), 2.0}};
    },
}};

/// Positions in which negative ones count from the end.
static Tensor wrapped(const Tensor& at, index n) {
  const Tensor whole = converted(at, DType::int64);
  return where(lt(whole, 0), whole + Tensor(Scalar(n)), whole);
}

constinit const Op<Tensor(Tensor, Tensor, OptionalInt)> take_along_dim{{
    .signature = "take_along_dim(Tensor input, Tensor indices, int? dim=None)",
    .doc = R"(Elements of input picked along dim by indices, as NumPy's take_along_axis.

indices: integers with as many dims as input; all dims but dim broadcast. Without dim (default None)
both are flattened. It takes what argsort returns along the same dim. Negative entries count from
the end. Raises IndexError for an entry outside of [-n, n), n = input.size(dim); ShapeError for different numbers of
dims.

>>> x = tg.tensor([[3, 1, 2], [4, 6, 5]])
>>> tg.take_along_dim(x, tg.argsort(x, dim=1), dim=1)
tensor([[1, 2, 3],
        [4, 5, 6]])
)",
    .forward =
        [](const Tensor& x, const Tensor& at, const OptionalInt& dim) {
          expect<DTypeError>(is_integer(at.dtype()),
                             "take_along_dim: indices must be integers, got {}", at.dtype());
          if (!dim) {
            const Tensor flat = reshape(x, Dims{-1});
            return gather(flat, 0, wrapped(reshape(at, Dims{-1}), flat.count()));
          }
          const int d = wrap_dim(*dim, x.rank(), "take_along_dim");
          expect<ShapeError>(x.rank() == at.rank(),
                             "take_along_dim: input {} and indices {} differ in rank", x.shape(),
                             at.shape());
          Dims wide_x = x.shape(), wide_at = at.shape();
          wide_x[d] = wide_at[d] = 1;
          const Dims common = broadcast_shapes(wide_x, wide_at, "take_along_dim");
          wide_x = wide_at = common;
          wide_x[d] = x.shape()[d];
          wide_at[d] = at.shape()[d];
          const index n = x.rank() == 0 ? 1 : x.shape()[d];
          return gather(expand(x, wide_x), d, wrapped(expand(at, wide_at), n));
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), sample_integers({1, 4}, 3), 0}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor)> masked_select{{
    .signature = "masked_select(Tensor input, Tensor mask)",
    .doc = R"(The elements of input where mask is True, as a new vector in row-major order.

mask: bool; input and mask broadcast together. The gradient is 0 at the other elements.
Raises DTypeError for another dtype, ShapeError when the shapes do not broadcast.

>>> tg.masked_select(tg.tensor([[1, 2], [3, 4]]), tg.tensor([True, False]))
tensor([1, 3])
)",
    .forward =
        [](const Tensor& x, const Tensor& mask) {
          expect<DTypeError>(is_boolean(mask.dtype()), "masked_select: mask must be bool, got {}",
                             mask.dtype());
          const Dims shape = broadcast_shapes(x.shape(), mask.shape(), "masked_select");
          const Tensor wide = expand(x, shape), wide_mask = expand(mask, shape);
          const Tensor flat = reshape(wide, Dims{-1});
          return index_select(flat, 0, reshape(nonzero(reshape(wide_mask, Dims{-1})), Dims{-1}));
        },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample_booleans({2, 3})}}; },
}};

constinit const Op<Tensor(Tensor)> nonzero{{
    .signature = "nonzero(Tensor input)",
    .doc =
        R"(The positions of the elements of input that are not zero.

input: any shape and dtype; NaN counts as not zero. Returns int64 (count, input.ndim), one row per
element in row-major order; a 0-d input gives (1, 0) or (0, 0). Not differentiable.

>>> tg.nonzero(tg.tensor([[0, 3], [4, 0]]))
tensor([[0, 1],
        [1, 0]])
)",
    .forward = [](const Tensor& x) { return positions_of_nonzero(x); },
    .derivative = NotDifferentiable{},
    .traits = is_method | exact_out,
    .samples = []() -> std::vector<Sample> { return {{sample_booleans({2, 3})}, {sample({3})}}; },
}};

constinit const Op<Tensor(Tensor, std::int64_t)> one_hot{{
    .signature = "one_hot(Tensor input, int num_classes=-1)",
    .doc =
        R"(1 at the position of each class index along a new last dim, 0 elsewhere.

input: integers (*). num_classes: the size of the new dim; -1 (default) takes the greatest index
plus 1. Returns int64 (*, num_classes), not differentiable. Raises ValueError for an index outside
of [0, num_classes), ShapeError for an empty input without num_classes.

>>> F.one_hot(tg.tensor([0, 2]), 4)
tensor([[1, 0, 0, 0],
        [0, 0, 1, 0]])
)",
    .forward =
        [](const Tensor& x, std::int64_t classes) {
          expect<DTypeError>(is_integer(x.dtype()),
                             "one_hot: expects integer class indices, got {}", x.dtype());
          expect<ValueError>(classes == -1 || classes > 0,
                             "one_hot: num_classes must be positive, got {}", classes);
          expect<ShapeError>(classes > 0 || x.count() > 0,
                             "one_hot: an empty input needs num_classes");
          if (x.count() > 0) {
            const auto least = amin(x, {}, false).item<index>(),
                       greatest = amax(x, {}, false).item<index>();
            if (classes == -1) classes = greatest + 1;
            expect<ValueError>(least >= 0 && greatest < classes,
                               "one_hot: class indices must be in [0, {}), got {} to {}", classes,
                               least, greatest);
          }
          Dims shape = x.shape();
          shape.push_back(classes);
          const Tensor at = dense(converted(x, DType::int64));
          const Tensor out = Tensor::zeros(shape, DType::int64);
          const auto* place = at.data<std::int64_t>();
          auto* to = out.data<std::int64_t>();
          for (index i = 0; i < at.count(); ++i) to[i * classes + place[i]] = 1;
          return out;
        },
    .derivative = NotDifferentiable{},
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> { return {{sample_integers({3}, 4), 4}}; },
}};

Family index_family() {
  return {&advanced_index, &index_put,    &gather,    &scatter,        &scatter_value,
          &scatter_add,    &index_select, &index_add, &take_along_dim, &masked_select,
          &nonzero,        &one_hot,      &embedding, &embedding_rows};
}

}  // namespace topograd
