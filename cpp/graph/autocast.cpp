#include "graph/autocast.h"

#include <string>
#include <unordered_map>

#include "graph/mode.h"

namespace topograd {
namespace {

enum class Policy : std::uint8_t {
  as_given,  ///< whatever dtypes come
  lower,     ///< the dtype of autocast
  single,    ///< float32
  apart,     ///< as given, and so are the products that it is written in
};

// By the name of the Python function. What PyTorch converts on the CPU.
constexpr const char* lower_ops =
    "conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d mm bmm "
    "matmul "
    "addmm addbmm baddbmm linear scaled_dot_product_attention prelu lstm rnn_tanh rnn_relu";
constexpr const char* single_ops =
    "mse_loss l1_loss smooth_l1_loss huber_loss nll_loss cross_entropy kl_div binary_cross_entropy "
    "binary_cross_entropy_with_logits poisson_nll_loss soft_margin_loss hinge_embedding_loss "
    "margin_ranking_loss multi_margin_loss multilabel_margin_loss cosine_embedding_loss "
    "triplet_margin_loss ctc_loss prod quantile nanquantile cdist trace polar view_as_complex "
    "grid_sample max_pool3d max_pool3d_with_indices avg_pool3d adaptive_avg_pool3d "
    "adaptive_max_pool3d adaptive_max_pool3d_with_indices max_unpool2d max_unpool3d gru gru_cell "
    "lstm_cell rnn_tanh_cell rnn_relu_cell";
constexpr const char* apart_ops = "mv dot vdot addmv addr outer kron";

using Policies = std::unordered_map<std::string, Policy>;

void enter(Policies& policies, const char* names, Policy policy) {
  std::string name;
  for (const char* c = names;; ++c) {
    if (*c != ' ' && *c != '\0') {
      name += *c;
      continue;
    }
    policies.emplace(std::move(name), policy);
    name.clear();
    if (*c == '\0') return;
  }
}

Policy policy_of(const OpRecord& op) {
  // Never destroyed: threads may still compute when the process ends.
  static const Policies& policies = []() -> const Policies& {
    auto* made = new Policies;
    enter(*made, lower_ops, Policy::lower);
    enter(*made, single_ops, Policy::single);
    enter(*made, apart_ops, Policy::apart);
    return *made;
  }();
  const auto found = policies.find(signature_of(op).function);
  return found == policies.end() ? Policy::as_given : found->second;
}

/// Double precision stays: it was asked for.
Tensor converted_to(const Tensor& x, DType wanted) {
  if (!x.defined() || !is_floating(x.dtype()) || x.dtype() == DType::float64 || x.dtype() == wanted)
    return x;
  const Arg args[] = {Arg(x), Arg(wanted)};
  return invoke(*find_op("cast"), args, 2).one;
}

std::vector<Arg> converted_to(const Arg* args, int count, DType wanted) {
  std::vector<Arg> result(args, args + count);
  for (Arg& arg : result) {
    if (arg.kind() == ArgKind::tensor) {
      arg = Arg(converted_to(arg.tensor(), wanted));
    } else if (arg.kind() == ArgKind::tensors) {
      Tensors list;
      for (const Tensor& x : arg.tensors()) list.push_back(converted_to(x, wanted));
      arg = Arg(std::move(list));
    }
  }
  return result;
}

}  // namespace

Results invoke_autocast(const OpRecord& op, const Arg* args, int count) {
  const auto lower = static_cast<DType>(mode.autocast - 1);
  const Policy policy = policy_of(op);
  if (policy == Policy::as_given && std::holds_alternative<Composite>(op.derivative)) {
    Results results;
    op.forward.run(args, {}, results);
    return results;
  }
  const Autocasting pause(0);
  if (policy == Policy::as_given || policy == Policy::apart) return invoke(op, args, count);
  const std::vector<Arg> all =
      converted_to(args, count, policy == Policy::lower ? lower : DType::float32);
  return invoke(op, all.data(), count);
}

}  // namespace topograd
