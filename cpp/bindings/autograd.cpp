// backward, grad, hooks, modes, and ops written in Python.

#include "bindings/autograd.h"

#include <unordered_map>

#include "autograd/leaks.h"
#include "base/live_count.h"
#include "base/pool.h"
#include "bindings/tensor_type.h"
#include "graph/cuts.h"
#include "graph/history.h"
#include "graph/mode.h"
#include "graph/provenance.h"
#include "tensor/body.h"
#include "topograd/autograd.h"
#include "topograd/ops.h"

namespace topograd::python {
namespace {

// ---------------------------------------------------------------- hooks

Tensor tensor_or_nothing(const py::object& result, const char* what) {
  if (result.is_none()) return {};
  expect<TypeError>(is_tensor(result.ptr()), "{}: must return a tensor or None, got {}", what,
                    Py_TYPE(result.ptr())->tp_name);
  return as_tensor(result.ptr());
}

class PyHook final : public Hook {
 public:
  explicit PyHook(PyObject* function) : kept(Ref<Kept>(new Kept(function))) {}
  Tensor run(const Tensor& gradient) override {
    const py::gil_scoped_acquire lock;
    return tensor_or_nothing(py::handle(kept->object)(gradient), "hook");
  }
  Ref<Kept> kept;
};

py::tuple tuple_of(const Tensors& list) {
  py::tuple result(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) result[i] = py::cast(list[i]);
  return result;
}

class PyNodeHook final : public NodeHook {
 public:
  explicit PyNodeHook(PyObject* function) : kept(Ref<Kept>(new Kept(function))) {}
  void run(Tensors& inputs, const Tensors& outputs) override {
    const py::gil_scoped_acquire lock;
    const py::object result = py::handle(kept->object)(tuple_of(inputs), tuple_of(outputs));
    if (result.is_none()) return;
    const py::tuple replaced =
        py::isinstance<py::tuple>(result) ? result.cast<py::tuple>() : py::make_tuple(result);
    expect<ValueError>(replaced.size() == inputs.size(),
                       "hook: returned {} gradients for {} inputs", replaced.size(), inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i)
      inputs[i] = tensor_or_nothing(py::reinterpret_borrow<py::object>(replaced[i]), "hook");
  }
  Ref<Kept> kept;
};

/// Called with the tensor itself when its gradient is complete.
class PyAccumulatedHook final : public NodeHook {
 public:
  explicit PyAccumulatedHook(PyObject* function) : kept(Ref<Kept>(new Kept(function))) {}
  void run(Tensors& tensors, const Tensors&) override {
    const py::gil_scoped_acquire lock;
    for (const Tensor& x : tensors) py::handle(kept->object)(x);
  }
  Ref<Kept> kept;
};

/// What register_hook returns: remove() takes the hook away; also a context manager.
struct RemovableHandle {
  Ref<NodeLink> link;  // a hook that holds its own handle must not keep the node alive
  std::uint64_t id;
  void remove() { remove_hook(*link, id); }
};

RemovableHandle register_tensor_hook(const Tensor& x, const py::function& hook) {
  if (!x.requires_grad())
    fail("register_hook: the tensor of shape {} does not require grad{}", x.shape(),
         describe_cut(x.body()->cut));
  const Edge edge = edge_of(x);
  return {edge.node->link(),
          edge.node->add_tensor_hook(edge.output, Ref<Hook>(new PyHook(hook.ptr())))};
}

RemovableHandle register_accumulated_hook(const Tensor& x, const py::function& hook) {
  expect(x.requires_grad() && x.is_leaf(),
         "register_post_accumulate_grad_hook: expects a leaf that requires grad, got a tensor of "
         "shape {}",
         x.shape());
  const Edge edge = edge_of(x);
  return {edge.node->link(),
          edge.node->add_after_hook(Ref<NodeHook>(new PyAccumulatedHook(hook.ptr())))};
}

void retain_grad(const Tensor& x) {
  if (!x.requires_grad())
    fail("retain_grad: the tensor of shape {} does not require grad (requires_grad is False){}",
         x.shape(), describe_cut(x.body()->cut));
  if (x.is_leaf()) return;
  const Edge edge = edge_of(x);
  edge.node->watch(edge.output, *x.body());
  detail::rare(*x.body()).retains_grad = true;
}

// ---------------------------------------------------------------- nodes

struct NodeHandle {
  Ref<Node> node;
  bool operator==(const NodeHandle& other) const { return node == other.node; }
};

py::tuple next_functions(const NodeHandle& self) {
  py::list list;
  for (int slot = 0; slot < self.node->slot_count(); ++slot) {
    const Edge& edge = self.node->edges()[slot];
    if (edge.node)
      list.append(py::make_tuple(NodeHandle{edge.node}, edge.output));
    else
      list.append(py::make_tuple(py::none(), 0));
  }
  return py::tuple(list);
}

// ---------------------------------------------------------------- backward

Tensors tensors_from(const py::object& given, const char* what) {
  if (given.is_none()) return {};
  if (is_tensor(given.ptr())) return {as_tensor(given.ptr())};
  Tensors list;
  expect<TypeError>(py::isinstance<py::iterable>(given), "{}: expects tensors, got {}", what,
                    Py_TYPE(given.ptr())->tp_name);
  for (const auto& item : given) {
    expect<TypeError>(item.is_none() || is_tensor(item.ptr()), "{}: expects tensors, got {}", what,
                      Py_TYPE(item.ptr())->tp_name);
    list.push_back(item.is_none() ? Tensor() : as_tensor(item.ptr()));
  }
  return list;
}

void run_backward(const Tensors& roots, const Tensors& seeds, std::optional<bool> retain,
                  bool create, const Tensors& inputs) {
  const AwaitedSite here;
  const Site site = current_site();
  const BackwardOptions options{.retain_graph = retain.value_or(create), .create_graph = create};
  std::vector<Ref<Node>> kept;
  if (!options.retain_graph && !create && inputs.empty() && !roots.empty() && roots[0].defined())
    if (const Edge edge = edge_of(roots[0]); edge.node && !edge.node->is_leaf())
      kept = note_loss(site, edge.node);
  {
    const Unlocked released;
    backward(roots, seeds, options, inputs);
  }
  if (!kept.empty()) warn_of_leak(site, kept);
}

void tensor_backward(const Tensor& self, const py::object& gradient, std::optional<bool> retain,
                     bool create, const py::object& inputs) {
  expect<TypeError>(gradient.is_none() || is_tensor(gradient.ptr()),
                    "backward: gradient must be a tensor or None, got {}",
                    Py_TYPE(gradient.ptr())->tp_name);
  run_backward({self}, {gradient.is_none() ? Tensor() : as_tensor(gradient.ptr())}, retain, create,
               tensors_from(inputs, "backward"));
}

py::tuple gradients_of(const py::object& outputs, const py::object& inputs, const py::object& seeds,
                       std::optional<bool> retain, bool create, bool allow_unused,
                       bool materialize) {
  const Tensors roots = tensors_from(outputs, "grad"), wanted = tensors_from(inputs, "grad");
  const Tensors root_seeds = tensors_from(seeds, "grad");
  const AwaitedSite here;
  current_site();
  Tensors found;
  {
    const Unlocked released;
    found = gradients(roots, root_seeds, wanted,
                      {.retain_graph = retain.value_or(create), .create_graph = create});
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].defined()) continue;
    expect(allow_unused || materialize,
           "grad: input {} of shape {}{}{} was not used to compute the outputs; pass "
           "allow_unused=True to get None (why(input, output) tells where the way is cut)",
           i, wanted[i].shape(), wanted[i].name().empty() ? "" : ", ", wanted[i].name());
    if (materialize) found[i] = Tensor::zeros(wanted[i].shape(), wanted[i].dtype());
  }
  return tuple_of(found);
}

// ---------------------------------------------------------------- ops written in Python

/// The Python context of one call of a user's Function.
struct PyContext final : Counted {
  explicit PyContext(PyObject* context) : kept(new Kept(context)) {}
  Ref<Kept> kept;
};

/// One record for each user's Function class: its last argument is the context.
struct FunctionRecord {
  OpRecord record;
  Signature signature;
};

Tensors python_vjp(const Call& call, const Tensors& gradients) {
  const py::gil_scoped_acquire lock;
  const Object object = call.args[call.arg_count - 1].object();
  auto* context = static_cast<PyContext*>(object.get());
  expect(context != nullptr, "{}: backward a second time, but its context was released",
         name_of(*call.op));
  const py::handle python(context->kept->object);
  py::tuple given(gradients.size());
  const bool materialize = py::bool_(python.attr("materialize_grads"));
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    Tensor g = gradients[i];
    const Tensor& like = call.outputs[i];
    if (!g.defined() && materialize && like.defined())
      g = Tensor::zeros(like.shape(), like.dtype());
    given[i] = py::cast(g);
  }
  py::tuple outputs(gradients.size());
  for (std::size_t i = 0; i < gradients.size(); ++i) outputs[i] = py::cast(call.outputs[i]);
  const py::object result =
      python.attr("_run_backward")(given, outputs, tuple_of(call.args[0].tensors()));
  return tensors_from(result, name_of(*call.op).c_str());
}

Tensors python_jvp(const Call& call, const Tensors& tangents) {
  const py::gil_scoped_acquire lock;
  const Object object = call.args[call.arg_count - 1].object();
  auto* context = static_cast<PyContext*>(object.get());
  expect(context != nullptr, "{}: jvp after its context was released", name_of(*call.op));
  const py::object result =
      py::handle(context->kept->object)
          .attr("_run_jvp")(tuple_of(tangents), tuple_of(call.args[0].tensors()));
  return tensors_from(result, name_of(*call.op).c_str());
}

constexpr auto function_forward = [](const Tensors&, const Object&) -> Tensors {
  fail("graph: a call of a user's Function can not be computed again from the graph alone");
};

bool is_among(const Tensor& x, const Tensors& list) {
  for (const Tensor& one : list)
    if (one.same_as(x)) return true;
  return false;
}

/// The value of a saved output, which is kept without history, with that of the output again.
Tensor with_history(const Tensor& value, const Tensor& output) {
  Tensor copy = shallow_copy(value);
  copy.body()->node = output.body()->node;
  copy.body()->output = output.body()->output;
  return copy;
}

/// Records a call that Python computed: the outputs become results of a node with the given inputs
/// and context.
py::tuple record_function(const std::string& name, const Tensors& inputs, const Tensors& outputs,
                          const Tensors& dirty, py::object context) {
  static auto* records = new std::unordered_map<std::string, FunctionRecord>;
  FunctionRecord& made = (*records)[name];
  if (made.record.doc[0] == '\0') {
    constexpr const char* text = "function(Tensor?[] inputs, object context) -> Tensor[]";
    constexpr ArgKind kinds[] = {ArgKind::tensors, ArgKind::object};
    made.signature = parse_signature(text, kinds, 2);
    made.signature.name = made.signature.function = name;  // any text: Python allows it
    made.record.signature = text;
    made.record.parsed.store(&made.signature);
    made.record.doc = "A user's Function.";
    made.record.forward = Forward(function_forward);
    Vjp vjp;
    vjp.all = python_vjp;
    Jvp jvp;
    jvp.run = python_jvp;
    made.record.derivative = General{.vjp = vjp, .jvp = jvp};
    made.record.traits = is_hidden;
  }
  const AwaitedSite here;
  Results results;
  results.several = true;
  for (const Tensor& output : outputs) {
    // An input handed through, or a result somebody holds with a history, gets a body of its own.
    const bool fresh = output.defined() && !output.requires_grad();
    if (is_among(output, dirty)) {
      check_writable(output, name, true);
      results.many.push_back(output);
      continue;
    }
    const bool is_input = is_among(output, inputs);
    results.many.push_back(fresh && !is_input ? output
                           : output.defined() ? shallow_copy(output)
                                              : output);
  }
  const Arg args[] = {Arg(inputs), Arg(Object(new PyContext(context.ptr())))};
  const Ref<Node> node = Node::make(made.record, args, 2, results);
  for (std::size_t k = 0; k < results.many.size(); ++k) {
    const Tensor& result = results.many[k];
    if (!result.defined() || !is_differentiable(result.dtype())) continue;
    if (is_among(result, dirty)) {
      rewrite_history(result, Object(node.get()), static_cast<std::uint32_t>(k));
      continue;
    }
    result.body()->node = Ref<Counted>(node.get());
    result.body()->output = static_cast<std::uint32_t>(k);
  }
  return tuple_of(results.many);
}

}  // namespace
}  // namespace topograd::python

namespace pybind11::detail {
template <>
struct type_caster<topograd::python::NodeHandle>
    : constructed_caster<topograd::python::NodeHandle> {};
template <>
struct type_caster<topograd::python::RemovableHandle>
    : constructed_caster<topograd::python::RemovableHandle> {};
}  // namespace pybind11::detail

namespace topograd::python {

PyObject* wrap_node(const Ref<Node>& node) { return py::cast(NodeHandle{node}).release().ptr(); }

Ref<Node> node_of_handle(const py::object& handle) { return handle.cast<NodeHandle>().node; }

PyObject* object_of(Counted* kept) {
  if (auto* hook = dynamic_cast<PyHook*>(kept))
    return hook->kept->owners() == 1 ? hook->kept->object : nullptr;
  if (auto* hook = dynamic_cast<PyNodeHook*>(kept))
    return hook->kept->owners() == 1 ? hook->kept->object : nullptr;
  if (auto* hook = dynamic_cast<PyAccumulatedHook*>(kept))
    return hook->kept->owners() == 1 ? hook->kept->object : nullptr;
  if (auto* context = dynamic_cast<PyContext*>(kept))
    return context->kept->owners() == 1 ? context->kept->object : nullptr;
  return nullptr;
}

void register_autograd(py::module_& m) {
  py::class_<NodeHandle>(m, "Node",
                         "A recorded call: the op, and the nodes that made its arguments.")
      .def(
          "name", [](const NodeHandle& self) { return self.node->op_name(); }, "The op's name.")
      .def_property_readonly(
          "where", [](const NodeHandle& self) { return self.node->where(); },
          "Where the call stands in the program: 'file.py:12 in f'.")
      .def_property_readonly(
          "module", [](const NodeHandle& self) { return self.node->module_path(); },
          "The path of the nn.Module that was running: 'net.block.2.fc'.")
      .def_property_readonly(
          "next_functions", next_functions,
          "(node, output number) of every tensor argument; (None, 0) where it has no history.")
      .def_property_readonly("sequence",
                             [](const NodeHandle& self) { return self.node->sequence(); })
      .def(
          "register_hook",
          [](const NodeHandle& self, const py::function& hook) {
            return RemovableHandle{
                self.node->link(),
                self.node->add_after_hook(Ref<NodeHook>(new PyNodeHook(hook.ptr())))};
          },
          "Calls hook(grad_inputs, grad_outputs) after the node's rule; it may return other "
          "grad_inputs.")
      .def("__eq__",
           [](const NodeHandle& a, const py::object& b) {
             return py::isinstance<NodeHandle>(b) && a == b.cast<NodeHandle>();
           })
      .def("__hash__",
           [](const NodeHandle& self) {
             return reinterpret_cast<std::uintptr_t>(self.node.get()) >> 4;
           })
      .def("__repr__", [](const NodeHandle& self) { return "<" + self.node->op_name() + ">"; });
  py::class_<RemovableHandle>(m, "RemovableHandle", "Removes a hook.")
      .def("remove", &RemovableHandle::remove)
      .def("__enter__", [](const py::object& self) { return self; })
      .def("__exit__", [](RemovableHandle& self, const py::args&) { self.remove(); });

  const py::handle tensor(reinterpret_cast<PyObject*>(tensor_type));
  const auto method = [&](const char* name, auto f, auto... extra) {
    tensor.attr(name) = py::cpp_function(f, py::name(name), py::is_method(tensor), extra...);
  };
  method("backward", tensor_backward, py::arg("gradient") = py::none(),
         py::arg("retain_graph") = std::nullopt, py::arg("create_graph") = false,
         py::arg("inputs") = py::none(),
         "Adds the gradient of this tensor to .grad of the leaves it was made from.");
  method(
      "register_hook", register_tensor_hook, py::arg("hook"),
      "Calls hook(gradient) when the gradient of this tensor is known; it may return another one.");
  method("register_post_accumulate_grad_hook", register_accumulated_hook, py::arg("hook"),
         "Calls hook(self) when backward() has added to .grad of this leaf.");
  method("retain_grad", retain_grad,
         "Keeps the gradient of this inner tensor in .grad during backward().");

  m.def(
      "backward",
      [](const py::object& tensors, const py::object& seeds, std::optional<bool> retain,
         bool create, const py::object& inputs) {
        run_backward(tensors_from(tensors, "backward"), tensors_from(seeds, "backward"), retain,
                     create, tensors_from(inputs, "backward"));
      },
      py::arg("tensors"), py::arg("grad_tensors") = py::none(),
      py::arg("retain_graph") = std::nullopt, py::arg("create_graph") = false,
      py::arg("inputs") = py::none());
  m.def("grad", gradients_of, py::arg("outputs"), py::arg("inputs"),
        py::arg("grad_outputs") = py::none(), py::arg("retain_graph") = std::nullopt,
        py::arg("create_graph") = false, py::arg("allow_unused") = false,
        py::arg("materialize_grads") = false);
  m.def(
      "tangents",
      [](const Tensors& outputs, const Tensors& inputs, const Tensors& input_tangents,
         bool create) {
        const AwaitedSite here;
        return tuple_of(tangents(outputs, inputs, input_tangents, create));
      },
      py::arg("outputs"), py::arg("inputs"), py::arg("input_tangents"), py::arg("create_graph"));
  m.def("record_function", record_function);
  m.def("with_history", with_history, py::arg("value"), py::arg("output"));
  m.def("depends_on_others", depends_on_others, py::arg("outputs"), py::arg("inputs"));

  m.def("is_grad_enabled", [] { return mode.recording; });
  m.def(
      "set_recording",
      [](bool wanted, bool noted) {
        const bool before = std::exchange(mode.recording, wanted || mode.everything);
        if (mode.recording) {
          mode.cut = 0;
        } else if (noted && before) {
          const AwaitedSite here;
          mode.cut = note_cut(CutKind::no_grad, current_site());
        }
        return before;
      },
      py::arg("wanted"), py::arg("noted") = false,
      "noted: what is computed until it is on again knows the place of this call.");
  m.def("set_everything", [](bool wanted) { return std::exchange(mode.everything, wanted); });
  m.def("is_everything_recorded", [] { return mode.everything; });
  m.def(
      "follow",
      [](const Tensor& x) {
        if (x.body()->node) return;
        x.body()->node = Object(Node::make_leaf(x).get());
        x.body()->output = 0;
      },
      py::arg("x"),
      "Makes x a leaf of the graph, whatever its dtype; requires_grad_(False) ends it.");
  m.def("is_inference_mode_enabled", [] { return mode.inference; });
  m.def("set_inference",
        [](bool wanted) { return std::exchange(mode.inference, wanted && !mode.everything); });
  m.def("get_autocast", [] {
    return mode.autocast == 0 ? py::object(py::none())
                              : py::reinterpret_steal<py::object>(
                                    wrap_dtype(static_cast<DType>(mode.autocast - 1)));
  });
  m.def("set_autocast", [](const py::object& wanted) {
    expect<TypeError>(wanted.is_none() || is_dtype(wanted.ptr()),
                      "autocast: expects a dtype or None, got {}", Py_TYPE(wanted.ptr())->tp_name);
    mode.autocast = wanted.is_none()
                        ? 0
                        : static_cast<std::uint8_t>(1 + static_cast<int>(as_dtype(wanted.ptr())));
  });
  m.def("set_strict_ieee", [](bool wanted) { return std::exchange(mode.strict_ieee, wanted); });
  m.def("live_tensors", [] { return live(Live::tensor); });
  m.def("live_nodes", [] { return live(Live::node); });
}

}  // namespace topograd::python
