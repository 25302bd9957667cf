#include "optim/rule.h"

#include <algorithm>

#include "topograd/error.h"
#include "topograd/optim.h"

namespace topograd {
namespace {

const std::vector<UpdateRule>& all_rules() {
  static const std::vector<UpdateRule> rules = [] {
    std::vector<UpdateRule> made;
    for (const kernels::OptimizerRule& loop : kernels::active().optimizer_rules)
      made.push_back({loop});
    made.push_back(adafactor_rule);
    made.push_back(muon_rule);
    return made;
  }();
  return rules;
}

}  // namespace

std::vector<std::string> update_rules() {
  std::vector<std::string> names;
  for (const UpdateRule& rule : all_rules()) names.emplace_back(rule.name);
  std::sort(names.begin(), names.end());
  return names;
}

const UpdateRule& update_rule(std::string_view name) {
  for (const UpdateRule& rule : all_rules())
    if (rule.name == name) return rule;
  std::string known;
  for (const std::string& one : update_rules()) known += (known.empty() ? "" : ", ") + one;
  fail<ValueError>("optimizer: no update rule '{}'; there are {}", name, known);
}

}  // namespace topograd
