// Floor 4: files, also mapped ones that become shorter.

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <string>

#include "io/mapping.h"
#include "tests/check.h"
#include "topograd/io.h"

namespace topograd {
namespace {

/// A folder that is removed at the end, with the one file in it.
struct Folder {
  Folder() {
    std::string pattern = "/tmp/topograd-XXXXXX";
    path = mkdtemp(pattern.data());
    file = path + "/x.safetensors";
  }
  ~Folder() {
    unlink(file.c_str());
    rmdir(path.c_str());
  }
  std::string path, file;
};

TEST("a file gives back what was saved, read and mapped") {
  const Folder folder;
  const Tensor x = Tensor::full({100, 100}, 2.5);
  save_safetensors(folder.file,
                   {{{"x", x}, {"on", Tensor::ones({3}, DType::boolean)}}, {{"a", "b"}}});
  for (const bool map : {false, true}) {
    const SafetensorsFile content = load_safetensors(folder.file, map);
    CHECK(content.metadata.at("a") == "b");
    CHECK(content.tensors.at("x").shape() == x.shape());
    CHECK(content.tensors.at("x").data<float>()[9999] == 2.5F);
    CHECK(content.tensors.at("on").dtype() == DType::boolean);
  }
  CHECK_THROWS(load_safetensors(folder.path + "/missing", true), Error, "load_safetensors");
}

TEST("what a mapped file lost reads as ones, and somebody is told once") {
  static int told = 0;
  void (*const before)(const char*) noexcept = file_was_lost;
  file_was_lost = [](const char*) noexcept { ++told; };
  const Folder folder;
  save_safetensors(folder.file, {{{"x", Tensor::ones({100'000})}}, {}});
  const Tensor x = load_safetensors(folder.file, true).tensors.at("x");
  CHECK(truncate(folder.file.c_str(), 4096) == 0);
  CHECK(x.data<float>()[0] == 1.0F);
  CHECK(told == 0);
  CHECK(std::isnan(x.data<float>()[99'999]) && std::isnan(x.data<float>()[50'000]));
  CHECK(told == 1);
  file_was_lost = before;
}

}  // namespace
}  // namespace topograd
