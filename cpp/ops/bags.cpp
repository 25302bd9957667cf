// Rows of a table by number, added up in bags.

#include "kernels/images.h"
#include "ops/embedding.h"
#include "ops/family.h"
#include "ops/registry.h"
#include "topograd/image_ops.h"

namespace topograd {
namespace {

/// Indices (entries,) into the table and where each bag begins, (bags + 1,); int64, dense.
struct BagEntries {
  Tensor indices, offsets;
};

Tensor whole_numbers(const Tensor& x, const char* what) {
  expect<DTypeError>(is_integer(x.dtype()), "embedding_bag: {} must hold integers, got {}", what,
                     x.dtype());
  return dense(converted(x, DType::int64));
}

/// Offsets with an end, and as PyTorch demands them: from 0 on, never decreasing.
Tensor checked_offsets(const Tensor& given, index entries, bool has_end) {
  expect<ShapeError>(given.rank() == 1,
                     "embedding_bag: offsets must have one dim for an input with one, got shape {}",
                     given.shape());
  const Tensor offsets = whole_numbers(given, "offsets");
  const index count = offsets.count();
  expect<ShapeError>(!has_end || count > 0,
                     "embedding_bag: with include_last_offset offsets has at least one entry");
  const index bags = has_end ? count - 1 : count;
  const Tensor out = Tensor::empty({bags + 1}, DType::int64);
  // With an end of its own, what is behind that end belongs to no bag.
  const auto* from = offsets.data<std::int64_t>();
  auto* to = out.data<std::int64_t>();
  for (index b = 0; b < bags + 1; ++b) to[b] = b < count ? from[b] : entries;
  for (index b = 0; b <= bags; ++b) {
    expect<ValueError>(b > 0 || bags == 0 || to[0] == 0,
                       "embedding_bag: offsets must begin with 0, got {}", to[0]);
    expect<ValueError>(to[b] >= (b == 0 ? 0 : to[b - 1]) && to[b] <= entries,
                       "embedding_bag: offsets must not decrease nor exceed the {} entries of "
                       "input, got {} after {}",
                       entries, to[b], to[std::max<index>(0, b - 1)]);
  }
  return out;
}

BagEntries entries_of(const Tensor& input, const Tensor& offsets, bool has_end) {
  expect<ShapeError>(input.rank() == 1 || input.rank() == 2,
                     "embedding_bag: input must have one or two dims, got shape {}", input.shape());
  const Tensor at = whole_numbers(input, "input");
  const Tensor flat = reshape(at, Dims{at.count()});
  if (input.rank() == 1) {
    expect<ValueError>(offsets.defined(),
                       "embedding_bag: an input with one dim needs offsets, got none");
    return {flat, checked_offsets(offsets, flat.count(), has_end)};
  }
  expect<ValueError>(!offsets.defined(),
                     "embedding_bag: the rows of an input with two dims are the bags; offsets must "
                     "be None");
  const index bags = input.shape()[0], length = input.shape()[1];
  Tensor starts = Tensor::empty({bags + 1}, DType::int64);
  for (index b = 0; b <= bags; ++b) starts.data<std::int64_t>()[b] = b * length;
  return {flat, starts};
}

/// The arguments of the kernels; `factors` are in the compute type.
kernels::BagShape bag_shape(const Tensor& table, const Tensor& indices, const Tensor& offsets,
                            const Tensor& factors, std::int64_t padding, bool mean) {
  return {offsets.count() - 1,
          table.shape()[1],
          table.shape()[0],
          padding,
          indices.data<std::int64_t>(),
          offsets.data<std::int64_t>(),
          factors.defined() ? factors.address() : nullptr,
          mean};
}

void check_bags(const Tensor& table, const Tensor& indices, const Tensor& offsets,
                const Tensor& factors) {
  expect_floating(table.dtype(), "embedding_bag");
  expect<ShapeError>(table.rank() == 2, "embedding_bag: weight must be (rows, width), got {}",
                     table.shape());
  expect<ShapeError>(indices.rank() == 1 && offsets.rank() == 1 && offsets.count() > 0,
                     "embedding_bag: indices {} and offsets {} must be vectors", indices.shape(),
                     offsets.shape());
  expect<DTypeError>(indices.dtype() == DType::int64 && offsets.dtype() == DType::int64,
                     "embedding_bag: indices and offsets must be int64");
  expect<IndexError>(
      indices.hollow() || kernel_table().movement.all_inside(dense(indices).data<std::int64_t>(),
                                                             indices.count(), table.shape()[0]),
      "embedding_bag: an index outside of [0, {})", table.shape()[0]);
  if (!offsets.hollow()) {
    const Tensor starts = checked_offsets(offsets, indices.count(), true);
    expect<ValueError>(starts.data<std::int64_t>()[starts.count() - 1] == indices.count(),
                       "embedding_bag: the last offset must be the number of indices, {}",
                       indices.count());
  }
  expect<ShapeError>(!factors.defined() || factors.shape() == indices.shape(),
                     "embedding_bag: per_sample_weights {} do not fit {} indices",
                     factors.defined() ? factors.shape() : Dims(), indices.shape());
}

/// For each entry: its bag, and what its row is multiplied with in the bag's result but for the
/// factors: 1 or one over the number of entries that count, 0 for the padding.
Tensor bag_numbers(const Tensor& offsets, index entries) {
  Tensor out = Tensor::empty({entries}, DType::int64);
  auto* bag = out.data<std::int64_t>();
  const auto* start = offsets.data<std::int64_t>();
  for (index b = 0; b + 1 < offsets.count(); ++b) std::fill(bag + start[b], bag + start[b + 1], b);
  return out;
}
Tensor shares(const Tensor& indices, const Tensor& bags, index bag_count, std::int64_t padding,
              bool mean, DType dtype) {
  Tensor counts = Tensor::ones(indices.shape(), dtype);
  if (padding >= 0) counts = where(eq(indices, Tensor(Scalar(padding))), 0, counts);
  if (!mean) return counts;
  const Tensor totals = index_add(Tensor::zeros({bag_count}, dtype), 0, bags, counts, 1);
  return counts / clamp_min(index_select(totals, 0, bags), 1);
}

/// The fused gradient of the table.
Tensor spread_rows(const Tensor& g, const Tensor& table, const Tensor& factors,
                   const Tensor& indices, const Tensor& offsets, std::int64_t padding, bool mean,
                   bool by_frequency) {
  const DType type = compute_dtype(table.dtype());
  const Tensor gradient = dense(converted(g, type));
  Tensor factor = factors.defined() ? converted(factors, type) : factors;
  if (by_frequency) {
    const Tensor share = reshape(inverse_frequency(indices, table.shape()[0], type), Dims{-1});
    factor = factor.defined() ? factor * share : share;
  }
  if (factor.defined()) factor = dense(factor);
  const Tensor out = Tensor::zeros(table.shape(), type);
  kernels::images().bags[real_index(type)].spread(
      bag_shape(table, dense(indices), dense(offsets), factor, padding, mean), gradient.address(),
      out.address());
  return converted(out, table.dtype());
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, Tensor, std::optional<double>, double, bool, std::string,
                          bool, Tensor, bool, OptionalInt)>
    embedding_bag{{
        .signature =
            "embedding_bag(Tensor input, Tensor weight, Tensor? offsets=None, float? "
            "max_norm=None, float norm_type=2.0, bool scale_grad_by_freq=False, str mode='mean', "
            "bool sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False, "
            "int? padding_idx=None)",
        .doc = R"(Rows of a table by number, added up, averaged or compared in bags.

input: integers, (bags, n), or (entries,) with offsets (bags,): bag b holds the entries from
offsets[b] on, up to the next offset or the end; include_last_offset=True says that offsets holds
the end too. weight: (rows, width). Returns (bags, width), without the rows in between. mode: 'sum',
'mean' (default) or 'max'; an empty bag gives zeros. per_sample_weights: a factor for each entry,
with 'sum'. padding_idx: a row that does not count and gets no gradient. max_norm, norm_type,
scale_grad_by_freq: as in embedding. The gradient is dense and the same for any number of threads.
Raises IndexError for an index outside of [0, rows), ValueError for options that do not fit together
and for sparse=True, ShapeError where shapes do not fit.

>>> table = tg.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
>>> F.embedding_bag(tg.tensor([0, 2, 1]), table, tg.tensor([0, 2]), mode="sum")
tensor([[6., 8.],
        [3., 4.]])
)",
        .forward =
            [](const Tensor& input, const Tensor& weight, const Tensor& offsets,
               const std::optional<double>& max_norm, double norm_type, bool by_frequency,
               const std::string& mode, bool sparse, const Tensor& factors, bool has_end,
               const OptionalInt& padding) {
              refuse_sparse(sparse, "embedding_bag");
              expect<ValueError>(mode == "sum" || mode == "mean" || mode == "max",
                                 "embedding_bag: mode must be sum, mean or max, got '{}'", mode);
              expect<ShapeError>(weight.rank() == 2,
                                 "embedding_bag: weight must be (rows, width), got {}",
                                 weight.shape());
              expect_floating(weight.dtype(), "embedding_bag");
              expect<ValueError>(!factors.defined() || mode == "sum",
                                 "embedding_bag: per_sample_weights are for mode 'sum', not '{}'",
                                 mode);
              expect<ValueError>(!by_frequency || mode != "max",
                                 "embedding_bag: scale_grad_by_freq is not for mode 'max'");
              expect<ShapeError>(!factors.defined() || factors.shape() == input.shape(),
                                 "embedding_bag: per_sample_weights {} must have the shape of "
                                 "input, {}",
                                 factors.defined() ? factors.shape() : Dims(), input.shape());
              const index rows = weight.shape()[0];
              const BagEntries entries = entries_of(input, offsets, has_end);
              const index end = entries.offsets.data<std::int64_t>()[entries.offsets.count() - 1];
              const Tensor at = narrow(entries.indices, 0, 0, end);
              const index padded = padding_row(padding, rows, "embedding_bag");
              if (max_norm) limit_rows(weight, at, *max_norm, norm_type);
              if (mode == "max") return bag_greatest(weight, at, entries.offsets, padded)[0];
              Tensor each = factors;
              if (factors.defined()) each = narrow(reshape(factors, Dims{-1}), 0, 0, end);
              return bag_sum(weight, each, at, entries.offsets, padded, mode == "mean",
                             by_frequency);
            },
        .traits = is_functional,
        .samples = []() -> std::vector<Sample> {
          const auto numbers = [](std::vector<std::int64_t> v) { return Tensor::of(v); };
          return {{sample_integers({3, 4}, 5), sample({5, 3}), Arg(), Arg(), 2.0, false, "mean",
                   false, Arg(), false, Arg()},
                  {sample_integers({6}, 4), sample({4, 2}), numbers({0, 2, 2}), Arg(), 2.0, false,
                   "sum", false, sample({6}), false, Arg()},
                  {sample_integers({5}, 4), sample({4, 2}), numbers({0, 3, 5}), Arg(), 2.0, false,
                   "max", false, Arg(), true, Arg()}};
        },
    }};

constinit const Op<Tensor(Tensor, Tensor, Tensor, Tensor, std::int64_t, bool, bool)> bag_sum{{
    .signature = "bag_sum(Tensor weight, Tensor? factors, Tensor indices, Tensor offsets, int "
                 "padding_idx, bool mean, bool scale_grad_by_freq)",
    .doc =
        R"(embedding_bag with all options worked out: offsets has an end, padding_idx may be -1.)",
    .forward =
        [](const Tensor& weight, const Tensor& factors, const Tensor& indices,
           const Tensor& offsets, std::int64_t padding, bool mean, bool) {
          check_bags(weight, indices, offsets, factors);
          const DType type = compute_dtype(weight.dtype());
          const Tensor table = dense(converted(weight, type));
          const Tensor factor = factors.defined() ? dense(converted(factors, type)) : factors;
          const Tensor at = dense(indices), starts = dense(offsets);
          const Tensor out = Tensor::empty({offsets.count() - 1, weight.shape()[1]}, type);
          if (out.count() > 0)
            kernels::images().bags[real_index(type)].sum(
                bag_shape(table, at, starts, factor, padding, mean), table.address(),
                out.address());
          return converted(out, weight.dtype());
        },
    .derivative =
        Multilinear{
            [](const Call&, const Tensor& g, const Tensor& weight, const Tensor& factors,
               const Tensor& indices, const Tensor& offsets, std::int64_t padding, bool mean,
               bool by_frequency) -> Tensor {
              const Tensor bags = bag_numbers(dense(offsets), indices.count());
              Tensor share =
                  shares(indices, bags, offsets.count() - 1, padding, mean, weight.dtype());
              if (factors.defined()) share = share * factors;
              Tensor rows = index_select(g, 0, bags) * unsqueeze(share, 1);
              if (by_frequency)
                rows = rows * inverse_frequency(indices, weight.shape()[0], g.dtype());
              return index_add(Tensor::zeros(weight.shape(), weight.dtype()), 0, indices, rows, 1);
            },
            [](const Call&, const Tensor& g, const Tensor& weight, const Tensor&,
               const Tensor& indices, const Tensor& offsets, std::int64_t padding, bool mean,
               bool) -> Tensor {
              const Tensor bags = bag_numbers(dense(offsets), indices.count());
              const Tensor share =
                  shares(indices, bags, offsets.count() - 1, padding, mean, weight.dtype());
              return share * sum(index_select(g, 0, bags) * index_select(weight, 0, indices),
                                 Dims{1}, false, {});
            },
            [](const Call&, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
               const Tensor&, std::int64_t, bool, bool) -> Tensor { return {}; },
            [](const Call&, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
               const Tensor&, std::int64_t, bool, bool) -> Tensor { return {}; }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor& weight, const Tensor& factors,
                    const Tensor& indices, const Tensor& offsets, std::int64_t padding, bool mean,
                    bool by_frequency) -> Tensors {
      Tensor table, each;
      if (c.wants(0))
        table = spread_rows(g, weight, factors, indices, offsets, padding, mean, by_frequency);
      if (factors.defined() && c.wants(1)) {
        const Tensor bags = bag_numbers(dense(offsets), indices.count());
        each = shares(indices, bags, offsets.count() - 1, padding, mean, weight.dtype()) *
               sum(index_select(g, 0, bags) * index_select(weight, 0, indices), Dims{1}, false, {});
      }
      return {table, each, Tensor(), Tensor()};
    }},
    .saves = saves_inputs,
    .reads = {saves_in1 | saves_in2 | saves_in3, saves_in0 | saves_in2 | saves_in3},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      const Tensor offsets = Tensor::of(std::vector<std::int64_t>{0, 2, 2, 5});
      return {{sample({4, 3}), sample({5}), sample_integers({5}, 4), offsets, -1, false, false},
              {sample({4, 3}), Arg(), sample_integers({5}, 4), offsets, -1, true, false}};
    },
}};

constinit const Op<Tensors(Tensor, Tensor, Tensor, std::int64_t)> bag_greatest{{
    .signature = "bag_greatest(Tensor weight, Tensor indices, Tensor offsets, int padding_idx)"
                 " -> (Tensor values, Tensor rows)",
    .doc = R"(The greatest elements of bags, and the row each is from, -1 in an empty bag.)",
    .forward =
        [](const Tensor& weight, const Tensor& indices, const Tensor& offsets,
           std::int64_t padding) {
          check_bags(weight, indices, offsets, Tensor());
          const DType type = compute_dtype(weight.dtype());
          const Tensor table = dense(converted(weight, type));
          const Tensor at = dense(indices), starts = dense(offsets);
          const Dims shape{offsets.count() - 1, weight.shape()[1]};
          const Tensor out = Tensor::empty(shape, type), rows = Tensor::empty(shape, DType::int64);
          if (out.count() > 0)
            kernels::images().bags[real_index(type)].greatest(
                bag_shape(table, at, starts, Tensor(), padding, false), table.address(),
                out.address(), rows.data<std::int64_t>());
          return Tensors{converted(out, weight.dtype()), rows};
        },
    .derivative =
        General{.vjp = {[](const Call& c, const Tensors& g, const Tensor& weight, const Tensor&,
                           const Tensor&, std::int64_t) -> Tensor {
                          const Tensor rows = c.output(1);
                          return scatter_add(Tensor::zeros(weight.shape(), weight.dtype()), 0,
                                             clamp_min(rows, 0), where(ge(rows, 0), g[0], 0));
                        },
                        [](const Call&, const Tensors&, const Tensor&, const Tensor&, const Tensor&,
                           std::int64_t) -> Tensor { return {}; },
                        [](const Call&, const Tensors&, const Tensor&, const Tensor&, const Tensor&,
                           std::int64_t) -> Tensor { return {}; }},
                .jvp = {[](const Call& c, const Tensors& t, const Tensor&, const Tensor&,
                           const Tensor&, std::int64_t) -> Tensors {
                  const Tensor rows = c.output(1);
                  return {where(ge(rows, 0), gather(t[0], 0, clamp_min(rows, 0)), 0), Tensor()};
                }}},
    .saves = saves_later_outputs,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({4, 3}), sample_integers({5}, 4),
               Tensor::of(std::vector<std::int64_t>{0, 2, 2, 5}), -1}};
    },
}};

Family bags_family() { return {&embedding_bag, &bag_sum, &bag_greatest}; }

}  // namespace topograd
