// Contractions named by letters, and over lists of dims.

#include <map>
#include <string>

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// A tensor with one label per dim. Labels below zero stand for the dims of '...'.
struct Labelled {
  Tensor x;
  std::vector<int> labels;
};

int find(const std::vector<int>& labels, int label) {
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] == label) return static_cast<int>(i);
  return -1;
}

class Equation {
 public:
  Equation(const std::string& text, const Tensors& operands) : text_(text) {
    std::string compact;
    for (char c : text)
      if (c != ' ') compact += c;
    const auto arrow = compact.find("->");
    const std::string inputs = compact.substr(0, arrow);
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= inputs.size(); ++i)
      if (i == inputs.size() || inputs[i] == ',') {
        terms_.push_back(inputs.substr(begin, i - begin));
        begin = i + 1;
      }
    expect<ShapeError>(terms_.size() == operands.size(),
                       "einsum: the equation '{}' has {} operands, got {} tensors", text,
                       terms_.size(), operands.size());
    for (std::size_t i = 0; i < terms_.size(); ++i) add_operand(terms_[i], operands[i]);
    if (arrow == std::string::npos)
      implicit_output();
    else
      output_ = labels_of(compact.substr(arrow + 2), dots_);
    for (std::size_t i = 0; i < output_.size(); ++i) {
      expect<ValueError>(sizes_.count(output_[i]) == 1,
                         "einsum: an output letter of '{}' is in no operand", text);
      expect<ValueError>(find(output_, output_[i]) == static_cast<int>(i),
                         "einsum: an output letter of '{}' appears twice", text);
    }
  }

  Tensor run() {
    Labelled left = operands_[0];
    if (operands_.size() == 1) return finish(left);
    for (std::size_t i = 1; i < operands_.size(); ++i) left = contract(left, operands_[i], i);
    return finish(left);
  }

 private:
  /// Labels of a term; '...' becomes -1, -2, … counted from the right, so that shorter ones
  /// broadcast.
  std::vector<int> labels_of(const std::string& term, int dots) const {
    std::vector<int> labels;
    for (std::size_t i = 0; i < term.size(); ++i) {
      if (term[i] == '.') {
        expect<ValueError>(term.compare(i, 3, "...") == 0, "einsum: a lone '.' in '{}'", text_);
        for (int k = dots; k > 0; --k) labels.push_back(-k);
        i += 2;
        continue;
      }
      expect<ValueError>(std::isalpha(static_cast<unsigned char>(term[i])) != 0,
                         "einsum: '{}' in '{}' is not a letter", term[i], text_);
      labels.push_back(term[i]);
    }
    return labels;
  }

  void add_operand(const std::string& term, const Tensor& x) {
    int letters = 0;
    const bool dotted = term.find('.') != std::string::npos;
    for (char c : term) letters += c != '.' ? 1 : 0;
    const int dots = dotted ? x.rank() - letters : 0;
    expect<ShapeError>(dots >= 0 && letters + dots == x.rank(),
                       "einsum: '{}' has {} letters, the tensor has shape {}", term, letters,
                       x.shape());
    dots_ = std::max(dots_, dots);
    Labelled one{x, labels_of(term, dots)};
    for (std::size_t i = 0; i < one.labels.size(); ++i) {
      const index size = x.shape()[static_cast<int>(i)];
      auto [known, fresh] = sizes_.emplace(one.labels[i], size);
      if (!fresh && known->second == 1) known->second = size;
      expect<ShapeError>(known->second == size || size == 1,
                         "einsum: '{}': a letter has size {} and {} (operand of shape {})", text_,
                         known->second, size, x.shape());
    }
    // A letter twice in one operand takes the diagonal.
    for (std::size_t i = 0; i < one.labels.size(); ++i)
      for (std::size_t j = i + 1; j < one.labels.size();) {
        if (one.labels[i] != one.labels[j]) {
          ++j;
          continue;
        }
        one.x = movedim(diagonal(one.x, 0, static_cast<int>(i), static_cast<int>(j)), Dims{-1},
                        Dims{static_cast<index>(i)});
        one.labels.erase(one.labels.begin() + static_cast<std::ptrdiff_t>(j));
      }
    operands_.push_back(std::move(one));
  }

  void implicit_output() {
    for (int k = dots_; k > 0; --k) output_.push_back(-k);
    std::map<int, int> seen;
    for (const auto& term : terms_)
      for (char c : term)
        if (c != '.') ++seen[c];
    for (const auto& [letter, times] : seen)
      if (times == 1) output_.push_back(letter);
  }

  bool needed_later(int label, std::size_t after) const {
    if (find(output_, label) >= 0) return true;
    for (std::size_t i = after + 1; i < operands_.size(); ++i)
      if (find(operands_[i].labels, label) >= 0) return true;
    return false;
  }

  /// x permuted to the given labels; absent ones become dims of size 1.
  static Tensor arranged(const Labelled& one, const std::vector<int>& labels) {
    Dims order;
    for (int label : labels)
      if (const int at = find(one.labels, label); at >= 0) order.push_back(at);
    Tensor x = permute(one.x, order);
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (find(one.labels, labels[i]) < 0) x = unsqueeze(x, static_cast<int>(i));
    return x;
  }

  Labelled contract(Labelled left, Labelled right, std::size_t position) {
    // Letters that only one side has and nobody needs are summed away first.
    for (auto* side : {&left, &right}) {
      const auto& other = side == &left ? right : left;
      for (std::size_t i = 0; i < side->labels.size();) {
        if (find(other.labels, side->labels[i]) < 0 && !needed_later(side->labels[i], position)) {
          side->x = sum(side->x, Dims{static_cast<index>(i)}, false, {});
          side->labels.erase(side->labels.begin() + static_cast<std::ptrdiff_t>(i));
        } else {
          ++i;
        }
      }
    }
    std::vector<int> batch, summed, only_left, only_right;
    for (int label : left.labels) {
      if (find(right.labels, label) < 0)
        only_left.push_back(label);
      else
        (needed_later(label, position) ? batch : summed).push_back(label);
    }
    for (int label : right.labels)
      if (find(left.labels, label) < 0) only_right.push_back(label);

    const auto joined = [](std::vector<int> a, const std::vector<int>& b,
                           const std::vector<int>& c) {
      a.insert(a.end(), b.begin(), b.end());
      a.insert(a.end(), c.begin(), c.end());
      return a;
    };
    const Dims batch_sizes = sizes(batch);
    const index m = count_of(sizes(only_left)), n = count_of(sizes(only_right));
    const index k = count_of(sizes(summed));
    const auto shaped = [&](const Labelled& side, const std::vector<int>& labels, index rows,
                            index columns) {
      Tensor x = arranged(side, labels);
      x = expand(x, sizes(labels));
      Dims shape = batch_sizes;
      shape.push_back(rows);
      shape.push_back(columns);
      return reshape(x, shape);
    };
    const Tensor product = matmul(shaped(left, joined(batch, only_left, summed), m, k),
                                  shaped(right, joined(batch, summed, only_right), k, n));
    Labelled result{product, joined(batch, only_left, only_right)};
    result.x = reshape(product, sizes(result.labels));
    return result;
  }

  Dims sizes(const std::vector<int>& labels) const {
    Dims result;
    for (int label : labels) result.push_back(sizes_.at(label));
    return result;
  }

  Tensor finish(Labelled one) const {
    Dims summed;
    std::vector<int> kept;
    for (std::size_t i = 0; i < one.labels.size(); ++i)
      if (find(output_, one.labels[i]) < 0)
        summed.push_back(static_cast<index>(i));
      else
        kept.push_back(one.labels[i]);
    if (!summed.empty()) one.x = sum(one.x, summed, false, {});
    return arranged({one.x, kept}, output_);
  }

  const std::string& text_;
  std::vector<std::string> terms_;
  std::vector<Labelled> operands_;
  std::vector<int> output_;
  std::map<int, index> sizes_;
  int dots_ = 0;
};

}  // namespace

constinit const Op<Tensor(std::string, Tensors)> einsum{{
    .signature = "einsum(str equation, Tensor... operands)",
    .doc = R"(Sum of products named by letters: einsum('ij,jk->ik', a, b) is the matrix product.

equation: letters for the dims of each operand, separated by commas, '->', the letters
of the output; blanks are ignored. operands: the tensors, one by one or in a list. A
letter in several operands is multiplied along, one not in the output summed over, one
twice in an operand takes the diagonal. '...' stands for any further dims, which
broadcast. Without '->' the output has the letters that appear once, in alphabetical
order. Contracted from left to right by matrix products, in the common dtype of the
operands; for bools, and and or. Raises ValueError for a malformed equation, ShapeError
for operands that do not fit it.

>>> a = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
>>> tg.einsum("ij,jk->ik", a, a)
tensor([[ 7., 10.],
        [15., 22.]])
>>> tg.einsum("ii->i", a)
tensor([1., 4.])
>>> tg.einsum("...ij->...", tg.ones(5, 2, 3))
tensor([6., 6., 6., 6., 6.])
)",
    .forward =
        [](const std::string& equation, const Tensors& operands) {
          expect<ValueError>(!operands.empty(), "einsum: expects at least one operand");
          if (operands.size() == 1) return Equation(equation, operands).run();
          std::vector<const Tensor*> pointers;
          for (const Tensor& x : operands) pointers.push_back(&x);
          const DType common = result_type(pointers.data(), static_cast<int>(pointers.size()));
          // Truth values are counted, so that a sum of products is whether any product holds.
          const DType summed = is_boolean(common) ? DType::int64 : common;
          Tensors same;
          for (const Tensor& x : operands)
            same.push_back(x.dtype() == summed ? x : cast(x, summed));
          const Tensor result = Equation(equation, same).run();
          return is_boolean(common) ? ne(result, 0) : result;
        },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{"ij,jk->ik", Tensors{sample({2, 3}), sample({3, 4})}},
              {"mnr,nk->mkr", Tensors{sample({2, 3, 4}), sample({3, 2})}},
              {"...ij,...jk", Tensors{sample({2, 2, 3}), sample({3, 2})}},
              {"ii->i", Tensors{sample({3, 3})}},
              {"i,j,k->ijk", Tensors{sample({2}), sample({3}), sample({2})}},
              {"ij->", Tensors{sample({2, 3})}}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Dims, Dims)> tensordot_dims{{
    .signature = "tensordot_dims(Tensor a, Tensor b, int[] dims_a, int[] dims_b)",
    .doc = R"(Sum of products over pairs of dims: the free dims of a, then those of b.)",
    .forward =
        [](const Tensor& a, const Tensor& b, const Dims& dims_a, const Dims& dims_b) {
          expect<ValueError>(dims_a.size() == dims_b.size(),
                             "tensordot: expects equally many dims of both, got {} and {}", dims_a,
                             dims_b);
          Dims order_a, order_b, shape;
          bool summed_a[max_rank] = {}, summed_b[max_rank] = {};
          index k = 1, m = 1, n = 1;
          for (int i = 0; i < dims_a.size(); ++i) {
            const int p = wrap_dim(dims_a[i], a.rank(), "tensordot");
            const int q = wrap_dim(dims_b[i], b.rank(), "tensordot");
            expect<ShapeError>(a.shape()[p] == b.shape()[q],
                               "tensordot: dim {} of a {} and dim {} of b {} differ in size", p,
                               a.shape(), q, b.shape());
            summed_a[p] = summed_b[q] = true;
            k *= a.shape()[p];
            order_b.push_back(q);
          }
          for (int d = 0; d < a.rank(); ++d)
            if (!summed_a[d]) {
              order_a.push_back(d);
              shape.push_back(a.shape()[d]);
              m *= a.shape()[d];
            }
          for (index d : dims_a) order_a.push_back(wrap_dim(d, a.rank(), "tensordot"));
          for (int d = 0; d < b.rank(); ++d)
            if (!summed_b[d]) {
              order_b.push_back(d);
              shape.push_back(b.shape()[d]);
              n *= b.shape()[d];
            }
          return reshape(matmul(reshape(permute(a, order_a), Dims{m, k}),
                                reshape(permute(b, order_b), Dims{k, n})),
                         shape);
        },
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3, 4}), sample({4, 3, 2}), Dims{1, 2}, Dims{1, 0}}};
    },
}};

Family einsum_family() { return {&einsum, &tensordot_dims}; }

}  // namespace topograd
