// The header of the format: a JSON object from name to dtype, shape and place.
// https://huggingface.co/docs/safetensors

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "io/json.h"
#include "io/safetensors.h"

namespace topograd {
namespace {

static_assert(std::endian::native == std::endian::little,
              "elements are stored as they lie in memory");

constexpr std::string_view metadata_key = "__metadata__";
// In the order of DType.
constexpr std::array<std::string_view, dtype_count> type_names = {
    "F32", "F64", "F16", "BF16", "I8", "U8", "I16", "I32", "I64", "BOOL", "C64", ""};

// ---------------------------------------------------------------- saving

using Entry = SafetensorsPlan::Entry;

std::int64_t bytes_of(const Entry& entry) {
  const auto& [name, x] = entry;
  std::int64_t bytes;
  expect<ValueError>(
      !__builtin_mul_overflow(x.count(), static_cast<std::int64_t>(size_of(x.dtype())), &bytes),
      "tensor '{}' of shape {} is too large", name, x.shape());
  return bytes;
}

/// The order of the elements in the file: wide ones first, so that all are aligned for readers that
/// map the file.
std::vector<const Entry*> in_order(const SafetensorsFile& content) {
  std::vector<const Entry*> order;
  for (const Entry& entry : content.tensors) {
    expect<ValueError>(entry.first != metadata_key, "a tensor can not have the name '{}'",
                       metadata_key);
    expect<ValueError>(entry.second.defined(), "'{}' is no tensor", entry.first);
    expect<TypeError>(entry.second.dtype() != DType::complex128,
                      "tensor '{}': the format has no complex128; save view_as_real of it",
                      entry.first);
    order.push_back(&entry);
  }
  std::stable_sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) {
    return size_of(a->second.dtype()) > size_of(b->second.dtype());
  });
  return order;
}

std::string metadata_text(const std::map<std::string, std::string>& metadata) {
  std::string text;
  for (const auto& [key, value] : metadata)
    text += (text.empty() ? "{" : ",") + json_string(key) + ":" + json_string(value);
  return text + "}";
}

std::string description(const Tensor& x, std::int64_t begin, std::int64_t end) {
  std::string sizes;
  for (index size : x.shape()) sizes += (sizes.empty() ? "" : ",") + std::to_string(size);
  return format(R"({"dtype":"{}","shape":[{}],"data_offsets":[{},{}]})",
                type_names[static_cast<std::size_t>(x.dtype())], sizes, begin, end);
}

// ---------------------------------------------------------------- loading

/// What the header says of one tensor.
struct Place {
  std::optional<std::string> type;
  std::optional<Dims> shape;
  std::optional<std::pair<std::int64_t, std::int64_t>> range;
};

struct Header {
  std::map<std::string, Place> places;
  std::optional<std::map<std::string, std::string>> metadata;
};

Dims read_shape(JsonReader& json) {
  Dims shape;
  json.array([&] {
    expect<ValueError>(shape.size() < max_rank, "has more than {} dims", max_rank);
    shape.push_back(json.integer());
  });
  return shape;
}

std::pair<std::int64_t, std::int64_t> read_range(JsonReader& json) {
  std::array<std::int64_t, 2> bounds{};
  std::size_t count = 0;
  json.array([&] {
    expect<ValueError>(count < 2, "has more than two data_offsets");
    bounds[count++] = json.integer();
  });
  expect<ValueError>(count == 2, "has {} data_offsets instead of two", count);
  return {bounds[0], bounds[1]};
}

Place read_place(JsonReader& json) {
  Place place;
  const auto set = [](auto& field, auto value, std::string_view name) {
    expect<ValueError>(!field, "has two values of '{}'", name);
    field = std::move(value);
  };
  json.object([&](const std::string& key) {
    if (key == "dtype")
      set(place.type, json.string(), key);
    else if (key == "shape")
      set(place.shape, read_shape(json), key);
    else if (key == "data_offsets")
      set(place.range, read_range(json), key);
    else
      fail<ValueError>("has the unknown field '{}'", key);
  });
  expect<ValueError>(place.type && place.shape && place.range,
                     "lacks one of dtype, shape and data_offsets");
  return place;
}

std::map<std::string, std::string> read_metadata(JsonReader& json) {
  std::map<std::string, std::string> metadata;
  json.object([&](const std::string& key) {
    expect<ValueError>(metadata.emplace(key, json.string()).second, "has two values of '{}'", key);
  });
  return metadata;
}

Header parse_header(std::string_view text) {
  Header header;
  expect<ValueError>(text.starts_with('{'), "the header does not begin with '{'");
  JsonReader json(text);
  json.object([&](const std::string& name) {
    try {
      if (name != metadata_key) {
        expect<ValueError>(header.places.emplace(name, read_place(json)).second, "occurs twice");
      } else {
        expect<ValueError>(!header.metadata, "occurs twice");
        header.metadata = read_metadata(json);
      }
    } catch (const ValueError& error) {
      fail<ValueError>("'{}': {}", name, error.what());
    }
  });
  json.end();
  return header;
}

/// Throws unless the data begins where that before it ended and has the bytes that dtype and shape
/// need.
DType check_place(const std::string& name, const Place& place, std::int64_t start) {
  const auto known = std::find(type_names.begin(), type_names.end(), *place.type);
  expect<ValueError>(known != type_names.end() && !known->empty(),
                     "'{}': topograd has no dtype '{}'", name, *place.type);
  const auto dtype = static_cast<DType>(known - type_names.begin());
  const auto [begin, end] = *place.range;
  expect<ValueError>(
      begin == start && begin <= end,
      "'{}': expected data that begins at {}, without gaps and overlaps, got [{}, {})", name, start,
      begin, end);
  // Strides are computed as if an empty dim had one element, so that number has to be countable as
  // well.
  auto bytes = static_cast<std::int64_t>(size_of(dtype));
  for (index size : *place.shape) {
    const bool fits = !__builtin_mul_overflow(bytes, std::max<index>(size, 1), &bytes);
    expect<ValueError>(fits, "'{}': the shape {} is too large", name, *place.shape);
  }
  if (place.shape->contains(0)) bytes = 0;
  expect<ValueError>(bytes == end - begin, "'{}': {} of shape {} takes {} bytes, its data has {}",
                     name, dtype, *place.shape, bytes, end - begin);
  return dtype;
}

}  // namespace

SafetensorsPlan plan_safetensors(const SafetensorsFile& content) {
  const std::vector<const Entry*> order = in_order(content);
  std::map<std::string_view, std::string> descriptions;
  std::int64_t begin = 0;
  for (const Entry* entry : order) {
    std::int64_t end;
    expect<ValueError>(!__builtin_add_overflow(begin, bytes_of(*entry), &end), "too many elements");
    descriptions[entry->first] = description(entry->second, begin, end);
    begin = end;
  }
  std::string text;
  if (!content.metadata.empty())
    text += "," + json_string(metadata_key) + ":" + metadata_text(content.metadata);
  for (const auto& [name, one] : descriptions) text += "," + json_string(name) + ":" + one;
  text = "{" + text.substr(text.empty() ? 0 : 1) + "}";
  text.append((safetensors_length_bytes - text.size() % safetensors_length_bytes) %
                  safetensors_length_bytes,
              ' ');
  expect<ValueError>(static_cast<std::int64_t>(text.size()) <= most_safetensors_header,
                     "the names and metadata take {} bytes, more than the {} of the format",
                     text.size(), most_safetensors_header);
  return {std::move(text), order};
}

SafetensorsHeader read_safetensors_header(std::string_view text, std::int64_t data_bytes) {
  Header header = parse_header(text);
  SafetensorsHeader result;
  for (auto& [name, place] : header.places)
    result.entries.push_back({name, {}, *place.shape, place.range->first, place.range->second});
  std::stable_sort(result.entries.begin(), result.entries.end(), [](const auto& a, const auto& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::int64_t end = 0;
  for (SafetensorsEntry& entry : result.entries) {
    entry.dtype = check_place(entry.name, header.places.at(entry.name), end);
    end = entry.end;
  }
  expect<ValueError>(end == data_bytes, "the header describes {} bytes of data, the file has {}",
                     end, data_bytes);
  result.metadata = std::move(header.metadata).value_or(std::map<std::string, std::string>());
  return result;
}

}  // namespace topograd
