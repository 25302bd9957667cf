#pragma once

// Included first by every file of this folder. Each is compiled once per instruction set with
// TOPOGRAD_ISA_NAME set to v2, v3, v4 or native. Hazard "one copy for everybody": an inline or
// template function outside an unnamed or ISA-named namespace becomes a weak symbol, and the linker
// may keep the AVX-512 copy for all. So: everything below lives in namespace
// topograd::kernels::TOPOGRAD_ISA_NAME, no std:: templates with out-of-line code, and
// tests/test_isa.py checks the object files for weak symbols.

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"

#ifndef TOPOGRAD_ISA_NAME
#define TOPOGRAD_ISA_NAME native
#endif
#define TOPOGRAD_TEXT_(x) #x
#define TOPOGRAD_TEXT(x) TOPOGRAD_TEXT_(x)

namespace topograd {
// base/pool.h and base/scratch.cpp, declared here so that no template comes along.
void parallel_for(std::int64_t count, std::int64_t grain,
                  void (*body)(void*, std::int64_t, std::int64_t), void* context);
int num_threads();
/// 64-byte aligned memory that stays valid until the same thread calls scratch(slot, …) again. slot
/// in [0, 8).
void* scratch_memory(int slot, std::size_t bytes);
}  // namespace topograd

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

template <class F>
struct ParallelThunk {
  static void run(void* context, std::int64_t begin, std::int64_t end) {
    (*static_cast<F*>(context))(begin, end);
  }
};
/// f(begin, end) over pieces of [0, count) of at least `grain`; serial below one grain.
template <class F>
inline void parallel(index count, index grain, F f) {
  if (count <= 0) return;
  if (count <= grain) {
    f(index{0}, count);
    return;
  }
  parallel_for(count, grain, &ParallelThunk<F>::run, &f);
}
template <class T>
inline T* scratch(int slot, index count) {
  return static_cast<T*>(scratch_memory(slot, static_cast<std::size_t>(count) * sizeof(T)));
}
template <class T>
inline T least(T a, T b) {
  return b < a ? b : a;
}
template <class T>
inline T greatest(T a, T b) {
  return a < b ? b : a;
}
inline index ceil_div(index a, index b) { return (a + b - 1) / b; }

// Every family of kernels defines one of these (see table.cpp).
Span<Elementwise> elementwise_rows();
Span<Reduction> reduction_rows();
Span<Scan> scan_rows();
const Convert (*convert_table())[dtype_count];
void fill_gemm(GemmFn (&gemm)[dtype_count]);
void fill_convolution(Convolution (&convolution)[2]);
void fill_pooling(Pooling (&pooling)[2]);
void fill_box_pooling(BoxPooling (&pooling)[2]);
void fill_rows(Rows (&rows)[2]);
void fill_losses(Losses (&losses)[2]);
void fill_attention(Attention (&attention)[2]);
void fill_recurrent(Recurrent (&recurrent)[2]);
void fill_movement(Movement& movement);
void fill_moving_at(Movement& movement);
void fill_adding(Adding (&adding)[compute_count]);
void fill_placing(Placing& placing);
void fill_sorting(Sorting (&sorting)[compute_count]);
void fill_selecting(Sorting (&sorting)[compute_count]);
void fill_counting(Counting& counting);
void fill_recurrence(Recurrence (&recurrence)[compute_count]);
void fill_complex_dot(ComplexDot (&dot)[2]);
void fill_searching(Searching (&searching)[compute_count]);
void fill_cross(Cross (&cross)[compute_count]);
void fill_distances(Distances (&distances)[2]);
void fill_random(Random& random);
void fill_sampling(Sampling& sampling);
Span<OptimizerRule> optimizer_rules();
void fill_norms(SumOfSquares (&sum_of_squares)[2]);

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
