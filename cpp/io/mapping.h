#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "topograd/tensor.h"

namespace topograd {

/// A file in memory, whose pages the system reads when they are first touched. Changes stay in this
/// process. It lives as long as a tensor looks at it.
///
/// Lost pages: where a file becomes shorter, touching what it lost brings SIGBUS. A handler puts
/// pages of ones there instead — NaN in every floating dtype, so that nothing plausible is
/// computed —, tells `file_was_lost`, and the access goes on. Signals with other causes go to
/// whoever handled them before. The rest of the page in which a file now ends is zeros, of which no
/// signal tells.
class TOPOGRAD_API MappedFile final : public Counted {
 public:
  ~MappedFile() override;
  static Ref<MappedFile> open(const std::string& path, std::string_view op);

  std::int64_t size() const { return size_; }
  const char* data() const { return data_; }
  /// The elements from this byte on. Where they are not aligned, and for bools, which have to be
  /// checked before anybody computes with them, a copy. Throws ValueError if the file ends before.
  Tensor tensor(std::int64_t begin, const Dims& shape, DType dtype) const;
  /// Whether pages were lost.
  bool lost() const;

 private:
  MappedFile() = default;

  char* data_ = nullptr;
  std::int64_t size_ = 0;
  struct Region* region_ = nullptr;
};

/// Called in the signal handler, once per mapping, with the path: it may do only what is safe
/// there. Null: nobody is told.
TOPOGRAD_API extern void (*file_was_lost)(const char* path) noexcept;

}  // namespace topograd
