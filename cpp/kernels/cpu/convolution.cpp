#include "kernels/cpu/convolution_direct.h"
#include "kernels/cpu/convolution_lanes.h"
#include "kernels/cpu/convolution_products.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

void multiply(const Gemm& call, const float* row_bias) { gemm_float32(call, row_bias); }
void multiply(const Gemm& call, const double* row_bias) { gemm_float64(call, row_bias); }

/// The kernel is one element and nothing moves: a matrix product over channels.
bool pointwise(const ConvShape& shape) {
  for (int d = 0; d < 3; ++d) {
    if (shape.kernel[d] != 1 || shape.stride[d] != 1 || shape.padding[d] != 0 ||
        shape.out[d] != shape.in[d])
      return false;
  }
  return true;
}

/// A pointwise convolution goes over one long line, whatever the dims are.
ConvShape flattened(const ConvShape& shape) {
  ConvShape flat = shape;
  if (!pointwise(shape)) return flat;
  const index positions = product_of(shape.out);
  for (int d = 0; d < 3; ++d) flat.in[d] = flat.out[d] = d < 2 ? 1 : positions;
  return flat;
}

index input_channels(const ConvShape& shape) { return shape.groups * shape.in_per_group; }
index output_channels(const ConvShape& shape) { return shape.groups * shape.out_per_group; }

/// (rows, depth) of each group as panels, pass by pass.
template <class E>
void pack_weights(const E* weight, index groups, index rows, index depth, E* out) {
  const index pass = pass_depth<E>(rows, depth);
  const index passes = ceil_div(depth, pass);
  parallel(groups * passes, (1 << 14) / (rows * pass + 1) + 1, [&](index i, index end) {
    for (; i < end; ++i) {
      const index group = i / passes, p = i % passes * pass;
      pack_rows<E, E>(weight + group * rows * depth + p, depth, 1, rows, least(pass, depth - p),
                      out + rows * (group * depth + p));
    }
  });
}

/// Copies images [begin, end) chunk by chunk and has each of `count` correlations read them.
template <class E>
void correlate_images(const Correlation<E>* calls, index count, const E* source,
                      const index (&extent)[3], index begin, index end) {
  const Correlation<E>& any = calls[0];
  if (has_small_groups(any)) {
    return correlate_groups(calls, count, source, extent, begin, end);
  }
  const index channels = any.groups * any.source_channels;
  const index chunk = images_per_chunk<E>(end - begin, channels * any.layout.channel);
  E* copies = scratch<E>(scratch_images, chunk * channels * any.layout.channel + 4 * overrun<E>);
  for (index image = begin; image < end; image += chunk) {
    const index images = least(chunk, end - image);
    copy_channels(source + image * channels * product_of(extent), extent, any.layout,
                  images * channels, copies);
    for (index i = 0; i < count; ++i) {
      if (any.rows <= most_direct_rows) {
        correlate_direct(calls[i], copies, image, images);
      } else if (calls[i].lanes > 0) {
        correlate_lanes(calls[i], copies, image, images);
      } else {
        correlate_packed(calls[i], copies, image, images);
      }
    }
  }
}

/// Threads take whole images, so that copies are read by the thread that made them, if there are
/// enough of them.
template <class E>
void correlate(const Correlation<E>* calls, index count, const E* source,
               const index (&extent)[3]) {
  const Correlation<E>& any = calls[0];
  const auto run = [&](index begin, index end) {
    correlate_images(calls, count, source, extent, begin, end);
  };
  const index copy = any.groups * any.source_channels * any.layout.channel;
  if (any.batch < 2 * num_threads() || !fits_thread<E>(copy)) return run(0, any.batch);
  const index work = work_of(any.groups * any.rows, any.positions(), any.depth + 1);
  parallel(any.batch, grain_work / 2 / (work + 1) + 1, run);
}

template <class E>
void forward_pointwise(const ConvShape& shape, const E* input, const E* weight, const E* bias,
                       E* output) {
  const index positions = product_of(shape.out);
  Gemm call;
  call.batch = shape.batch;
  call.m = shape.out_per_group;
  call.n = positions;
  call.k = shape.in_per_group;
  call.a_row = shape.in_per_group;
  call.b_row = call.c_row = positions;
  call.b_batch = input_channels(shape) * positions;
  call.c_batch = output_channels(shape) * positions;
  for (index group = 0; group < shape.groups; ++group) {
    call.a = weight + group * call.m * call.k;
    call.b = input + group * call.k * positions;
    call.c = output + group * call.m * positions;
    multiply(call, bias == nullptr ? nullptr : bias + group * call.m);
  }
}

template <class E>
void forward(const ConvShape& given, const void* input, const void* weight, const void* bias,
             void* output) {
  const ConvShape shape = flattened(given);
  const index positions = product_of(shape.out);
  if (shape.batch == 0 || output_channels(shape) == 0 || positions == 0) return;
  const E* const typed_input = static_cast<const E*>(input);
  const E* const typed_weight = static_cast<const E*>(weight);
  if (pointwise(shape) && shape.out_per_group > most_direct_rows) {
    return forward_pointwise(shape, typed_input, typed_weight, static_cast<const E*>(bias),
                             static_cast<E*>(output));
  }
  const index depth = shape.in_per_group * product_of(shape.kernel);
  Correlation<E> call;
  call.batch = shape.batch;
  call.groups = shape.groups;
  call.rows = shape.out_per_group;
  call.depth = depth;
  call.source_channels = shape.in_per_group;
  call.pass = pass_depth<E>(call.rows, depth);
  call.layout = input_layout(shape);
  call.step[0] = shape.stride[0] * call.layout.plane;
  call.step[1] = shape.stride[1] * call.layout.row;
  for (int d = 0; d < 3; ++d) {
    call.out[d] = shape.out[d];
    call.extent[d] = shape.in[d];
  }
  index* offsets = scratch<index>(scratch_offsets, 4 * depth);
  input_offsets(shape, call.layout, offsets);
  call.offsets = offsets;
  call.lanes = lane_width<E>(call.rows, shape.out[2]);
  const index size = greatest(call.rows, call.lanes) * depth;
  E* packed = scratch<E>(scratch_weights, (shape.groups + 1) * size);
  if (call.lanes > 0) {
    const LaneOrder order(call.layout, offsets, depth, shape.in_per_group, offsets + 2 * depth);
    spread_weights(typed_weight, shape.groups, call.rows, order, call.lanes,
                   packed + shape.groups * size, packed);
    order_offsets(order, offsets, offsets + depth);
    call.offsets = offsets + depth;
    call.tap_rows = order.rows();
    call.row_at = offsets + 2 * depth;
  } else {
    pack_weights(typed_weight, shape.groups, call.rows, depth, packed);
  }
  call.weights = packed;
  call.bias = static_cast<const E*>(bias);
  call.target = static_cast<E*>(output);
  call.target_channel = positions;
  call.target_step[0] = shape.out[1] * shape.out[2];
  call.target_step[1] = shape.out[2];
  call.target_step[2] = 1;
  correlate(&call, 1, typed_input, shape.in);
}

/// Coordinates of one dimension that lie in a phase: stride * j + phase for j in [0, phase_size).
index phase_size(const ConvShape& shape, int d, index phase) {
  return greatest<index>(0, ceil_div(shape.in[d] - phase, shape.stride[d]));
}

/// f(tap, shift) for the taps through which coordinate j of the phase gets from output coordinate j
/// + shift.
template <class F>
void each_tap(const ConvShape& shape, int d, index phase, F f) {
  for (index tap = 0; tap < shape.kernel[d]; ++tap) {
    const index moved = phase + shape.padding[d] - tap * shape.dilation[d];
    if (moved % shape.stride[d] == 0) f(tap, moved / shape.stride[d]);
  }
}

/// The output's gradient with the zeros that any phase may read.
Layout cotangent_layout(const ConvShape& shape) {
  index low[3], size[3];
  for (int d = 0; d < 3; ++d) {
    index front = 0, end = shape.out[d];
    for (index phase = 0; phase < least(shape.stride[d], shape.in[d]); ++phase) {
      each_tap(shape, d, phase, [&](index, index shift) {
        front = greatest(front, -shift);
        end = greatest(end, phase_size(shape, d, phase) + shift);
      });
    }
    low[d] = front;
    size[d] = front + end;
  }
  return layout_of(low, size, 1);
}

/// The gradient of the input as correlations of the output's gradient, one for each phase of the
/// stride.
template <class E>
class InputGradient {
 public:
  InputGradient(const ConvShape& shape, const E* weight, const E* bias, E* gradient)
      : shape_(shape), weight_(weight), bias_(bias), layout_(cotangent_layout(shape)) {
    const index kernel = product_of(shape.kernel), depth = shape.out_per_group * kernel;
    phases_ = scratch<Correlation<E>>(scratch_phases, product_of(shape.stride));
    offsets_ = scratch<index>(scratch_offsets, 2 * depth + 3 * kernel);
    ordered_ = offsets_ + depth;
    taps_ = ordered_ + depth;
    row_at_ = taps_ + kernel;
    const index most_rows = greatest(shape.in_per_group, 2 * overrun<E>);
    packed_ = scratch<E>(scratch_weights, shape.groups * most_rows * depth);
    for (index z = 0; z < shape.stride[0]; ++z) {
      for (index y = 0; y < shape.stride[1]; ++y) {
        for (index x = 0; x < shape.stride[2]; ++x) add_phase({z, y, x}, gradient);
      }
    }
  }

  void run(const E* cotangent) {
    if (count_ > 0) correlate(phases_, count_, cotangent, shape_.out);
  }

 private:
  struct Corner {
    index z, y, x;
  };

  void add_phase(const Corner& corner, E* gradient) {
    const index at[3] = {corner.z, corner.y, corner.x};
    const index row = shape_.in[2], plane = shape_.in[1] * row;
    Correlation<E> call;
    for (int d = 0; d < 3; ++d) {
      call.out[d] = phase_size(shape_, d, at[d]);
      call.extent[d] = shape_.out[d];
    }
    if (call.positions() == 0) return;
    const index taps = find_taps(at);
    call.batch = shape_.batch;
    call.groups = shape_.groups;
    call.rows = shape_.in_per_group;
    call.depth = shape_.out_per_group * taps;
    call.source_channels = shape_.out_per_group;
    call.pass = pass_depth<E>(call.rows, call.depth);
    call.layout = layout_;
    call.step[0] = layout_.plane;
    call.step[1] = layout_.row;
    call.offsets = offsets_;
    call.weights = packed_;
    call.bias = bias_;
    call.target = gradient + corner.z * plane + corner.y * row + corner.x;
    call.target_channel = product_of(shape_.in);
    call.target_step[0] = shape_.stride[0] * plane;
    call.target_step[1] = shape_.stride[1] * row;
    call.target_step[2] = shape_.stride[2];
    call.lanes = lane_width<E>(call.rows, call.out[2]);
    if (call.lanes > 0) {
      const LaneOrder order(layout_, offsets_, call.depth, shape_.out_per_group, row_at_);
      spread_transposed(order, call.lanes);
      order_offsets(order, offsets_, ordered_);
      call.offsets = ordered_;
      call.tap_rows = order.rows();
      call.row_at = row_at_;
    } else {
      pack_transposed(call.depth, call.pass, taps);
    }
    phases_[count_++] = call;
    offsets_ += call.depth;
    ordered_ += call.depth;
    row_at_ += 2 * taps;
    packed_ += shape_.groups * greatest(call.rows, call.lanes) * call.depth;
  }

  /// Fills the phase's taps and offsets; returns the number of taps.
  index find_taps(const index (&at)[3]) {
    index taps = 0;
    each_tap(shape_, 0, at[0], [&](index tap_z, index z) {
      each_tap(shape_, 1, at[1], [&](index tap_y, index y) {
        each_tap(shape_, 2, at[2], [&](index tap_x, index x) {
          offsets_[taps] =
              layout_.place(z + layout_.low[0], y + layout_.low[1], x + layout_.low[2]);
          taps_[taps++] = (tap_z * shape_.kernel[1] + tap_y) * shape_.kernel[2] + tap_x;
        });
      });
    });
    for (index c = 1; c < shape_.out_per_group; ++c) {
      for (index t = 0; t < taps; ++t) {
        offsets_[c * taps + t] = offsets_[t] + c * layout_.channel;
      }
    }
    return taps;
  }

  /// The weights with input channels as rows and (output channel, tap of the phase) as depth,
  /// packed.
  void pack_transposed(index depth, index pass, index taps) {
    const index rows = shape_.in_per_group, kernel = product_of(shape_.kernel);
    const index panels = ceil_div(rows, tile_rows);
    parallel(shape_.groups * panels, (1 << 13) / (tile_rows * depth + 1) + 1,
             [&](index item, index end) {
               for (; item < end; ++item) {
                 const index group = item / panels, top = item % panels * tile_rows;
                 const index height = least<index>(tile_rows, rows - top);
                 for (index q = 0; q < depth; ++q) {
                   const index begin = q / pass * pass, length = least(pass, depth - begin);
                   const index channel = group * shape_.out_per_group + q / taps;
                   const E* from = weight_ + (channel * rows + top) * kernel + taps_[q % taps];
                   E* to = packed_ + rows * (group * depth + begin) + top * length +
                           (q - begin) * height;
                   for (index i = 0; i < height; ++i) to[i] = from[i * kernel];
                 }
               }
             });
  }

  /// The same as (depth, lanes) in the order of the lanes, with zeros behind the input channels.
  void spread_transposed(const LaneOrder& order, index lanes) {
    const index rows = shape_.in_per_group, kernel = product_of(shape_.kernel);
    const index depth = order.channels * order.taps;
    for (index i = 0; i < shape_.groups * depth; ++i) {
      const index group = i / depth, q = order.source(i % depth);
      const index channel = group * shape_.out_per_group + q / order.taps;
      const E* from = weight_ + channel * rows * kernel + taps_[q % order.taps];
      E* to = packed_ + i * lanes;
      for (index r = 0; r < rows; ++r) to[r] = from[r * kernel];
      for (index r = rows; r < lanes; ++r) to[r] = E{0};
    }
  }

  const ConvShape& shape_;
  const E* const weight_;
  const E* const bias_;
  const Layout layout_;
  Correlation<E>* phases_;
  index count_ = 0;
  index* offsets_;  ///< of the next phase, as packed_, ordered_ and row_at_
  index* ordered_;
  index* row_at_;
  index* taps_;
  E* packed_;
};

template <class E>
void input_gradient_pointwise(const ConvShape& shape, const E* cotangent, const E* weight,
                              const E* bias, E* gradient) {
  const index positions = product_of(shape.out);
  Gemm call;
  call.batch = shape.batch;
  call.m = shape.in_per_group;
  call.n = positions;
  call.k = shape.out_per_group;
  call.a_row = 1;
  call.a_col = shape.in_per_group;
  call.b_row = call.c_row = positions;
  call.b_batch = output_channels(shape) * positions;
  call.c_batch = input_channels(shape) * positions;
  for (index group = 0; group < shape.groups; ++group) {
    call.a = weight + group * call.m * call.k;
    call.b = cotangent + group * call.k * positions;
    call.c = gradient + group * call.m * positions;
    multiply(call, bias == nullptr ? nullptr : bias + group * call.m);
  }
}

template <class E>
void input_gradient(const ConvShape& given, const void* cotangent, const void* weight,
                    const void* bias, void* gradient) {
  const ConvShape shape = flattened(given);
  if (shape.batch == 0 || input_channels(shape) == 0 || product_of(shape.in) == 0) return;
  const E* const typed_cotangent = static_cast<const E*>(cotangent);
  const E* const typed_weight = static_cast<const E*>(weight);
  const E* const typed_bias = static_cast<const E*>(bias);
  E* const typed_gradient = static_cast<E*>(gradient);
  if (pointwise(shape) && shape.in_per_group > most_direct_rows) {
    return input_gradient_pointwise(shape, typed_cotangent, typed_weight, typed_bias,
                                    typed_gradient);
  }
  InputGradient<E>(shape, typed_weight, typed_bias, typed_gradient).run(typed_cotangent);
}

/// What the weight's gradient reads of the input may be there already.
bool in_place(const ConvShape& shape) {
  const Layout reads = input_layout(shape);
  for (int d = 0; d < 3; ++d) {
    if (shape.padding[d] != 0 || reads.size[d] > shape.in[d]) return false;
  }
  return shape.stride[2] == 1;
}

/// One channel by one or two: too few for vectors of channels.
bool narrow(const ConvShape& shape) { return shape.in_per_group == 1 && shape.out_per_group <= 2; }

/// How cotangents are read: as they are, or transposed.
template <class E>
bool read_as_they_are(const ConvShape& shape) {
  return narrow(shape) || worth_products<E>(shape);
}

/// Elements of one image in scratch, whichever is more: copied or transposed.
template <class E>
index image_elements(const ConvShape& shape, const Layout& layout) {
  const index panels = shape.groups * ceil_div(shape.out_per_group, tile_columns<E>);
  const index copied = in_place(shape) ? 0 : input_channels(shape) * layout.channel;
  const index transposed =
      read_as_they_are<E>(shape) ? 0 : panels * product_of(shape.out) * tile_columns<E>;
  return greatest(copied, transposed);
}

/// Adds what images [begin, end) contribute to call.gradient.
template <class E>
void add_images(WeightGradient<E> call, const ConvShape& shape, const E* cotangent, const E* input,
                index begin, index end) {
  const index channels = input_channels(shape);
  const index elements = image_elements<E>(shape, call.layout);
  const index chunk = images_per_chunk<E>(end - begin, elements);
  E* copies = in_place(shape) ? nullptr : scratch<E>(scratch_images, chunk * elements);
  const bool plain = read_as_they_are<E>(shape);
  E* transposed = plain ? nullptr : scratch<E>(scratch_weights, chunk * elements);
  call.transposed = transposed;
  for (index image = begin; image < end; image += chunk) {
    call.images = least(chunk, end - image);
    const E* source = input + image * channels * product_of(shape.in);
    const E* g = cotangent + image * output_channels(shape) * call.positions();
    if (copies != nullptr) {
      copy_channels(source, shape.in, call.layout, call.images * channels, copies);
    }
    call.source = copies == nullptr ? source : copies;
    if (worth_products<E>(shape)) {
      add_products(call, g);
    } else if (plain) {
      add_depthwise_gradient(call, g);
    } else {
      transpose_cotangents(call, g, transposed);
      add_weight_gradient(call);
    }
  }
}

/// Parts of the batch that are summed apart, by the shape alone: a small gradient leaves too little
/// else to thread over.
template <class E>
index batch_parts(const ConvShape& shape, const Layout& layout, index elements) {
  constexpr index most_elements = 1 << 15, most_parts = 16, least_positions = 1024;
  if (elements > most_elements || !fits_thread<E>(image_elements<E>(shape, layout))) return 1;
  const index positions = shape.batch * product_of(shape.out);
  return least(least(most_parts, shape.batch), positions / least_positions + 1);
}

template <class E>
void weight_gradient(const ConvShape& given, const void* cotangent, const void* input,
                     void* gradient) {
  const ConvShape shape = flattened(given);
  WeightGradient<E> call;
  call.groups = shape.groups;
  call.rows = shape.out_per_group;
  call.depth = shape.in_per_group * product_of(shape.kernel);
  call.gradient = static_cast<E*>(gradient);
  const index elements = call.groups * call.rows * call.depth;
  if (elements == 0) return;
  std::memset(gradient, 0, static_cast<std::size_t>(elements) * sizeof(E));
  if (shape.batch == 0 || product_of(shape.out) == 0) return;
  call.layout = in_place(shape) ? layout_of(shape.padding, shape.in, 1) : input_layout(shape);
  call.source_channels = shape.in_per_group;
  call.image_stride = input_channels(shape) * call.layout.channel;
  call.step[0] = shape.stride[0] * call.layout.plane;
  call.step[1] = shape.stride[1] * call.layout.row;
  for (int d = 0; d < 3; ++d) call.out[d] = shape.out[d];
  index* offsets = scratch<index>(scratch_offsets, call.depth);
  input_offsets(shape, call.layout, offsets);
  call.offsets = offsets;
  call.taps = shares_pointers(shape) ? shared_taps : 1;

  const E* const typed_cotangent = static_cast<const E*>(cotangent);
  const E* const typed_input = static_cast<const E*>(input);
  const index parts = batch_parts<E>(shape, call.layout, elements);
  if (parts == 1) return add_images(call, shape, typed_cotangent, typed_input, 0, shape.batch);
  E* sums = scratch<E>(scratch_staging, parts * elements);
  std::memset(sums, 0, static_cast<std::size_t>(parts * elements) * sizeof(E));
  const index work = work_of(elements, product_of(shape.out), shape.batch / parts);
  parallel(parts, grain_work / 2 / (work + 1) + 1, [&](index part, index end) {
    for (; part < end; ++part) {
      WeightGradient<E> apart = call;
      apart.gradient = sums + part * elements;
      add_images(apart, shape, typed_cotangent, typed_input, shape.batch * part / parts,
                 shape.batch * (part + 1) / parts);
    }
  });
  for (index part = 0; part < parts; ++part) {
    for (index i = 0; i < elements; ++i) call.gradient[i] += sums[part * elements + i];
  }
}

}  // namespace

void fill_convolution(Convolution (&convolution)[2]) {
  convolution[0] = {&forward<float>, &input_gradient<float>, &weight_gradient<float>};
  convolution[1] = {&forward<double>, &input_gradient<double>, &weight_gradient<double>};
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
