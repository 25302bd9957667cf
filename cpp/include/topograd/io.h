#pragma once

#include <map>
#include <string>

#include "topograd/tensor.h"

namespace topograd {

/// What a safetensors file holds.
struct SafetensorsFile {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// Writes a safetensors file. Equal content gives equal bytes. Atomic: a crash leaves the old file
/// or the new one, whole; the mode and links of an existing file stay. Throws Error with the
/// system's reason.
TOPOGRAD_API void save_safetensors(const std::string& path, const SafetensorsFile& content);

/// Reads one. The header is checked in full — sizes, offsets that overlap or leave gaps, names that
/// appear twice, UTF-8, depth — before anything of the size it claims is allocated. Throws
/// ValueError for a malformed file, Error where it can not be read.
///
/// map: the tensors look at the file itself, whose pages are read when they are first needed; a
/// change of a tensor stays in this process. Should the file become shorter meanwhile, what is lost
/// reads as bytes of ones (NaN in every floating dtype) instead of ending the process.
TOPOGRAD_API SafetensorsFile load_safetensors(const std::string& path, bool map = false);

}  // namespace topograd
