#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topograd/io.h"

namespace topograd {

constexpr std::int64_t safetensors_length_bytes = 8;
constexpr std::int64_t most_safetensors_header = 100'000'000;  // that of the format's own library

/// What the header says of one tensor. The range is in bytes from where the data begins.
struct SafetensorsEntry {
  std::string name;
  DType dtype;
  Dims shape;
  std::int64_t begin, end;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the order of their data
  std::map<std::string, std::string> metadata;
};

/// How a file is written: its header, and the order of the tensors' elements after it. The entries
/// point into the content that was planned.
struct SafetensorsPlan {
  using Entry = std::pair<const std::string, Tensor>;
  std::string header;
  std::vector<const Entry*> order;
};

/// Sorted by name, so that equal content gives equal bytes; the header is padded so that the
/// elements start at a multiple of 8. Throws ValueError or TypeError for what the format has no
/// place for.
TOPOGRAD_API SafetensorsPlan plan_safetensors(const SafetensorsFile& content);

/// Reads a header and checks it in full against the number of bytes that follow it; nothing of the
/// size that it claims is allocated. Throws ValueError.
TOPOGRAD_API SafetensorsHeader read_safetensors_header(std::string_view text,
                                                       std::int64_t data_bytes);

/// Throws ValueError unless all bytes of a bool tensor are 0 or 1.
TOPOGRAD_API void check_booleans(const std::string& name, const Tensor& x);

}  // namespace topograd
