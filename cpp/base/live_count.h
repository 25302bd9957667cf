#pragma once

#include <cstdint>

#include "topograd/export.h"

namespace topograd {

/// How many objects of a kind exist, for leak tests. Each thread counts its own without a locked
/// instruction (an object may die on another thread than it was made: a thread's number may be
/// negative); reading adds the threads up.
enum class Live : int { tensor, node };
void count_live(Live kind, std::int64_t change) noexcept;
TOPOGRAD_API std::int64_t live(Live kind);

}  // namespace topograd
