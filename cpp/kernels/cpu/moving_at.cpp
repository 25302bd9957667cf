// Moving elements and rows from and to places that indices tell.

#include "kernels/cpu/loops.h"
#include "kernels/cpu/movement.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

void index_select(const void* in_memory, const std::int64_t* indices, void* out_memory, index outer,
                  index n, index picks, index inner, index element_size) {
  if (picks == 0 || inner == 0) return;
  by_size(element_size, [=]<class T>(T) {
    const T* in = static_cast<const T*>(in_memory);
    T* out = static_cast<T*>(out_memory);
    parallel(outer * picks, grain_of<T>(inner), [=](index begin, index end) {
      index p = begin % picks;
      const T* base = in + begin / picks * n * inner;
      for (index i = begin; i < end; ++i) {
        if (inner == 1)
          out[i] = base[indices[p]];
        else
          copy_dense_row(base + indices[p] * inner, out + i * inner, inner);
        if (++p == picks) {
          p = 0;
          base += n * inner;
        }
      }
    });
  });
}

bool all_inside(const std::int64_t* indices, index count, index n) {
  bool any_outside = false;
  parallel(count, grain_of<std::int64_t>(1), [&](index begin, index end) {
    std::uint64_t outside = 0;
    for (index i = begin; i < end; ++i)
      outside |= static_cast<std::uint64_t>(indices[i]) >= static_cast<std::uint64_t>(n) ? 1 : 0;
    if (outside != 0) __atomic_store_n(&any_outside, true, __ATOMIC_RELAXED);
  });
  return !any_outside;
}

/// row[at], or anything and a note in `outside` where there is no such element.
template <class T>
inline T element_at(const T* row, index at, index n, bool& outside) {
  const bool inside = static_cast<std::uint64_t>(at) < static_cast<std::uint64_t>(n);
  outside |= !inside;
  return row[inside ? at : 0];
}

bool gather(const void* in_memory, const std::int64_t* indices, void* out_memory, index outer,
            index n, index picks, index inner, index element_size) {
  if (picks == 0 || inner == 0) return true;
  if (n == 0) return false;
  bool any_outside = false;
  const auto note = [&](bool outside) {
    if (outside) __atomic_store_n(&any_outside, true, __ATOMIC_RELAXED);
  };
  by_size(element_size, [&]<class T>(T) {
    const T* in = static_cast<const T*>(in_memory);
    T* out = static_cast<T*>(out_memory);
    if (inner == 1) {
      parallel(outer * picks, grain_of<T>(1), [=](index begin, index end) {
        const T* row = in + begin / picks * n;
        index stop = (begin / picks + 1) * picks;
        bool outside = false;
        for (index i = begin; i < end; stop += picks, row += n) {
          const index last = least(end, stop);
          if (picks == 1) {
            out[i] = element_at(row, indices[i], n, outside);
            ++i;
            continue;
          }
          TOPOGRAD_INDEPENDENT
          for (index j = i; j < last; ++j) out[j] = element_at(row, indices[j], n, outside);
          i = last;
        }
        note(outside);
      });
      return;
    }
    parallel(outer * picks, grain_of<T>(inner), [=](index begin, index end) {
      index p = begin % picks;
      const T* base = in + begin / picks * n * inner;
      bool outside = false;
      for (index i = begin; i < end; ++i) {
        const std::int64_t* at = indices + i * inner;
        T* row = out + i * inner;
        TOPOGRAD_INDEPENDENT
        for (index j = 0; j < inner; ++j) {
          const bool inside = static_cast<std::uint64_t>(at[j]) < static_cast<std::uint64_t>(n);
          outside |= !inside;
          row[j] = base[(inside ? at[j] : 0) * inner + j];
        }
        if (++p == picks) {
          p = 0;
          base += n * inner;
        }
      }
      note(outside);
    });
  });
  return !any_outside;
}

// Equal indices can only meet within one (outer, inner) column, and one thread walks it in order.
void scatter(const void* in_memory, const std::int64_t* indices, void* out_memory, index outer,
             index n, index picks, index inner, index element_size) {
  if (picks == 0 || inner == 0) return;
  by_size(element_size, [=]<class T>(T) {
    const T* in = static_cast<const T*>(in_memory);
    T* out = static_cast<T*>(out_memory);
    constexpr index line = line_bytes / static_cast<index>(sizeof(T));
    const index strips = ceil_div(inner, line);
    parallel(outer * strips, grain_of<T>(2 * picks * least(inner, line)),
             [=](index begin, index end) {
               for (index item = begin; item < end; ++item) {
                 const index o = item / strips;
                 if (inner == 1) {
                   for (index p = o * picks; p < (o + 1) * picks; ++p)
                     out[o * n + indices[p]] = in[p];
                   continue;
                 }
                 const index low = item % strips * line;
                 const index high = least(low + line, inner);
                 for (index p = 0; p < picks; ++p) {
                   const index row = (o * picks + p) * inner;
                   for (index j = low; j < high; ++j)
                     out[(o * n + indices[row + j]) * inner + j] = in[row + j];
                 }
               }
             });
  });
}

void gather_rows(const void* in_memory, const std::int64_t* offsets, void* out_memory, index count,
                 index row, index element_size) {
  by_size(element_size, [=]<class T>(T) {
    const T* in = static_cast<const T*>(in_memory);
    T* out = static_cast<T*>(out_memory);
    parallel(count, grain_of<T>(row), [=](index begin, index end) {
      if (row == 1)
        for (index i = begin; i < end; ++i) out[i] = in[offsets[i]];
      else
        for (index i = begin; i < end; ++i) copy_dense_row(in + offsets[i], out + i * row, row);
    });
  });
}

// Threads take column strips, so that the last of equal offsets wins.
void scatter_rows(const void* in_memory, const std::int64_t* offsets, void* out_memory, index count,
                  index row, index element_size) {
  by_size(element_size, [=]<class T>(T) {
    const T* in = static_cast<const T*>(in_memory);
    T* out = static_cast<T*>(out_memory);
    constexpr index line = line_bytes / static_cast<index>(sizeof(T));
    parallel(ceil_div(row, line), grain_of<T>(count * line), [=](index begin, index end) {
      const index low = begin * line;
      const index width = least(end * line, row) - low;
      for (index i = 0; i < count; ++i)
        copy_dense_row(in + i * row + low, out + offsets[i] + low, width);
    });
  });
}

}  // namespace

void fill_moving_at(Movement& movement) {
  movement.index_select = index_select;
  movement.all_inside = all_inside;
  movement.gather = gather;
  movement.scatter = scatter;
  movement.gather_rows = gather_rows;
  movement.scatter_rows = scatter_rows;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
