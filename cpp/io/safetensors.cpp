// The format: 8 bytes with the length of the header; the header; then the elements of all tensors,
// little-endian, without gaps.

#include "io/safetensors.h"

#include <algorithm>
#include <optional>

#include "io/file.h"
#include "io/mapping.h"
#include "tensor/body.h"

namespace topograd {
namespace {

constexpr std::string_view saving = "save_safetensors", loading = "load_safetensors";

std::string read_header_text(FileReader& file) {
  constexpr auto length_bytes = safetensors_length_bytes;
  expect<ValueError>(file.size() >= length_bytes,
                     "not a safetensors file: it has {} bytes, fewer than the {} of a length",
                     file.size(), length_bytes);
  std::uint64_t length;
  file.read(&length, length_bytes);
  const auto most = std::min(most_safetensors_header, file.size() - length_bytes);
  expect<ValueError>(
      length <= static_cast<std::uint64_t>(most),
      "not a safetensors file: its header would have {} bytes, where {} are possible", length,
      most);
  std::string text(length, ' ');
  file.read(text.data(), length);
  return text;
}

SafetensorsFile read_file(FileReader& file, const MappedFile* mapped) {
  const std::string text = read_header_text(file);
  const auto start = safetensors_length_bytes + static_cast<std::int64_t>(text.size());
  SafetensorsHeader header = read_safetensors_header(text, file.size() - start);
  SafetensorsFile content;
  for (const SafetensorsEntry& entry : header.entries) {
    Tensor x;
    if (mapped != nullptr) {
      x = mapped->tensor(start + entry.begin, entry.shape, entry.dtype);
    } else {
      x = Tensor::empty(entry.shape, entry.dtype);
      file.read(x.address(), static_cast<std::size_t>(entry.end - entry.begin));
    }
    if (is_boolean(entry.dtype)) check_booleans(entry.name, x);
    content.tensors.emplace(entry.name, x);
  }
  content.metadata = std::move(header.metadata);
  return content;
}

}  // namespace

void check_booleans(const std::string& name, const Tensor& x) {
  const auto* bytes = static_cast<const unsigned char*>(x.address());
  unsigned char all = 0;
  for (index i = 0; i < x.count(); ++i) all |= bytes[i];
  expect<ValueError>(all <= 1, "'{}': expected bools that are 0 or 1, got other bytes", name);
}

void save_safetensors(const std::string& path, const SafetensorsFile& content) {
  SafetensorsPlan plan;
  try {
    plan = plan_safetensors(content);
  } catch (const ValueError& error) {
    fail<ValueError>("{}: '{}': {}", saving, path, error.what());
  }
  FileWriter file(path, saving);
  const std::uint64_t length = plan.header.size();
  file.write(&length, sizeof length);
  file.write(plan.header.data(), plan.header.size());
  for (const auto* entry : plan.order) {
    // Of a view only what it shows; the copy lives no longer than its turn.
    const Tensor x = dense(entry->second);
    file.write(x.address(), static_cast<std::size_t>(x.count()) * size_of(x.dtype()));
  }
  file.finish();
}

SafetensorsFile load_safetensors(const std::string& path, bool map) {
  FileReader file(path, loading);
  try {
    if (!map) return read_file(file, nullptr);
    const Ref<MappedFile> mapped = MappedFile::open(path, loading);
    expect<ValueError>(mapped->size() == file.size(), "it changed meanwhile");
    return read_file(file, mapped.get());
  } catch (const ValueError& error) {
    fail<ValueError>("{}: '{}': {}", loading, path, error.what());
  }
}

}  // namespace topograd
