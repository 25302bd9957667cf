#pragma once

#include <cstdint>
#include <type_traits>

#include "topograd/export.h"

namespace topograd {

/// Threads that share one parallel_for, the caller included. Defaults to the processors this
/// process may use.
TOPOGRAD_API int num_threads();
/// Throws ValueError outside [1, 1024].
TOPOGRAD_API void set_num_threads(int count);

/// Calls body(context, begin, end) so that the pieces cover [0, count) exactly once, in pieces of
/// at least `grain`. body must not throw, and its result must not depend on where the pieces end:
/// with one thread it is called once. The caller works along and never waits for a sleeping worker;
/// a nested call runs in the calling thread.
using ParallelBody = void (*)(void* context, std::int64_t begin, std::int64_t end);
TOPOGRAD_API void parallel_for(std::int64_t count, std::int64_t grain, ParallelBody body,
                               void* context);

/// The same for a callable f(begin, end). Not for files compiled per instruction set: they wrap it
/// themselves.
template <class F>
void parallel(std::int64_t count, std::int64_t grain, F&& f) {
  if (count <= grain) {
    if (count > 0) f(std::int64_t{0}, count);
    return;
  }
  parallel_for(
      count, grain,
      [](void* context, std::int64_t begin, std::int64_t end) {
        (*static_cast<std::remove_reference_t<F>*>(context))(begin, end);
      },
      const_cast<void*>(static_cast<const void*>(&f)));
}

}  // namespace topograd
