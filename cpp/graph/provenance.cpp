#include "graph/provenance.h"

#include "graph/mode.h"

namespace topograd {

SiteReader site_reader;

thread_local constinit Mode mode;

namespace {
thread_local Site site;
thread_local constinit bool awaited __attribute__((tls_model("initial-exec"))) = false;
}  // namespace

void expect_site() noexcept { awaited = true; }

const Site& current_site() {
  if (awaited) {
    awaited = false;
    if (site_reader.capture != nullptr) site_reader.capture(site);
  }
  return site;
}

std::string describe(const Site& at) {
  if (at.code == nullptr || site_reader.describe == nullptr) return "";
  return site_reader.describe(at.code, at.instruction);
}

}  // namespace topograd
