#include "ops/registry.h"

#include <string>
#include <unordered_map>

namespace topograd {

const std::vector<const OpRecord*>& all_ops() {
  static const auto* ops = [] {
    auto* list = new std::vector<const OpRecord*>;
    for (const auto family :
         {unary_family,      trigonometry_family,  rounding_family,  activation_family,
          arithmetic_family, binary_family,        compare_family,   ternary_family,
          cast_family,       reduce_family,        extremes_family,  scan_family,
          matmul_family,     einsum_family,        view_family,      slicing_family,
          joining_family,    shape_family,         index_family,     softmax_family,
          loss_family,       norm_family,          conv_family,      attention_family,
          random_family,     distributions_family, complex_family,   special_family,
          numbers_family,    products_family,      distance_family,  selection_family,
          quantile_family,   statistics_family,    histogram_family, running_family,
          stacking_family,   partition_family,     strided_family,   scattering_family,
          placing_family,    search_family})
      for (const OpRecord* op : family()) list->push_back(op);
    return list;
  }();
  return *ops;
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
