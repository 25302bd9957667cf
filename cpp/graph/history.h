#pragma once

#include "topograd/op.h"

namespace topograd {

// How the graph follows changes in place. A view remembers the tensor that owns its memory (its
// base) and the base's generation. Writing through a view gives the base a new node,
// region_write(old base, new value); every other view of it is then out of date and gets a new
// node, region(base), when it is next used.

/// Marks result as a view of x.
void mark_view(const Tensor& result, const Tensor& x);
/// Where everything is recorded: target is about to be changed in place by a call that is recorded,
/// and what it holds now, which nothing has recorded, becomes a constant of the graph.
void keep_value_before(const Tensor& target);
/// Brings the node of a view up to date with its base.
void refresh_view(const Tensor& x);
/// Throws unless `target` may be written over by `op`; `recorded`: the change enters the graph.
TOPOGRAD_API void check_writable(const Tensor& target, std::string_view op, bool recorded);
/// target's memory was written over by the call that is running; `by`, its name, is there for ever.
TOPOGRAD_API void count_change(const Tensor& target, const char* by,
                               Change::Kind kind = Change::Kind::method);
void see_changes_of_base(const Tensor& x);
/// x is saved for a backward pass: from now on changes through it count, also if it is a .data.
inline void see_changes(const Tensor& x) {
  detail::TensorBody& body = *x.body();
  if (body.unseen) body.unseen = false;  // threads share constants: no write without need
  if (body.rare) see_changes_of_base(x);
}
/// target was changed in place by the recorded call `node`.
TOPOGRAD_API void rewrite_history(const Tensor& target, const Object& node,
                                  std::uint32_t output = 0);

/// Gives `value` to a tensor of `out=` (`name` is there for ever); one without elements is resized.
TOPOGRAD_API void write_out(const char* name, const Tensor& value, const Tensor& target);

}  // namespace topograd
