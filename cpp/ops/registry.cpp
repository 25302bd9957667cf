#include "ops/registry.h"

#include <string>
#include <unordered_map>

namespace topograd {

namespace {

/// The families in the order in which their ops are listed.
constexpr struct {
  std::string_view name;
  Family (*ops)();
} families[] = {
    {"unary", unary_family},
    {"trigonometry", trigonometry_family},
    {"rounding", rounding_family},
    {"activation", activation_family},
    {"arithmetic", arithmetic_family},
    {"binary", binary_family},
    {"compare", compare_family},
    {"ternary", ternary_family},
    {"cast", cast_family},
    {"reduce", reduce_family},
    {"extremes", extremes_family},
    {"scan", scan_family},
    {"matmul", matmul_family},
    {"einsum", einsum_family},
    {"view", view_family},
    {"slicing", slicing_family},
    {"joining", joining_family},
    {"shape", shape_family},
    {"index", index_family},
    {"softmax", softmax_family},
    {"loss", loss_family},
    {"elementwise_loss", elementwise_loss_family},
    {"likelihood_loss", likelihood_loss_family},
    {"margin_loss", margin_loss_family},
    {"linear_loss", linear_loss_family},
    {"ctc", ctc_family},
    {"image_loss", image_loss_family},
    {"rectifier", rectifier_family},
    {"noise", noise_family},
    {"similarity", similarity_family},
    {"norm", norm_family},
    {"conv", conv_family},
    {"conv_transpose", conv_transpose_family},
    {"pool", pool_family},
    {"adaptive", adaptive_family},
    {"unpool", unpool_family},
    {"attention", attention_family},
    {"recurrent", recurrent_family},
    {"recurrent_steps", recurrent_steps_family},
    {"random", random_family},
    {"distributions", distributions_family},
    {"complex", complex_family},
    {"special", special_family},
    {"numbers", numbers_family},
    {"products", products_family},
    {"distance", distance_family},
    {"selection", selection_family},
    {"quantile", quantile_family},
    {"statistics", statistics_family},
    {"histogram", histogram_family},
    {"running", running_family},
    {"stacking", stacking_family},
    {"partition", partition_family},
    {"strided", strided_family},
    {"scattering", scattering_family},
    {"placing", placing_family},
    {"search", search_family},
    {"padding", padding_family},
    {"resampling", resampling_family},
    {"grid", grid_family},
    {"folding", folding_family},
    {"shuffling", shuffling_family},
    {"group_norm", group_norm_family},
    {"bags", bags_family},
};

}  // namespace

const std::vector<const OpRecord*>& all_ops() {
  static const auto* ops = [] {
    auto* list = new std::vector<const OpRecord*>;
    for (const auto& family : families)
      for (const OpRecord* op : family.ops()) list->push_back(op);
    return list;
  }();
  return *ops;
}

std::string_view family_of(const OpRecord& op) {
  static const auto* names = [] {
    auto* map = new std::unordered_map<const OpRecord*, std::string_view>;
    for (const auto& family : families)
      for (const OpRecord* member : family.ops()) map->emplace(member, family.name);
    return map;
  }();
  const auto found = names->find(&op);
  expect<ValueError>(found != names->end(), "registry: '{}' belongs to no family", name_of(op));
  return found->second;
}

const OpRecord* find_op(std::string_view name) {
  static const auto* by_name = [] {
    auto* map = new std::unordered_map<std::string, const OpRecord*>;
    for (const OpRecord* op : all_ops()) {
      const bool fresh = map->emplace(name_of(*op), op).second;
      expect(fresh, "registry: two ops are named '{}'", name_of(*op));
    }
    return map;
  }();
  const auto found = by_name->find(std::string(name));
  return found == by_name->end() ? nullptr : found->second;
}

}  // namespace topograd
