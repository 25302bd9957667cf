#include "graph/provenance.h"

#include <utility>

#include "graph/mode.h"

namespace topograd {

SiteReader site_reader;

thread_local constinit Mode mode;

namespace {
thread_local constinit Site* site TOPOGRAD_STATIC_TLS = nullptr;
thread_local constinit bool awaited TOPOGRAD_STATIC_TLS = false;

[[gnu::noinline]] void make_site() {
  static thread_local Site own;
  site = &own;
}
}  // namespace

AwaitedSite::AwaitedSite() noexcept : before_(std::exchange(awaited, true)) {}
AwaitedSite::~AwaitedSite() { awaited = before_; }

const Site& current_site() {
  if (site == nullptr) make_site();
  if (awaited) {
    awaited = false;
    if (site_reader.capture != nullptr) site_reader.capture(*site);
  }
  return *site;
}

std::string describe(const Site& at) {
  if (at.code == nullptr || site_reader.describe == nullptr) return "";
  return site_reader.describe(at.code, at.instruction);
}

std::string source_of(const Site& at) {
  if (at.code == nullptr || site_reader.source == nullptr) return "";
  return site_reader.source(at.code, at.instruction);
}

}  // namespace topograd
