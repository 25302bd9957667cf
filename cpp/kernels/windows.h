#pragma once

// Convolution and pooling over 1 to 3 spatial dims; the rules of kernels.h hold.

#include <cstdint>

namespace topograd::kernels {

using index = std::int64_t;

/// Fewer than three spatial dims are padded in front with size 1, stride 1, padding 0, dilation 1.
/// padding is that in front; what is behind follows from out, and may be another.
/// input [batch][groups * in_per_group][in…], weight [groups *
/// out_per_group][in_per_group][kernel…], output [batch][groups * out_per_group][out…], all dense.
/// out[d] is given, already checked.
struct ConvShape {
  index batch, groups, in_per_group, out_per_group;
  index in[3], kernel[3], stride[3], padding[3], dilation[3], out[3];
};
struct Convolution {
  /// bias may be null.
  void (*forward)(const ConvShape&, const void* input, const void* weight, const void* bias,
                  void* output);
  /// bias, which may be null, is one per input channel: for transposed convolutions.
  void (*input_gradient)(const ConvShape&, const void* output_gradient, const void* weight,
                         const void* bias, void* input_gradient);
  void (*weight_gradient)(const ConvShape&, const void* output_gradient, const void* input,
                          void* weight_gradient);
};

/// Planes are batch * channels: input [planes][in…], output [planes][out…].
struct PoolShape {
  index planes;
  index in[3], kernel[3], stride[3], padding[3], dilation[3], out[3];
};
struct Pooling {
  /// indices: flat position of the maximum within its input plane. NaN wins, the first of equals is
  /// taken.
  void (*max_forward)(const PoolShape&, const void* input, void* output, std::int64_t* indices);
  void (*max_backward)(const PoolShape&, const void* output_gradient, const std::int64_t* indices,
                       void* input_gradient);
  /// divisor 0: the number of elements in the window, counting padding when count_include_pad (as
  /// in PyTorch).
  void (*average_forward)(const PoolShape&, const void* input, void* output, bool count_include_pad,
                          index divisor);
  void (*average_backward)(const PoolShape&, const void* output_gradient, void* input_gradient,
                           bool count_include_pad, index divisor);
};

/// Windows given one by one: window o along dim d covers [begin[d][o], end[d][o]), which is not
/// empty and inside; per_plane: window o of plane p is at [p * out[d] + o].
struct PoolBoxes {
  index planes;
  index in[3], out[3];
  const index* begin[3];
  const index* end[3];
  bool per_plane;
};
struct BoxPooling {
  /// As max_forward.
  void (*max_boxes)(const PoolBoxes&, const void* input, void* output, std::int64_t* indices);
  void (*average_boxes)(const PoolBoxes&, const void* input, void* output);
  void (*average_boxes_backward)(const PoolBoxes&, const void* output_gradient,
                                 void* input_gradient);
};

}  // namespace topograd::kernels
