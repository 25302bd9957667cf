#include "base/generator.h"

namespace topograd {

Generator& Generator::global() {
  static auto* generator = [] {
    auto* made = new Generator;
    made->retain();
    return made;
  }();
  return *generator;
}

}  // namespace topograd
