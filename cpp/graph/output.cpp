// Results written into tensors that the caller gives (`out=`).

#include "graph/history.h"
#include "graph/mode.h"
#include "graph/node.h"
#include "graph/watch.h"
#include "tensor/body.h"

namespace topograd {
namespace {

void refuse_gradients(const OpRecord& op, const Arg* args, int count) {
  if (!mode.recording) return;
  const std::string& name = signature_of(op).function;
  each_slot(op, args, count, [&](int, const Tensor& x) {
    expect(!x.defined() || !x.requires_grad(),
           "{}: out= does not record gradients, but an argument of shape {} requires one; leave "
           "out= away, or wrap the call in no_grad()",
           name, x.shape());
  });
}

/// Whether the op can compute straight into the target: no conversion that it would refuse, and the
/// shape that it will have.
bool fits_directly(const OpRecord& op, const Arg* args, int count, const Tensor& target) {
  if (!op.forward.writes_target || !std::holds_alternative<Elementwise>(op.derivative))
    return false;
  if (target.count() == 0 || !is_floating(target.dtype())) return false;
  Dims shape;
  for (int i = 0; i < count; ++i) {
    if (args[i].kind() != ArgKind::tensor) continue;
    const Tensor& x = args[i].tensor();
    if (x.dtype() != target.dtype() && !x.body()->wrapped_number) return false;
    shape = broadcast_shapes(shape, x.shape(), signature_of(op).function);
  }
  return shape == target.shape();
}

/// An empty `out` takes over the result's memory.
void adopt(const Tensor& target, const Tensor& value) {
  detail::TensorBody& body = *target.body();
  const Tensor own = dense_copy(converted(value, target.dtype()));
  body.storage = own.body()->storage;
  body.sizes = own.shape();
  body.strides = own.strides();
  body.offset = 0;
  body.count = value.count();
  body.contiguous = true;
}

/// Whether out= must have the dtype of the result: positions as fractions are a mistake.
bool wants_exact_out(const OpRecord& op) {
  if ((op.traits & exact_out) != 0) return true;
  for (const std::string& name : signature_of(op).result_names)
    if (name == "indices") return true;
  return false;
}

void check_target(std::string_view name, const Tensor& target) {
  expect(!(mode.recording && target.requires_grad()),
         "{}: out= does not record gradients, but out of shape {} requires one", name,
         target.shape());
  check_writable(target, name, false);
}

}  // namespace

void write_out(const char* name, const Tensor& value, const Tensor& target) {
  check_target(name, target);
  expect(!is_higher(value.dtype(), target.dtype()),
         "{}: the result has dtype {}, which can not be written into out of dtype {}", name,
         value.dtype(), target.dtype());
  if (value.shape() != target.shape()) {
    expect<ShapeError>(
        target.count() == 0,
        "{}: the result has shape {}, out has shape {}; only an out without elements "
        "is resized",
        name, value.shape(), target.shape());
    adopt(target, value);
  } else {
    copy_elements(value, target);
  }
  count_change(target, name, Change::Kind::out);
}

bool takes_out(const OpRecord& op) {
  constexpr unsigned without = is_view | is_functional | is_hidden | method_only | in_place_only;
  return (op.traits & without) == 0 && signature_of(op).result != "Tensor[]";
}

namespace {

void compute_out(const OpRecord& op, const Arg* args, int count, const Tensors& out) {
  const std::string& name = signature_of(op).function;
  refuse_gradients(op, args, count);
  for (std::size_t k = 0; k < out.size(); ++k) {
    check_target(name, out[k]);
    for (std::size_t j = 0; j < k; ++j)
      expect(!out[k].same_as(out[j]) && (out[k].count() == 0 || !may_overlap(out[k], out[j])),
             "{}: two tensors of out share memory", name);
  }
  Results results;
  {
    const Recording pause(false);
    if (out.size() == 1 && fits_directly(op, args, count, out[0])) {
      op.forward.run(args, {&out[0]}, results);
      count_change(out[0], name.c_str(), Change::Kind::out);
      return;
    }
    op.forward.run(args, {}, results);
  }
  expect<ValueError>(results.count() == static_cast<int>(out.size()),
                     "{}: has {} results, out holds {} tensors", name, results.count(), out.size());
  const bool exact = wants_exact_out(op);
  for (int k = 0; k < results.count() && exact; ++k) {
    const DType wanted = results.at(k).dtype(), got = out[static_cast<std::size_t>(k)].dtype();
    expect(got == wanted, "{}: expects out of dtype {} for result {}, got {}", name, wanted, k,
           got);
  }
  for (int k = 0; k < results.count(); ++k)
    write_out(name.c_str(), results.at(k), out[static_cast<std::size_t>(k)]);
}

}  // namespace

void invoke_out(const OpRecord& op, const Arg* args, int count, const Tensors& out) {
  if (mode.watched == 0) [[likely]]
    return compute_out(op, args, count, out);
  Watching watching({.kind = CallWatch::Kind::call, .op = &op, .args = args, .arg_count = count});
  {
    const Unwatched inside(!std::holds_alternative<Composite>(op.derivative));
    compute_out(op, args, count, out);
  }
  watching.done(out.data(), static_cast<int>(out.size()));
}

}  // namespace topograd
