// Cross-entropy of a linear layer whose logits need not be held.

#include "ops/loss.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr const char* op = "linear_cross_entropy";
/// As many logits are held at once; fewer altogether are not worth being made twice.
constexpr index held_logits = index{1} << 22;

/// Checked arguments in the compute type, dense.
struct Head {
  DType type;
  Tensor x, matrix, bias, target, weight;
  index rows, features, classes, ignored, chunk;
  double smoothing;

  Head(const Tensor& x_, const Tensor& matrix_, const Tensor& bias_, const Tensor& target_,
       const Tensor& weight_, index ignored_, double smoothing_, index chunk_)
      : type(compute_dtype(x_.dtype())),
        x(dense(converted(x_, type))),
        matrix(dense(converted(matrix_, type))),
        bias(bias_.defined() ? dense(converted(bias_, type)) : bias_),
        target(dense(target_)),
        weight(weight_.defined() ? dense(converted(weight_, type)) : weight_),
        rows(x.shape()[0]),
        features(x.shape()[1]),
        classes(matrix.shape()[0]),
        ignored(ignored_),
        chunk(chunk_),
        smoothing(smoothing_) {}

  char* at(const Tensor& data, index row, index width) const {
    return static_cast<char*>(data.address()) + row * width * size_of(type);
  }
  const std::int64_t* targets(index row) const { return target.data<std::int64_t>() + row; }
  const void* weights() const { return weight.defined() ? weight.address() : nullptr; }
  void multiply(kernels::Gemm call) const { kernel_table().gemm[static_cast<int>(type)](call); }
  /// logits [count][classes] of the rows from `first` on.
  void run(index first, index count, const Tensor& logits) const {
    multiply({.m = count,
              .n = classes,
              .k = features,
              .a = at(x, first, features),
              .a_row = features,
              .b = matrix.address(),
              .b_row = 1,
              .b_col = features,
              .c = logits.address(),
              .c_row = classes,
              .bias = bias.defined() ? bias.address() : nullptr});
  }
  /// f(first row, number of rows, memory for their logits) over all rows.
  template <class F>
  void each_chunk(F f) const {
    const Tensor logits = Tensor::empty({std::min(chunk, rows), classes}, type);
    for (index first = 0; first < rows; first += chunk)
      f(first, std::min(chunk, rows - first), logits);
  }
  const kernels::Rows& row_kernels() const { return kernel_table().rows[real_index(type)]; }
};

void check_head(const Tensor& x, const Tensor& matrix, const Tensor& bias, const Tensor& target,
                const Tensor& weight, index chunk) {
  expect<ShapeError>(x.rank() == 2 && matrix.rank() == 2 && x.shape()[1] == matrix.shape()[1],
                     "{}: input {} and linear_weight {} do not fit: expected (N, in) and (C, in)",
                     op, x.shape(), matrix.shape());
  expect_floating(x.dtype(), op);
  expect<DTypeError>(x.dtype() == matrix.dtype(), "{}: dtypes differ: {} and {}", op, x.dtype(),
                     matrix.dtype());
  const Dims classes{matrix.shape()[0]};
  expect<ShapeError>(!bias.defined() || bias.shape() == classes,
                     "{}: linear_bias {} does not fit linear_weight {}", op,
                     bias.defined() ? bias.shape() : Dims(), matrix.shape());
  expect<ShapeError>(!weight.defined() || weight.shape() == classes,
                     "{}: weight of shape {} does not fit {} classes", op,
                     weight.defined() ? weight.shape() : Dims(), classes[0]);
  expect<ShapeError>(target.shape() == Dims{x.shape()[0]}, "{}: target {} does not fit input {}",
                     op, target.shape(), x.shape());
  expect<ValueError>(chunk > 0, "{}: the number of rows must be positive, got {}", op, chunk);
}

/// Gradients of x, matrix and bias; the logits are made a second time.
Tensors head_gradients(const Head& head, const Tensor& g, const Tensor& lse) {
  const Tensor dx = Tensor::empty(head.x.shape(), head.type);
  const Tensor dmatrix = Tensor::zeros(head.matrix.shape(), head.type);
  Tensor dbias = Tensor::zeros({head.classes}, head.type);
  head.each_chunk([&](index first, index count, const Tensor& logits) {
    head.run(first, count, logits);
    head.row_kernels().cross_entropy_backward(head.at(g, first, 1), logits.address(),
                                              head.targets(first), head.weights(),
                                              head.at(lse, first, 1), logits.address(), count,
                                              head.classes, head.ignored, head.smoothing);
    head.multiply({.m = count,
                   .n = head.features,
                   .k = head.classes,
                   .a = logits.address(),
                   .a_row = head.classes,
                   .b = head.matrix.address(),
                   .b_row = head.features,
                   .c = head.at(dx, first, head.features),
                   .c_row = head.features});
    head.multiply({.m = head.classes,
                   .n = head.features,
                   .k = count,
                   .a = logits.address(),
                   .a_row = 1,
                   .a_col = head.classes,
                   .b = head.at(head.x, first, head.features),
                   .b_row = head.features,
                   .c = dmatrix.address(),
                   .c_row = head.features,
                   .accumulate = true});
    if (head.bias.defined()) dbias = dbias + sum(narrow(logits, 0, 0, count), Dims{0}, false, {});
  });
  return {dx, dmatrix, head.bias.defined() ? dbias : Tensor()};
}

/// The reference: weight (C, d1, …, in) and bias (C, d1, …) give logits (N, C, d1, …).
Tensor plain_logits(const Tensor& x, const Tensor& matrix, const Tensor& bias) {
  if (matrix.rank() == 2) return linear(x, matrix, bias);
  expect<ShapeError>(x.rank() == 2 && matrix.rank() > 2,
                     "{}: input {} and linear_weight {} do not fit", op, x.shape(), matrix.shape());
  const index features = matrix.shape().back();
  const Tensor flat = bias.defined() ? reshape(bias, Dims{bias.count()}) : bias;
  const Tensor logits = linear(x, reshape(matrix, Dims{-1, features}), flat);
  Dims shape{x.shape()[0]};
  for (int i = 0; i + 1 < matrix.rank(); ++i) shape.push_back(matrix.shape()[i]);
  return reshape(logits, shape);
}

std::vector<Sample> row_samples() {
  const Tensor target = Tensor::of<std::int64_t>({0, 2, 1, 1, 2});
  return {{sample({5, 4}), sample({3, 4}), sample({3}), target, sample_in({3}, 0.5, 2), 1, 0.2, 2},
          {sample({5, 4}), sample({3, 4}), Arg(), target, Arg(), -100, 0.0, 3}};
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, Tensor, Tensor, Tensor, std::string, OptionalInt, double,
                          OptionalInt)>
    linear_cross_entropy{{
        .signature =
            "linear_cross_entropy(Tensor input, Tensor linear_weight, Tensor target, *, Tensor? "
            "linear_bias=None, Tensor? weight=None, str reduction='mean', int? ignore_index=None, "
            "float label_smoothing=0.0, int? batch_chunk_size=None)",
        .doc =
            R"(cross_entropy(linear(input, linear_weight, linear_bias), target), without all logits at once.

input: (N, in) or (in). linear_weight: (C, in), or (C, d1, …, in) for logits (N, C, d1, …).
linear_bias: (C) or (C, d1, …). target, weight, reduction, ignore_index (default -100) and
label_smoothing: those of cross_entropy. Above four million logits, or with batch_chunk_size, they
are made for some rows at a time, and again for the gradient: the memory is that of one part.
Unlike PyTorch's chunks these can be differentiated again, in either mode, and any number of times.
Probabilities as targets and logits of more dims are held at once.
Raises what cross_entropy raises, and ShapeError where input and weight do not fit.

>>> x, w = tg.tensor([[1.0, 0.0], [0.0, 1.0]]), tg.tensor([[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
>>> F.linear_cross_entropy(x, w, tg.tensor([0, 1]))
tensor(0.2395)
)",
        .forward =
            [](const Tensor& x, const Tensor& matrix, const Tensor& target, const Tensor& bias,
               const Tensor& weight, const std::string& reduction, OptionalInt ignore_index,
               double smoothing, OptionalInt chunk) {
              const index ignored = ignore_index.value_or(-100);
              expect<ShapeError>(
                  (x.rank() == 1 || x.rank() == 2) && matrix.rank() >= 2 &&
                      x.shape().back() == matrix.shape().back(),
                  "{}: input {} and linear_weight {} do not fit: expected (N, in) and (C, in)", op,
                  x.shape(), matrix.shape());
              expect<ValueError>(!chunk || *chunk > 0,
                                 "{}: batch_chunk_size must be positive, got {}", op,
                                 chunk.value_or(0));
              const index rows = x.rank() == 1 ? 1 : x.shape()[0], classes = matrix.shape()[0];
              const bool whole = !chunk && rows * std::max<index>(classes, 1) <= held_logits;
              if (whole || matrix.rank() > 2 || !is_integer(target.dtype()))
                return cross_entropy(plain_logits(x, matrix, bias), target, weight, ignored,
                                     reduction, smoothing);
              expect<ValueError>(smoothing >= 0 && smoothing <= 1,
                                 "{}: label_smoothing must be in [0, 1], got {}", op, smoothing);
              expect<ShapeError>(target.rank() == x.rank() - 1,
                                 "{}: target {} does not fit input {}", op, target.shape(),
                                 x.shape());
              const Tensor input = x.rank() == 1 ? unsqueeze(x, 0) : x;
              const Tensor at = checked_classes(target, classes, ignored, op);
              const index part = chunk.value_or(std::max<index>(64, held_logits / classes));
              const Tensor loss = linear_cross_entropy_rows(input, matrix, bias, at, weight,
                                                            ignored, smoothing, part)[0];
              return class_reduced(loss, weight, at, ignored, reduction, target.shape(), op);
            },
        .traits = is_functional,
        .samples = []() -> std::vector<Sample> {
          return {{sample({5, 4}), sample({3, 4}), sample_integers({5}, 3), sample({3}), Arg(),
                   "mean", Arg(), 0.1, 2},
                  {sample({5, 4}), sample({3, 2, 4}), sample_integers({5, 2}, 3), sample({3, 2}),
                   Arg(), "none", Arg(), 0.0, Arg()},
                  {sample({4}), sample({3, 4}), sample_integers({}, 3), Arg(), Arg(), "sum", 1, 0.0,
                   1}};
        },
    }};

constinit const Op<Tensors(Tensor, Tensor, Tensor, Tensor, Tensor, std::int64_t, double,
                           std::int64_t)>
    linear_cross_entropy_rows{{
        .signature =
            "linear_cross_entropy_rows(Tensor input, Tensor linear_weight, Tensor? linear_bias, "
            "Tensor target, Tensor? weight, int ignore_index, float label_smoothing, int rows) -> "
            "(Tensor loss, Tensor logsumexp)",
        .doc = R"(The losses of checked arguments, from the logits of some rows at a time.)",
        .forward =
            [](const Tensor& x, const Tensor& matrix, const Tensor& bias, const Tensor& target,
               const Tensor& weight, std::int64_t ignored, double smoothing, std::int64_t rows) {
              check_head(x, matrix, bias, target, weight, rows);
              const Tensor at = checked_classes(target, matrix.shape()[0], ignored, op);
              const Head head(x, matrix, bias, at, weight, ignored, smoothing, rows);
              const Tensor loss = Tensor::empty({head.rows}, head.type);
              const Tensor lse = Tensor::empty({head.rows}, head.type);
              head.each_chunk([&](index first, index count, const Tensor& logits) {
                head.run(first, count, logits);
                head.row_kernels().cross_entropy(
                    logits.address(), head.targets(first), head.weights(), head.at(loss, first, 1),
                    head.at(lse, first, 1), count, head.classes, ignored, smoothing);
              });
              return Tensors{converted(loss, x.dtype()), lse};
            },
        .derivative =
            General{
                .vjp = {[](const Call& c, const Tensors& g, const Tensor& x, const Tensor& matrix,
                           const Tensor& bias, const Tensor& target, const Tensor& weight,
                           std::int64_t ignored, double smoothing, std::int64_t) -> Tensors {
                  const ClassTargets at{target, ignored, smoothing};
                  const Tensor logits = linear(x, matrix, bias);
                  const Tensor lse = logsumexp(logits, Dims{1}, false), each = unsqueeze(g[0], 1);
                  const Tensor slope = at.slope(logits, lse, weight) * each;
                  Tensors result(5);
                  result[0] = matmul(slope, matrix);
                  result[1] = matmul(transpose(slope, 0, 1), x);
                  if (bias.defined()) result[2] = sum(slope, Dims{0}, false, {});
                  if (weight.defined() && c.wants(4))
                    result[4] = sum(each * at.parts(logits, lse), Dims{0}, false, {});
                  return result;
                }},
                .jvp = {[](const Call&, const Tensors& t, const Tensor& x, const Tensor& matrix,
                           const Tensor& bias, const Tensor& target, const Tensor& weight,
                           std::int64_t ignored, double smoothing, std::int64_t) -> Tensors {
                  const ClassTargets at{target, ignored, smoothing};
                  const Tensor logits = linear(x, matrix, bias);
                  const Tensor lse = logsumexp(logits, Dims{1}, false);
                  Tensor change = Tensor::zeros(logits.shape(), logits.dtype());
                  if (t[0].defined()) change = change + linear(t[0], matrix, Tensor());
                  if (t[1].defined()) change = change + linear(x, t[1], Tensor());
                  if (t[2].defined()) change = change + t[2];
                  Tensor parts = change * at.slope(logits, lse, weight);
                  if (t[4].defined()) parts = parts + at.parts(logits, lse) * t[4];
                  return {sum(parts, Dims{1}, false, {}), Tensor()};
                }}},
        .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& x, const Tensor& matrix,
                        const Tensor& bias, const Tensor& target, const Tensor& weight,
                        std::int64_t ignored, double smoothing, std::int64_t rows) -> Tensors {
          if (weight.defined() && c.wants(4))
            return std::get<General>(linear_cross_entropy_rows.derivative).vjp.all(c, g);
          const Head head(x, matrix, bias, target, weight, ignored, smoothing, rows);
          Tensors made = head_gradients(head, dense(converted(g[0], head.type)), c.output(1));
          for (Tensor& one : made)
            if (one.defined()) one = converted(one, x.dtype());
          made.resize(5);
          return made;
        }},
        .saves = saves_inputs | saves_output,
        .traits = is_hidden,
        .differentiable_outputs = 1,
        .samples = row_samples,
    }};

Family linear_loss_family() { return {&linear_cross_entropy, &linear_cross_entropy_rows}; }

}  // namespace topograd
