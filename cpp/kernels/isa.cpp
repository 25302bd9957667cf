#include <cstdlib>
#include <cstring>
#include <string>

#include "kernels/images.h"

namespace topograd::kernels {

#if defined(TOPOGRAD_MULTI_ISA)
namespace v2 {
const Table& table();
const Images& images();
}  // namespace v2
namespace v3 {
const Table& table();
const Images& images();
}  // namespace v3
namespace v4 {
const Table& table();
const Images& images();
}  // namespace v4
#else
namespace native {
const Table& table();
const Images& images();
}  // namespace native
#endif

namespace {

struct Candidate {
  const char* name;
  const Table& (*table)();
  const Images& (*images)();
  bool (*supported)();
};

// Best first.
constexpr Candidate candidates[] = {
#if defined(TOPOGRAD_MULTI_ISA)
    {"v4", v4::table, v4::images, [] { return __builtin_cpu_supports("x86-64-v4") != 0; }},
    {"v3", v3::table, v3::images, [] { return __builtin_cpu_supports("x86-64-v3") != 0; }},
    {"v2", v2::table, v2::images, [] { return __builtin_cpu_supports("x86-64-v2") != 0; }},
#else
    {"native", native::table, native::images, [] { return true; }},
#endif
};

std::string candidate_names() {
  std::string names;
  for (const auto& c : candidates) names += std::string(names.empty() ? "" : ", ") + c.name;
  return names;
}

const Table& choose() {
  const char* forced = std::getenv("TOPOGRAD_ISA");
  for (const auto& c : candidates) {
    if (forced != nullptr && *forced != '\0') {
      if (std::strcmp(forced, c.name) != 0) continue;
      expect(c.supported(), "TOPOGRAD_ISA: this processor does not support {}", forced);
      return c.table();
    }
    if (c.supported()) return c.table();
  }
  if (forced != nullptr && *forced != '\0')
    fail<ValueError>("TOPOGRAD_ISA: expected one of {}, got '{}'", candidate_names(), forced);
  fail("this processor supports none of the instruction sets {}", candidate_names());
}

template <class Row>
const Row& find(Span<Row> rows, const char* kind, const char* name) {
  for (const Row& row : rows)
    if (std::strcmp(row.name, name) == 0) return row;
  fail("kernels: no {} kernel is named '{}'", kind, name);
}

}  // namespace

const Table& active() {
  static const Table& chosen = choose();
  return chosen;
}
const Images& images() {
  static const Images& chosen = []() -> const Images& {
    for (const auto& c : candidates)
      if (std::strcmp(c.name, active().isa) == 0) return c.images();
    fail("kernels: no images for {}", active().isa);
  }();
  return chosen;
}
const Elementwise& elementwise(const char* name) {
  return find(active().elementwise, "elementwise", name);
}
const Reduction& reduction(const char* name) {
  return find(active().reductions, "reduction", name);
}
const Scan& scan(const char* name) { return find(active().scans, "scan", name); }

}  // namespace topograd::kernels
