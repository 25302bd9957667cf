// Connectionist temporal classification.

#include "ops/loss.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr const char* op = "ctc_loss";

/// Lengths (N) or () as (N), each in [0, longest].
Tensor checked_lengths(const Tensor& given, index batch, index longest, std::string_view name) {
  expect<DTypeError>(is_integer(given.dtype()), "{}: {} must be integers, got {}", op, name,
                     given.dtype());
  expect<ShapeError>(given.count() == batch && given.rank() < 2,
                     "{}: {} of shape {} does not fit a batch of {}", op, name, given.shape(),
                     batch);
  const Tensor lengths = dense(converted(reshape(given, Dims{batch}), DType::int64));
  const auto* data = lengths.data<std::int64_t>();
  for (index n = 0; n < batch; ++n)
    expect<ValueError>(data[n] >= 0 && data[n] <= longest, "{}: {} {} is not in [0, {}]", op, name,
                       data[n], longest);
  return lengths;
}

/// Targets as rows (N, longest): given like that, or one behind the other.
Tensor padded_targets(const Tensor& targets, const Tensor& lengths, index batch, bool batched) {
  expect<DTypeError>(is_integer(targets.dtype()), "{}: targets must be integers, got {}", op,
                     targets.dtype());
  const auto* length = lengths.data<std::int64_t>();
  index total = 0, longest = 0;
  for (index n = 0; n < batch; ++n) {
    total += length[n];
    longest = std::max(longest, length[n]);
  }
  const Tensor given = dense(converted(targets, DType::int64));
  const bool rows = targets.rank() == 2 || !batched;
  if (rows) {
    const Tensor table = targets.rank() == 1 ? reshape(given, Dims{1, given.count()}) : given;
    expect<ShapeError>(
        table.rank() == 2 && table.shape()[0] == batch && longest <= table.shape()[1],
        "{}: targets of shape {} do not fit a batch of {} with lengths up to {}", op,
        targets.shape(), batch, longest);
    return table;
  }
  expect<ShapeError>(targets.rank() == 1 && targets.count() == total,
                     "{}: targets of shape {} do not fit: expected ({}, longest) or ({}), the sum "
                     "of target_lengths",
                     op, targets.shape(), batch, total);
  const Tensor table = Tensor::zeros({batch, longest}, DType::int64);
  const auto* from = given.data<std::int64_t>();
  for (index n = 0; n < batch; from += length[n++])
    std::copy_n(from, length[n], table.data<std::int64_t>() + n * longest);
  return table;
}

void check_labels(const Tensor& targets, const Tensor& lengths, index classes) {
  const auto* label = targets.data<std::int64_t>();
  const index longest = targets.shape()[1];
  for (index n = 0; n < targets.shape()[0]; ++n)
    for (index s = 0; s < lengths.data<std::int64_t>()[n]; ++s)
      expect<IndexError>(label[n * longest + s] >= 0 && label[n * longest + s] < classes,
                         "{}: target {} is out of range for {} classes", op, label[n * longest + s],
                         classes);
}

struct Problem {
  kernels::CtcShape shape;
  Tensor targets, input_lengths, target_lengths;  // dense int64, which shape points to
};
Problem problem_of(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                   const Tensor& target_lengths, index blank) {
  const index batch = log_probs.rank() == 3 ? log_probs.shape()[1] : -1;
  expect<ShapeError>(
      log_probs.rank() == 3 && targets.rank() == 2 && targets.shape()[0] == batch &&
          input_lengths.shape() == Dims{batch} && target_lengths.shape() == Dims{batch},
      "{}: log_probs {}, targets {} and lengths {}, {} do not fit", op, log_probs.shape(),
      targets.shape(), input_lengths.shape(), target_lengths.shape());
  expect_floating(log_probs.dtype(), op);
  checked_lengths(input_lengths, batch, log_probs.shape()[0], "input_lengths");
  checked_lengths(target_lengths, batch, targets.shape()[1], "target_lengths");
  Problem p{{},
            dense(converted(targets, DType::int64)),
            dense(converted(input_lengths, DType::int64)),
            dense(converted(target_lengths, DType::int64))};
  expect<ValueError>(blank >= 0 && blank < log_probs.shape()[2], "{}: blank {} is not in [0, {})",
                     op, blank, log_probs.shape()[2]);
  check_labels(p.targets, p.target_lengths, log_probs.shape()[2]);
  p.shape = {log_probs.shape()[0],
             log_probs.shape()[1],
             log_probs.shape()[2],
             targets.shape()[1],
             blank,
             p.targets.data<std::int64_t>(),
             p.input_lengths.data<std::int64_t>(),
             p.target_lengths.data<std::int64_t>()};
  return p;
}

// ---------------------------------------------------------------- the rule, in ops

/// x with dim 1 moved by some places, -inf at the open end.
Tensor moved(const Tensor& x, index places) {
  const index width = x.shape()[1], size = std::min(std::abs(places), width);
  const Tensor open = Tensor::full({x.shape()[0], size}, Scalar(-HUGE_VAL), x.dtype());
  if (places > 0) return cat({open, narrow(x, 1, 0, width - size)}, 1);
  return cat({narrow(x, 1, size, width - size), open}, 1);
}

/// log(exp(a) + exp(b) + exp(c)) where any may be -inf.
Tensor log_add(const Tensor& a, const Tensor& b, const Tensor& c) {
  return logsumexp(stack({a, b, c}, 0), Dims{0}, false);
}

/// What depends on the targets alone: for each sample (N) and state (2 * longest + 1).
struct States {
  Tensor labels;   ///< int64
  Tensor skips;    ///< 0 where the last but one may come before, else -inf
  Tensor present;  ///< boolean: the state belongs to the target
  Tensor last;     ///< boolean: a sample may end there
  index width;
};
States states_of(const Problem& p, DType dtype) {
  const auto& shape = p.shape;
  States s;
  s.width = 2 * shape.longest + 1;
  const Dims size{shape.batch, s.width};
  s.labels = Tensor::full(size, Scalar(shape.blank), DType::int64);
  s.skips = Tensor::full(size, Scalar(-HUGE_VAL), DType::float64);
  s.present = Tensor::zeros(size, DType::boolean);
  s.last = Tensor::zeros(size, DType::boolean);
  auto* labels = s.labels.data<std::int64_t>();
  auto* skips = s.skips.data<double>();
  auto* present = static_cast<std::uint8_t*>(s.present.address());
  auto* last = static_cast<std::uint8_t*>(s.last.address());
  for (index n = 0; n < shape.batch; ++n) {
    const index states = 2 * shape.target_lengths[n] + 1, row = n * s.width;
    for (index k = 0; k < states; ++k) {
      if (k % 2 == 1) labels[row + k] = shape.targets[n * shape.longest + k / 2];
      if (k >= 3 && k % 2 == 1 && labels[row + k] != labels[row + k - 2]) skips[row + k] = 0;
      present[row + k] = 1;
      last[row + k] = k + 2 >= states ? 1 : 0;
    }
  }
  s.skips = converted(s.skips, dtype);
  return s;
}

/// How probable each class is at each step, given the target, times factor (N): (T, N, C). Minus
/// the derivative of the loss.
Tensor occupancy(const Problem& p, const Tensor& log_probs, const Tensor& factor) {
  const auto& shape = p.shape;
  if (log_probs.count() == 0) return Tensor::zeros(log_probs.shape(), log_probs.dtype());
  const States s = states_of(p, log_probs.dtype());
  const Tensor never = Tensor::full({shape.batch, s.width}, Scalar(-HUGE_VAL), log_probs.dtype());
  const Tensor index_of = broadcast_to(s.labels, Dims{shape.steps, shape.batch, s.width});
  const Tensor emission = where(s.present, gather(log_probs, 2, index_of), -HUGE_VAL);
  Tensor first = Tensor::zeros({s.width}, DType::boolean);
  for (index k = 0; k < std::min<index>(2, s.width); ++k)
    static_cast<std::uint8_t*>(first.address())[k] = 1;
  const Tensor steps = p.input_lengths;

  Tensors begun, emitted = unbind(emission, 0);
  for (index t = 0; t < shape.steps; ++t) {
    const Tensor here = emitted[static_cast<std::size_t>(t)];
    const Tensor& before = t == 0 ? never : begun.back();
    begun.push_back(t == 0 ? where(first, here, -HUGE_VAL)
                           : here + log_add(before, moved(before, 1), moved(before, 2) + s.skips));
  }
  Tensors rest(static_cast<std::size_t>(shape.steps));
  Tensor after = never;
  for (index t = shape.steps - 1; t >= 0; --t) {
    const Tensor here = emitted[static_cast<std::size_t>(t)];
    const Tensor from_here = here + log_add(after, moved(after, -1), moved(after + s.skips, -2));
    const Tensor ends = unsqueeze(eq(steps, Tensor(Scalar(t + 1))), 1);
    after = where(ends, where(s.last, here, -HUGE_VAL), from_here);
    rest[static_cast<std::size_t>(t)] = after;
  }
  const Tensor all = stack(begun, 0), remaining = stack(rest, 0);
  const Tensor possible = logical_and(ne(all, -HUGE_VAL), ne(remaining, -HUGE_VAL));
  const Tensor joint =
      where(possible, all, 0) + where(possible, remaining, 0) - where(possible, emission, 0);
  const Tensor kept = where(possible, joint, -HUGE_VAL);
  const Tensor total = logsumexp(kept, Dims{2}, true);
  const Tensor share = where(possible, exp(where(possible, kept - total, 0)), 0);
  const Tensor weighted = share * unsqueeze(factor, 1);
  return scatter_add(Tensor::zeros(log_probs.shape(), log_probs.dtype()), 2, index_of, weighted);
}

Tensor ctc_gradient(const Call& c, const Tensor& g, const Tensor& log_probs, const Problem& p) {
  const DType type = compute_dtype(log_probs.dtype());
  const Tensor x = dense(converted(log_probs, type)), weights = dense(converted(g, type));
  const Tensor loss = dense(converted(c.output(0), type)),
               alpha = dense(converted(c.output(1), type));
  const Tensor out = Tensor::empty(log_probs.shape(), type);
  kernel_table().losses[real_index(type)].ctc_backward(
      p.shape, x.address(), weights.address(), loss.address(), alpha.address(), out.address());
  return converted(out, log_probs.dtype());
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, Tensor, Tensor, std::int64_t, std::string, bool)>
    ctc_loss{{
        .signature = "ctc_loss(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor "
                     "target_lengths, int blank=0, str reduction='mean', bool zero_infinity=False)",
        .doc = R"(-log of the probability of a target, over all its alignments with an input.

log_probs: logarithms of probabilities (T, N, C) or (T, C), usually from log_softmax. targets:
integers, (N, S) of which each row counts up to its length, the rows one behind the other in a single
dim, or (S) without a batch. input_lengths, target_lengths: (N), or a number without a batch. blank:
the class between labels (default 0). reduction: 'mean' (default) divides each loss by the length of
its target, then averages over the batch; 'sum'; 'none' (N). A target that does not fit gives an
infinite loss, or 0 with zero_infinity, and no gradient; PyTorch's is NaN without zero_infinity.
The gradient is that of the formula, for any log_probs: minus how probable each class is at each
step. PyTorch adds exp(log_probs), which changes nothing behind log_softmax. Unlike PyTorch's it is
differentiable again.
Raises ShapeError when shapes do not fit, ValueError for lengths out of range and another reduction,
IndexError for labels out of range, DTypeError for other dtypes. Source: Graves and others, 2006.

>>> log_probs = tg.tensor([[[0.4, 0.6]], [[0.4, 0.6]]]).log()
>>> F.ctc_loss(log_probs, tg.tensor([[1]]), tg.tensor([2]), tg.tensor([1])).exp()  # 1 / 0.84
tensor(1.1905)
)",
        .forward =
            [](const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
               const Tensor& target_lengths, std::int64_t blank, const std::string& reduction,
               bool zero_infinity) {
              expect_floating(log_probs.dtype(), op);
              expect<ShapeError>(log_probs.rank() == 2 || log_probs.rank() == 3,
                                 "{}: expects log_probs (T, N, C) or (T, C), got shape {}", op,
                                 log_probs.shape());
              const bool batched = log_probs.rank() == 3;
              const Tensor x = batched ? log_probs : unsqueeze(log_probs, 1);
              const index batch = x.shape()[1];
              const Tensor steps =
                  checked_lengths(input_lengths, batch, x.shape()[0], "input_lengths");
              const Tensor sizes = checked_lengths(target_lengths, batch,
                                                   targets.rank() > 0 ? targets.shape().back() : 0,
                                                   "target_lengths");
              const Tensor rows = padded_targets(targets, sizes, batch, batched);
              Tensor loss = ctc_rows(x, rows, steps, sizes, blank)[0];
              if (zero_infinity) loss = where(eq(loss, HUGE_VAL), 0, loss);
              if (reduction == "mean") loss = loss / cast(clamp_min(sizes, 1), x.dtype());
              if (!batched) loss = squeeze(loss, Dims{0});
              return reduced_loss(loss, reduction, op);
            },
        .traits = is_functional,
        .samples = []() -> std::vector<Sample> {
          const Tensor rows = Tensor::of<std::int64_t>({1, 2, 2, 1, 2, 0}, {2, 3});
          const Tensor steps = Tensor::of<std::int64_t>({5, 4}),
                       sizes = Tensor::of<std::int64_t>({3, 2});
          return {{log_softmax(sample({5, 2, 3}), 2, {}), rows, steps, sizes, 0, "mean", false},
                  {log_softmax(sample({5, 2, 3}), 2, {}), Tensor::of<std::int64_t>({1, 2, 2, 1, 1}),
                   steps, sizes, 0, "none", true},
                  {log_softmax(sample({4, 3}), 1, {}), Tensor::of<std::int64_t>({0, 2}),
                   Tensor::of<std::int64_t>({4}, {}), Tensor::of<std::int64_t>({2}, {}), 1, "sum",
                   false}};
        },
    }};

constinit const Op<Tensors(Tensor, Tensor, Tensor, Tensor, std::int64_t)> ctc_rows{{
    .signature = "ctc_rows(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor "
                 "target_lengths, int blank) -> (Tensor loss, Tensor alpha)",
    .doc = R"(ctc_loss of each sample of checked arguments, and what its gradient reads.)",
    .forward =
        [](const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
           const Tensor& target_lengths, std::int64_t blank) {
          const DType type = compute_dtype(log_probs.dtype());
          const Problem p = problem_of(log_probs, targets, input_lengths, target_lengths, blank);
          const Tensor x = dense(converted(log_probs, type));
          const auto& s = p.shape;
          const Tensor loss = Tensor::empty({s.batch}, type);
          const Tensor alpha = Tensor::empty({s.batch, s.steps, 2 * s.longest + 1}, type);
          kernel_table().losses[real_index(type)].ctc(s, x.address(), loss.address(),
                                                      alpha.address());
          return Tensors{converted(loss, log_probs.dtype()), alpha};
        },
    .derivative =
        General{.vjp = {[](const Call&, const Tensors& g, const Tensor& log_probs,
                           const Tensor& targets, const Tensor& input_lengths,
                           const Tensor& target_lengths, std::int64_t blank) -> Tensors {
                  const Problem p =
                      problem_of(log_probs, targets, input_lengths, target_lengths, blank);
                  return {neg(occupancy(p, log_probs, g[0])), Tensor(), Tensor(), Tensor()};
                }},
                .jvp = {[](const Call&, const Tensors& t, const Tensor& log_probs,
                           const Tensor& targets, const Tensor& input_lengths,
                           const Tensor& target_lengths, std::int64_t blank) -> Tensors {
                  const Problem p =
                      problem_of(log_probs, targets, input_lengths, target_lengths, blank);
                  const Tensor ones = Tensor::ones({log_probs.shape()[1]}, log_probs.dtype());
                  return {neg(sum(t[0] * occupancy(p, log_probs, ones), Dims{0, 2}, false, {})),
                          Tensor()};
                }}},
    .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& log_probs, const Tensor& targets,
                    const Tensor& input_lengths, const Tensor& target_lengths,
                    std::int64_t blank) -> Tensors {
      const Problem p = problem_of(log_probs, targets, input_lengths, target_lengths, blank);
      return {ctc_gradient(c, g[0], log_probs, p), Tensor(), Tensor(), Tensor()};
    }},
    .saves = saves_inputs | saves_output,
    .traits = is_hidden,
    .differentiable_outputs = 1,
    .samples = []() -> std::vector<Sample> {
      return {{log_softmax(sample({5, 2, 3}), 2, {}),
               Tensor::of<std::int64_t>({1, 2, 2, 1, 2, 0}, {2, 3}),
               Tensor::of<std::int64_t>({5, 4}), Tensor::of<std::int64_t>({3, 2}), 0}};
    },
}};

Family ctc_family() { return {&ctc_loss, &ctc_rows}; }

}  // namespace topograd
