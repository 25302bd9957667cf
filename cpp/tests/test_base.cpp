// Floor 0: shapes, dtypes, the allocator, the thread pool.

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "base/allocator.h"
#include "base/pool.h"
#include "tests/check.h"
#include "topograd/dtype.h"
#include "topograd/shape.h"

namespace topograd {
namespace {

Dims counting(int count) {
  Dims dims;
  for (int i = 0; i < count; ++i) dims.push_back(i);
  return dims;
}

TEST("dims keep their values inside the object and on the heap") {
  for (const int count : {0, 1, 6, 7, 32}) {
    const Dims dims = counting(count);
    CHECK(dims.size() == count);
    Dims copy = dims;
    CHECK(copy == dims);
    copy.insert(0, -1);
    CHECK(copy.size() == count + 1 && copy[0] == -1 &&
          copy.back() == (count == 0 ? -1 : count - 1));
    copy.erase(0);
    CHECK(copy == dims);
    const Dims moved = std::move(copy);
    CHECK(moved == dims);
    CHECK(format("{}", counting(1)) == "(0,)" && format("{}", counting(3)) == "(0, 1, 2)");
  }
}

TEST("element counts refuse negative sizes and overflow") {
  CHECK(count_of({}) == 1);
  CHECK(count_of({2, 3, 4}) == 24);
  CHECK(count_of({index{1} << 40, 0, index{1} << 40}) == 0);
  CHECK_THROWS(count_of({2, -1}), ShapeError, "(2, -1)");
  CHECK_THROWS(count_of({index{1} << 40, index{1} << 40}), ShapeError, "more elements");
}

TEST("shapes broadcast from the back") {
  CHECK(broadcast_shapes({2, 1, 3}, {4, 1}, "op") == Dims({2, 4, 3}));
  CHECK(broadcast_shapes({}, {0, 2}, "op") == Dims({0, 2}));
  CHECK_THROWS(broadcast_shapes({2, 3}, {2}, "op"), ShapeError, "op: ");
}

TEST("negative dims count from the back") {
  CHECK(wrap_dim(-1, 3, "op") == 2 && wrap_dim(2, 3, "op") == 2 && wrap_dim(-1, 0, "op") == 0);
  CHECK_THROWS(wrap_dim(3, 3, "op"), IndexError, "[-3, 2]");
}

TEST("promotion is symmetric and follows the table of PyTorch") {
  for (int i = 0; i < dtype_count; ++i)
    for (int j = 0; j < dtype_count; ++j) {
      const auto a = static_cast<DType>(i), b = static_cast<DType>(j);
      CHECK(promote(a, b) == promote(b, a));
    }
  CHECK(promote(DType::int8, DType::uint8) == DType::int16);
  CHECK(promote(DType::int64, DType::float16) == DType::float16);
  CHECK(promote(DType::float16, DType::bfloat16) == DType::float32);
  CHECK(promote(DType::boolean, DType::uint8) == DType::uint8);
}

template <class Half>
void check_every_half(std::uint16_t infinity) {
  for (std::uint32_t bits = 0; bits <= 0xffffu; ++bits) {
    Half half;
    half.bits = static_cast<std::uint16_t>(bits);
    const auto value = static_cast<float>(half);
    if ((bits & 0x7fffu) > infinity)
      CHECK(std::isnan(value) && std::isnan(static_cast<float>(Half(value))));
    else
      CHECK(Half(value).bits == bits);
  }
}

TEST("every half number survives the way through float") {
  check_every_half<float16>(0x7c00);
  check_every_half<bfloat16>(0x7f80);
}

TEST("halves round to nearest, ties to even") {
  CHECK(float16(1.0f + 0x1p-11f).bits == float16(1.0f).bits);
  CHECK(float16(1.0f + 3 * 0x1p-11f).bits == float16(1.0f + 0x1p-9f).bits);
  CHECK(float16(65519.0f).bits == float16(65504.0f).bits);
  CHECK(std::isinf(static_cast<float>(float16(65520.0f))));
  CHECK(float16(0x1p-25f).bits == 0 && float16(0x1.8p-25f).bits == 1);
  CHECK(bfloat16(1.0f + 0x1p-8f).bits == bfloat16(1.0f).bits);
  CHECK(bfloat16(1.0f + 3 * 0x1p-8f).bits == bfloat16(1.0f + 0x1p-6f).bits);
}

TEST("memory is aligned, reused, and may be released by another thread") {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{100}, std::size_t{1} << 22}) {
    void* block = allocate(bytes);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 64 == 0);
    std::thread([&] { release(block, bytes); }).join();
  }
  trim();
  CHECK(allocator_statistics().cached == 0);
  CHECK_THROWS(allocate(std::size_t{1} << 62), OutOfMemory, "");
}

TEST("parallel_for covers every index once, for any number of threads and when nested") {
  const int before = num_threads();
  for (const int threads : {1, 2, 5}) {
    set_num_threads(threads);
    std::vector<std::atomic<int>> visits(10007);
    parallel(10, 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t part = first; part < last; ++part) {
        const std::int64_t begin = part * 10007 / 10, end = (part + 1) * 10007 / 10;
        parallel(end - begin, 16, [&](std::int64_t from, std::int64_t to) {
          for (std::int64_t i = from; i < to; ++i) ++visits[static_cast<std::size_t>(begin + i)];
        });
      }
    });
    bool once = true;
    for (const auto& count : visits) once = once && count == 1;
    CHECK(once);
  }
  set_num_threads(before);
  CHECK_THROWS((set_num_threads(0), 0), ValueError, "");
}

}  // namespace
}  // namespace topograd
