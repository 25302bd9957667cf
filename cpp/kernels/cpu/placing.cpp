#include "kernels/cpu/movement.h"
#include "kernels/cpu/parts.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

template <class T>
void write_part(const T* from, const std::int64_t* at, T* to, index picks, index stride,
                const Part& part) {
  if (stride == 1) {
    T other;  // for what is not owned: a branch could not be predicted
    for (index p = 0; p < picks; ++p) *(part.owns(at[p]) ? to + at[p] : &other) = from[p];
    return;
  }
  const index width = part.column_end - part.column_begin;
  for (index p = 0; p < picks; ++p) {
    if (!part.owns(at[p])) continue;
    const T* row = from + p * stride;
    T* target = to + at[p] * stride;
    for (index j = 0; j < width; ++j) target[j] = row[j];
  }
}

template <class T>
void fill_part(T value, const std::int64_t* at, T* to, index picks, index stride,
               const Part& part) {
  if (stride == 1) {
    T other;
    for (index p = 0; p < picks; ++p) *(part.owns(at[p]) ? to + at[p] : &other) = value;
    return;
  }
  const index width = part.column_end - part.column_begin;
  for (index p = 0; p < picks; ++p) {
    if (!part.owns(at[p])) continue;
    T* target = to + at[p] * stride;
    for (index j = 0; j < width; ++j) target[j] = value;
  }
}

void index_write(const void* in_memory, bool single, const std::int64_t* indices, void* out_memory,
                 index outer, index n, index picks, index inner, index element_size) {
  if (outer == 0 || inner == 0 || picks == 0) return;
  by_size(element_size, [=]<class T>(T) {
    const T* in = static_cast<const T*>(in_memory);
    T* out = static_cast<T*>(out_memory);
    const Cut cut(outer, picks, inner);
    parallel(outer * cut.strips * cut.ranges, cut.grain, [=](index begin, index end) {
      for (index item = begin; item < end; ++item) {
        const Part part(cut, item, inner, n);
        T* to = out + part.problem * n * inner + part.column_begin;
        if (single)
          fill_part(*in, indices, to, picks, inner, part);
        else
          write_part(in + part.problem * picks * inner + part.column_begin, indices, to, picks,
                     inner, part);
      }
    });
  });
}

void masked_write(const std::uint8_t* mask, const void* in_memory, void* out_memory, index count,
                  index element_size) {
  by_size(element_size, [=]<class T>(T) {
    const T* in = static_cast<const T*>(in_memory);
    T* out = static_cast<T*>(out_memory);
    for (index i = 0; i < count; ++i)
      if (mask[i] != 0) out[i] = *in++;
  });
}

}  // namespace

void fill_placing(Placing& placing) { placing = {index_write, masked_write}; }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
