// Contributions that meet at an element and become its sum, product, mean, greatest or least one.

#include "ops/family.h"
#include "ops/placement.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// Products of the other values of the same group, without a division. Along a tree of products: up
/// from the values, then down from 1, where each takes its neighbour's product along. Written in
/// ops, so that zeros do no harm to derivatives of any order.
class ProductTree {
 public:
  /// `groups` is sorted, one entry per value.
  ProductTree(const Tensor& values, std::vector<std::int64_t> groups) {
    Tensor level = values;
    bool paired = true;
    while (paired) {
      const auto count = static_cast<index>(groups.size());
      std::vector<std::int64_t> neighbour, left, parent, above;
      paired = false;
      for (index i = 0; i < count;) {
        const auto at = static_cast<std::size_t>(i);
        const bool pair = i + 1 < count && groups[at] == groups[at + 1];
        neighbour.push_back(pair ? i + 1 : count);  // `count`: a 1 behind the values
        if (pair) neighbour.push_back(i);
        parent.insert(parent.end(), pair ? 2 : 1, static_cast<std::int64_t>(left.size()));
        left.push_back(i);
        above.push_back(groups[at]);
        paired = paired || pair;
        i += pair ? 2 : 1;
      }
      if (!paired) break;
      const Tensor one = Tensor::ones({1}, values.dtype());
      const Tensor beside = index_select(cat({level, one}, 0), 0, Tensor::of(neighbour));
      levels_.push_back({beside, Tensor::of(parent)});
      level = index_select(mul(level, beside), 0, Tensor::of(left));
      groups = std::move(above);
    }
    others_ = Tensor::ones(level.shape(), values.dtype());
    for (std::size_t i = levels_.size(); i-- > 0;)
      others_ = mul(index_select(others_, 0, levels_[i].parent), levels_[i].beside);
  }
  const Tensor& others() const { return others_; }

 private:
  struct Level {
    Tensor beside, parent;
  };
  std::vector<Level> levels_;
  Tensor others_;
};

Tensor product_of_others(const Tensor& values, const Tensor& groups) {
  const Tensors sorted = sort(groups, 0, false, true);
  const ProductTree tree(index_select(values, 0, sorted[1]), sorted[0].to_vector<std::int64_t>());
  return index_select(tree.others(), 0, argsort(sorted[1], 0, false, true));
}

/// How far the result follows each element of the input and of the contributions.
struct Shares {
  Tensor input, source;
};

/// Where each contribution lands in the flattened input.
Tensor landing_places(const Tensor& x, int dim, const Tensor& at) {
  const Dims strides = contiguous_strides(x.shape());
  Tensor total = x.rank() == 0 ? Tensor::zeros(at.shape(), DType::int64)
                               : mul(at, Tensor(Scalar(strides[dim])));
  for (int d = 0; d < x.rank(); ++d) {
    if (d == dim) continue;
    std::vector<std::int64_t> steps;
    for (index i = 0; i < at.shape()[d]; ++i) steps.push_back(i * strides[d]);
    Dims shape = Dims::filled(x.rank(), 1);
    shape[d] = at.shape()[d];
    total = total + reshape(Tensor::of(steps), shape);
  }
  return reshape(total, Dims{-1});
}

/// Shares of finite values by counting zeros: right themselves, but not to be differentiated.
Shares counted_shares(const Tensor& x, int dim, const Tensor& at, const Tensor& source,
                      const Tensor& untouched, bool include_self) {
  const Tensor own_zero = include_self ? eq(x, 0) : Tensor::zeros(x.shape(), DType::boolean);
  const Tensor zero = eq(source, 0);
  const Tensor zeros = scatter_add(cast(own_zero, x.dtype()), dim, at, cast(zero, x.dtype()));
  const Tensor product =
      scatter_combine(where(own_zero, 1, x), dim, at, where(zero, 1, source), "prod", include_self);
  const auto share = [](const Tensor& value, const Tensor& is_zero, const Tensor& count,
                        const Tensor& total) {
    return where(eq(count, cast(is_zero, count.dtype())), total / where(is_zero, 1, value), 0);
  };
  return {include_self ? share(x, own_zero, zeros, product) : untouched,
          share(source, zero, gather(zeros, dim, at), gather(product, dim, at))};
}

Shares product_shares(const Call& c, const Tensor& x, int dim, const Tensor& at,
                      const Tensor& source, bool include_self) {
  const auto every = [](const Tensor& flags) {
    return all(flags, {}, false).item().integer() != 0;
  };
  const auto sound = [&](const Tensor& value) {
    return every(logical_and(ne(value, 0), isfinite(value)));
  };
  const Tensor untouched =
      scatter(Tensor::ones(x.shape(), x.dtype()), dim, at, Tensor::zeros({}, x.dtype()));
  if ((!include_self || sound(x)) && sound(source))
    return {include_self ? c.output() / x : untouched, gather(c.output(), dim, at) / source};
  if (!mode.recording && every(isfinite(source)) && (!include_self || every(isfinite(x))))
    return counted_shares(x, dim, at, source, untouched, include_self);
  const Tensor places = landing_places(x, dim, at), flat = reshape(source, Dims{-1});
  if (!include_self) return {untouched, reshape(product_of_others(flat, places), source.shape())};
  std::vector<std::int64_t> own;
  for (index i = 0; i < x.count(); ++i) own.push_back(i);
  const Tensor others =
      product_of_others(cat({reshape(x, Dims{-1}), flat}, 0), cat({Tensor::of(own), places}, 0));
  return {reshape(narrow(others, 0, 0, x.count()), x.shape()),
          reshape(narrow(others, 0, x.count(), flat.count()), source.shape())};
}

/// An extremum is shared equally among what reaches it; among NaN, where it is NaN.
Shares extreme_shares(const Call& c, const Tensor& x, int dim, const Tensor& at,
                      const Tensor& source, bool include_self) {
  const auto reached = [&](const Tensor& value, const Tensor& extremum) {
    const Tensor same = logical_or(eq(value, extremum), logical_and(isnan(value), isnan(extremum)));
    return cast(same, x.dtype());
  };
  Tensor input = reached(x, c.output());
  if (!include_self) input = scatter(input, dim, at, Tensor::zeros({}, x.dtype()));
  const Tensor from = reached(source, gather(c.output(), dim, at));
  const Tensor count = scatter_add(input, dim, at, from);
  return {input / count, from / gather(count, dim, at)};
}

/// The part of source that an index of this shape reads.
Tensor read_part(Tensor source, const Dims& shape) {
  for (int d = 0; d < source.rank() && source.rank() == shape.size(); ++d)
    if (source.shape()[d] != shape[d]) source = narrow(source, d, 0, shape[d]);
  return source.shape() == shape ? source : expand(source, shape);
}

Shares shares_of(const Call& c, const Tensor& x, int dim, const Tensor& at, const Tensor& source,
                 const std::string& reduce, bool include_self) {
  return reduce == "prod" ? product_shares(c, x, dim, at, source, include_self)
                          : extreme_shares(c, x, dim, at, source, include_self);
}

Tensors combined_vjp(const Call& c, const Tensor& g, const Tensor& x, int dim, const Tensor& at,
                     const Tensor& source, const std::string& reduce, bool include_self) {
  const Tensor part = read_part(source, at.shape());
  const Shares shares = shares_of(c, x, dim, at, part, reduce, include_self);
  Tensor gradient;
  if (c.wants(2)) {
    gradient = strong_mul(gather(g, dim, at), conjugated(shares.source));
    gradient =
        source.rank() == 0 ? sum(gradient, {}, false, {}) : spread_over(gradient, source.shape());
  }
  return {strong_mul(g, conjugated(shares.input)), Tensor(), gradient};
}

Tensor combined_jvp(const Call& c, const Tensors& t, const Tensor& x, int dim, const Tensor& at,
                    const Tensor& source, const std::string& reduce, bool include_self) {
  const Shares shares =
      shares_of(c, x, dim, at, read_part(source, at.shape()), reduce, include_self);
  const Tensor own = t[0].defined() ? strong_mul(t[0], shares.input)
                                    : Tensor::zeros(x.shape(), c.output().dtype());
  if (!t[2].defined()) return own;
  return scatter_add(own, dim, at, strong_mul(read_part(t[2], at.shape()), shares.source));
}

/// A vector of positions along dim as an index for gather.
Tensor over_rows(const Tensor& at, const Tensor& x, int dim) {
  if (x.rank() == 0) return reshape(at, Dims{});
  Dims shape = Dims::filled(x.rank(), 1);
  shape[dim] = at.count();
  return expand(reshape(at, shape), with_index_rows(x, dim, at));
}

Scattering combination(const std::string& reduce, bool include_self) {
  const Landing how = reduce == "prod"   ? Landing::product
                      : reduce == "amax" ? Landing::greatest
                                         : Landing::least;
  return {how, include_self};
}

kernels::Combination kernel_of(Landing how) {
  return how == Landing::product    ? kernels::Combination::product
         : how == Landing::greatest ? kernels::Combination::greatest
                                    : kernels::Combination::least;
}

Tensor index_combined(Target target, const Tensor& x, std::int64_t dim, const Tensor& at,
                      const Tensor& source, const Scattering& scattering) {
  if (scattering.how != Landing::product) expect_real(x.dtype(), "index_reduce");
  const int d = wrap_dim(dim, x.rank(), "index_reduce");
  const index n = x.rank() == 0 ? 1 : x.shape()[d];
  check_index_rows(x, d, at, source, "index_reduce");
  check_positions(at, n, "index_reduce");
  const Tensor out = target.tensor != nullptr ? *target.tensor : dense_copy(x);
  if (source.count() == 0) return out;
  const Axis axis = axis_of(x.shape(), d);
  const DType computed = compute_dtype(x.dtype());
  const Tensor own = may_overlap(source, out) ? dense_copy(source) : source;
  const Tensor work = dense(converted(out, computed)), from = dense(converted(own, computed));
  const Tensor positions = dense(converted(at, DType::int64));
  const auto* places = positions.data<std::int64_t>();
  if (!scattering.include_self)
    kernel_table().placing.index_write(identity_of(scattering.how, computed).address(), true,
                                       places, work.address(), axis.outer, n, at.count(),
                                       axis.inner, static_cast<index>(size_of(computed)));
  kernel_table().adding[static_cast<int>(compute_of(x.dtype()))].index_combine(
      kernel_of(scattering.how), from.address(), places, work.address(), axis.outer, n, at.count(),
      axis.inner);
  if (!work.same_as(out)) copy_elements(work, out);
  return out;
}

/// total / counts in the dtype of total; positions where nothing lands are divided by 1. Integers
/// are rounded down.
Tensor divided(const Tensor& total, const Tensor& counts) {
  const Tensor divisor = clamp_min(counts, Tensor(1));
  return is_differentiable(total.dtype()) ? total / cast(divisor, total.dtype())
                                          : floor_div(total, cast(divisor, total.dtype()));
}

/// Sums and means of half types are formed in float32 and rounded once.
Tensor scatter_mean(const Tensor& x, std::int64_t dim, const Tensor& at, const Tensor& source,
                    bool include_self) {
  expect<NotSupported>(!is_boolean(x.dtype()), "scatter_reduce: there is no mean of bools");
  expect<NotSupported>(source.dtype() == x.dtype() || source.body()->wrapped_number,
                       "scatter_reduce: dtypes differ: input is {}, src is {}", x.dtype(),
                       source.dtype());
  const DType computed = compute_dtype(x.dtype());
  Tensor start = cast(x, computed);
  if (!include_self) start = scatter(start, dim, at, Tensor::zeros({}, computed));
  const Tensor total = scatter_add(start, dim, at, cast(source, computed));
  const Tensor before = Tensor::full(x.shape(), include_self ? 1 : 0, DType::int64);
  const Tensor counts = scatter_add(before, dim, at, Tensor::ones({}, DType::int64));
  return cast(divided(total, counts), x.dtype());
}

Tensor index_mean(const Tensor& x, std::int64_t dim, const Tensor& at, const Tensor& source,
                  bool include_self) {
  const int d = wrap_dim(dim, x.rank(), "index_reduce");
  const index n = x.rank() == 0 ? 1 : x.shape()[d];
  check_index_rows(x, d, at, source, "index_reduce");
  check_positions(at, n, "index_reduce");
  expect<NotSupported>(!is_boolean(x.dtype()), "index_reduce: there is no mean of bools");
  const DType computed = compute_dtype(x.dtype());
  Tensor start = cast(x, computed);
  if (!include_self) start = index_fill(start, d, at, Tensor::zeros({}, computed));
  const Tensor total = index_add(start, d, at, cast(source, computed), 1);
  const Tensor flat = reshape(at, Dims{-1});
  Tensor counts = scatter_add(Tensor::full({n}, include_self ? 1 : 0, DType::int64), 0, flat,
                              Tensor::ones({}, DType::int64));
  Dims shape = Dims::filled(x.rank(), 1);
  if (x.rank() > 0) shape[d] = n;
  counts = reshape(counts, shape);
  return cast(divided(total, counts), x.dtype());
}

/// The result over the target, where there is one.
Tensor placed(Target target, const Tensor& result) {
  if (target.tensor == nullptr) return result;
  copy_elements(result, *target.tensor);
  return *target.tensor;
}

std::vector<Sample> scatter_samples(std::initializer_list<const char*> reductions) {
  std::vector<Sample> list;
  for (const char* reduce : reductions) {
    list.push_back({sample({3, 4}), 0, sample_integers({4, 3}, 3), sample({4, 3}), reduce, true});
    list.push_back({sample({3, 4}), 1, sample_integers({2, 6}, 4), sample({3, 6}), reduce, false});
  }
  return list;
}

std::vector<Sample> index_samples(std::initializer_list<const char*> reductions) {
  std::vector<Sample> list;
  for (const char* reduce : reductions) {
    list.push_back({sample({3, 4}), 0, sample_integers({5}, 3), sample({5, 4}), reduce, true});
    list.push_back({sample({2, 4}), -1, sample_integers({3}, 4), sample({2, 3}), reduce, false});
  }
  return list;
}

/// Every group of a sample of products gets zeros: one, two, or more.
std::vector<Sample> with_zeros(std::vector<Sample> list) {
  Tensor x = sample({3}), source = sample({6});
  x.data<double>()[0] = 0;
  for (int i : {0, 2, 3, 5}) source.data<double>()[i] = 0;
  list.push_back({x, 0, Tensor::of<std::int64_t>({0, 0, 1, 1, 1, 2}), source, "prod", true});
  return list;
}

}  // namespace

constinit const Op<Tensor(Tensor, std::int64_t, Tensor, Tensor, std::string, bool)> scatter_reduce{{
    .signature = "scatter_reduce(Tensor input, int dim, Tensor index, Tensor src, str reduce, *, "
                 "bool include_self=True)",
    .doc =
        R"(Contributions of src, gathered at positions of input along dim, reduced to one value each.

out[index[i, j], j] = reduce(input[index[i, j], j], src[i, j], …) for dim 0 of two, and so on.
index: integers with as many dims as input. src: the dtype of input and at least the shape of
index; only that part is read. reduce: 'sum', 'prod', 'mean', 'amax' or 'amin'; NaN wins in the
last two. include_self: whether the element of input counts where something lands (default True);
elsewhere it stays. Contributions are taken in the order of index: the same bits on every run and
number of threads. The mean of integers is rounded down. The gradient of an extremum is shared
equally among what reaches it; that of a product is right, also of second order, with any number
of zeros.
Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when shapes do not fit,
ValueError for another reduce, RuntimeError for another dtype.

>>> x, at = tg.tensor([1.0, 2.0, 3.0]), tg.tensor([0, 0, 2])
>>> tg.scatter_reduce(x, 0, at, tg.tensor([5.0, 7.0, -1.0]), "amax")
tensor([7., 2., 3.])
>>> tg.scatter_reduce(x, 0, at, tg.tensor([5.0, 7.0, -1.0]), "mean", include_self=False)
tensor([ 6.,  2., -1.])
)",
    .forward =
        [](Target target, const Tensor& x, std::int64_t dim, const Tensor& at, const Tensor& source,
           const std::string& reduce, bool include_self) {
          expect<ValueError>(reduce == "sum" || reduce == "prod" || reduce == "mean" ||
                                 reduce == "amax" || reduce == "amin",
                             "scatter_reduce: reduce must be sum, prod, mean, amax or amin, got "
                             "'{}'",
                             reduce);
          if (reduce == "mean")
            return placed(target, scatter_mean(x, dim, at, source, include_self));
          if (target.tensor != nullptr)
            return scattered(target, x, dim, at, source,
                             reduce == "sum" ? Scattering{Landing::add, include_self}
                                             : combination(reduce, include_self),
                             "scatter_reduce");
          if (reduce != "sum") return scatter_combine(x, dim, at, source, reduce, include_self);
          const Tensor start = include_self ? x : scatter(x, dim, at, Tensor::zeros({}, x.dtype()));
          return scatter_add(start, dim, at, source);
        },
    .traits = is_method | has_in_place,
    .samples = [] { return scatter_samples({"sum", "prod", "mean", "amax", "amin"}); },
}};

constinit const Op<Tensor(Tensor, std::int64_t, Tensor, Tensor, std::string, bool)> scatter_combine{
    {
        .signature = "scatter_combine(Tensor input, int dim, Tensor index, Tensor src, str reduce, "
                     "bool include_self)",
        .doc = R"(scatter_reduce with 'prod', 'amax' or 'amin'.)",
        .forward =
            [](Target target, const Tensor& x, std::int64_t dim, const Tensor& at,
               const Tensor& source, const std::string& reduce, bool include_self) {
              return scattered(target, x, dim, at, source, combination(reduce, include_self),
                               "scatter_reduce");
            },
        .derivative =
            General{.vjp = {[](const Call& c, const Tensor& g, const Tensor& x, std::int64_t dim,
                               const Tensor& at, const Tensor& source, const std::string& reduce,
                               bool include_self) -> Tensors {
                      return combined_vjp(c, g, x, wrap_dim(dim, x.rank(), "scatter_reduce"), at,
                                          source, reduce, include_self);
                    }},
                    .jvp = {[](const Call& c, const Tensors& t, const Tensor& x, std::int64_t dim,
                               const Tensor& at, const Tensor& source, const std::string& reduce,
                               bool include_self) -> Tensor {
                      return combined_jvp(c, t, x, wrap_dim(dim, x.rank(), "scatter_reduce"), at,
                                          source, reduce, include_self);
                    }}},
        .saves = saves_in0 | saves_in1 | saves_in2 | saves_output,
        .traits = is_hidden,
        .samples = [] { return with_zeros(scatter_samples({"prod", "amax", "amin"})); },
    }};

constinit const Op<Tensor(Tensor, std::int64_t, Tensor, Tensor, std::string)> scatter_reducing{{
    .signature = "scatter.reduce(Tensor input, int dim, Tensor index, Tensor src, *, str reduce)",
    .doc =
        R"(input with src added, or multiplied, at positions along dim.

reduce: 'add' or 'multiply'; input, dim, index and src as in scatter_reduce, which has more of these
and is to be preferred. Raises ValueError for another reduce.

>>> x, at = tg.tensor([1.0, 2.0, 3.0]), tg.tensor([0, 0, 2])
>>> tg.scatter(x, 0, at, tg.tensor([5.0, 7.0, -1.0]), reduce="multiply")
tensor([35.,  2., -3.])
)",
    .forward =
        [](Target target, const Tensor& x, std::int64_t dim, const Tensor& at, const Tensor& source,
           const std::string& reduce) {
          expect<ValueError>(reduce == "add" || reduce == "multiply",
                             "scatter: reduce must be add or multiply, got '{}'", reduce);
          const bool adding = reduce == "add";
          if (target.tensor != nullptr)
            return scattered(target, x, dim, at, source,
                             {.how = adding ? Landing::add : Landing::product}, "scatter");
          return adding ? scatter_add(x, dim, at, source)
                        : scatter_combine(x, dim, at, source, "prod", true);
        },
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), 0, sample_integers({2, 4}, 3), sample({2, 4}), "add"},
              {sample({3, 4}), 1, sample_integers({2, 3}, 4), sample({2, 3}), "multiply"}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, Tensor, Tensor, std::string)>
    scatter_value_reducing{{
        .signature =
            "scatter.value_reduce(Tensor input, int dim, Tensor index, Tensor value, *, str "
            "reduce)",
        .doc =
            R"(input with one number added, or multiplied, at positions along dim.

value: a number; reduce: 'add' or 'multiply'; input, dim and index as in scatter_reduce.

>>> tg.scatter(tg.ones(3), 0, tg.tensor([0, 0, 2]), value=2.0, reduce="add")
tensor([5., 1., 3.])
)",
        .forward =
            [](const Tensor& x, std::int64_t dim, const Tensor& at, const Tensor& value,
               const std::string& reduce) { return scatter_reducing(x, dim, at, value, reduce); },
        .traits = is_method | has_in_place,
        .samples = []() -> std::vector<Sample> {
          return {{sample({3, 4}), 1, sample_integers({2, 2}, 4), Tensor(2.5), "add"}};
        },
    }};

constinit const Op<Tensor(Tensor, std::int64_t, Tensor, Tensor, std::string, bool)> index_reduce{{
    .signature =
        "index_reduce(Tensor input, int dim, Tensor index, Tensor source, str reduce, *, bool "
        "include_self=True)",
    .doc =
        R"(Slices of source along dim, gathered at the positions index of input and reduced.

index: integers (k,). source: the shape of input with size k along dim, and its dtype. reduce:
'prod', 'mean', 'amax' or 'amin' (index_add is the sum); NaN wins in the last two. include_self:
whether the slice of input counts where something lands (default True). Order, gradients and the
mean of integers are those of scatter_reduce.
Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when source does not fit,
ValueError for another reduce, RuntimeError for another dtype.

>>> x, at = tg.ones(3, 2), tg.tensor([0, 0, 2])
>>> tg.index_reduce(x, 0, at, tg.tensor([[2.0, 3.0], [4.0, 5.0], [6.0, 0.0]]), "prod")
tensor([[ 8., 15.],
        [ 1.,  1.],
        [ 6.,  0.]])
)",
    .forward =
        [](Target target, const Tensor& x, std::int64_t dim, const Tensor& at, const Tensor& source,
           const std::string& reduce, bool include_self) {
          expect<ValueError>(
              reduce == "prod" || reduce == "mean" || reduce == "amax" || reduce == "amin",
              "index_reduce: reduce must be prod, mean, amax or amin, got '{}'", reduce);
          if (reduce == "mean") return placed(target, index_mean(x, dim, at, source, include_self));
          if (target.tensor != nullptr)
            return index_combined(target, x, dim, at, source, combination(reduce, include_self));
          return index_combine(x, dim, at, source, reduce, include_self);
        },
    .traits = is_method | has_in_place,
    .samples = [] { return index_samples({"prod", "mean", "amax", "amin"}); },
}};

constinit const Op<Tensor(Tensor, std::int64_t, Tensor, Tensor, std::string, bool)> index_combine{{
    .signature = "index_combine(Tensor input, int dim, Tensor index, Tensor source, str reduce, "
                 "bool include_self)",
    .doc = R"(index_reduce with 'prod', 'amax' or 'amin'.)",
    .forward =
        [](Target target, const Tensor& x, std::int64_t dim, const Tensor& at, const Tensor& source,
           const std::string& reduce, bool include_self) {
          return index_combined(target, x, dim, at, source, combination(reduce, include_self));
        },
    .derivative = General{.vjp = {[](const Call& c, const Tensor& g, const Tensor& x,
                                     std::int64_t dim, const Tensor& at, const Tensor& source,
                                     const std::string& reduce, bool include_self) -> Tensors {
                            const int d = wrap_dim(dim, x.rank(), "index_reduce");
                            return combined_vjp(c, g, x, d, over_rows(at, x, d), source, reduce,
                                                include_self);
                          }},
                          .jvp = {[](const Call& c, const Tensors& t, const Tensor& x,
                                     std::int64_t dim, const Tensor& at, const Tensor& source,
                                     const std::string& reduce, bool include_self) -> Tensor {
                            const int d = wrap_dim(dim, x.rank(), "index_reduce");
                            return combined_jvp(c, t, x, d, over_rows(at, x, d), source, reduce,
                                                include_self);
                          }}},
    .saves = saves_in0 | saves_in1 | saves_in2 | saves_output,
    .traits = is_hidden,
    .samples = [] { return with_zeros(index_samples({"prod", "amax", "amin"})); },
}};

Family scattering_family() {
  return {&scatter_reduce,         &scatter_combine, &scatter_reducing,
          &scatter_value_reducing, &index_reduce,    &index_combine};
}

}  // namespace topograd
