// Threads, memory, instruction set, random state, and the registry as Python data.

#include <cstring>

#include "base/allocator.h"
#include "base/generator.h"
#include "base/pool.h"
#include "bindings/python.h"
#include "kernels/kernels.h"
#include "ops/family.h"
#include "topograd/ops.h"
#include "topograd/version.h"

namespace topograd::python {

py::object from_arg(const Arg& arg) {
  switch (arg.kind()) {
    case ArgKind::none: return py::none();
    case ArgKind::tensor: {
      // A number stays a number, so that promotion is the same as in a program.
      if (arg.tensor().body()->wrapped_number)
        return py::reinterpret_steal<py::object>(to_python(arg.tensor().item()));
      return py::cast(arg.tensor());
    }
    case ArgKind::tensors: {
      py::list list;
      for (const Tensor& x : arg.tensors()) list.append(py::cast(x));
      return list;
    }
    case ArgKind::integer: return py::int_(arg.integer());
    case ArgKind::real: return py::float_(arg.real());
    case ArgKind::boolean: return py::bool_(arg.boolean());
    case ArgKind::dims: return py::tuple(py::cast(arg.dims()));
    case ArgKind::reals: return py::cast(arg.boxed<std::vector<double>>());
    case ArgKind::complex: return py::reinterpret_steal<py::object>(to_python(arg.scalar()));
    case ArgKind::dtype: return py::cast(arg.dtype());
    case ArgKind::text: return py::str(arg.text());
    case ArgKind::indices: {
      py::list list;
      const auto bound = [](const std::optional<index>& value) {
        return value ? py::object(py::int_(*value)) : py::object(py::none());
      };
      for (const IndexItem& item : arg.indices()) switch (item.kind) {
          case IndexItem::Kind::integer: list.append(py::int_(item.start)); break;
          case IndexItem::Kind::newaxis: list.append(py::none()); break;
          case IndexItem::Kind::ellipsis: list.append(py::ellipsis()); break;
          case IndexItem::Kind::tensor: list.append(py::cast(item.tensor)); break;
          case IndexItem::Kind::slice:
            list.append(py::module_::import("builtins")
                            .attr("slice")(bound(item.from), bound(item.to), item.step));
        }
      return py::tuple(list);
    }
    case ArgKind::device:
    case ArgKind::object: break;
  }
  return py::none();
}

namespace {

const char* derivative_name(const OpRecord& op) {
  constexpr const char* names[] = {"composite", "none",        "elementwise",
                                   "linear",    "multilinear", "general"};
  return names[op.derivative.index()];
}

/// Positional arguments as far as they go, the rest by name.
py::tuple sample_call(const OpRecord& op, const Sample& sample) {
  const auto& parameters = signature_of(op).parameters;
  py::list args;
  py::dict keywords;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const Parameter& p = parameters[i];
    const bool by_name = p.keyword_only;
    if (p.variadic && p.kind == ArgKind::tensors) {
      for (const Tensor& x : sample[i].tensors()) args.append(py::cast(x));
    } else if (by_name) {
      keywords[p.name.c_str()] = from_arg(sample[i]);
    } else {
      args.append(from_arg(sample[i]));
    }
  }
  return py::make_tuple(py::tuple(args), keywords);
}

py::dict describe_op(const OpRecord& op) {
  const Signature& s = signature_of(op);
  py::dict d;
  py::list parameters;
  for (const Parameter& p : s.parameters) {
    py::dict one;
    one["name"] = p.name;
    one["type"] = p.type;
    one["keyword_only"] = p.keyword_only;
    one["variadic"] = p.variadic;
    one["default"] = p.has_default ? py::object(py::str(p.default_text)) : py::object(py::none());
    parameters.append(one);
  }
  const auto has = [&](Traits trait) { return (op.traits & trait) != 0; };
  d["name"] = s.name;
  d["function"] = s.function;
  d["family"] = std::string(family_of(op));
  d["signature"] = op.signature;
  d["parameters"] = parameters;
  d["result"] = s.result;
  d["doc"] = op.doc;
  d["derivative"] = derivative_name(op);
  d["saves"] = static_cast<unsigned>(op.saves);
  d["fused"] = op.fused.defined();
  d["method"] = has(is_method);
  d["function_exists"] = !has(method_only) && !has(in_place_only) && !has(is_hidden);
  d["module"] = has(is_functional) ? "nn.functional" : "";
  d["differentiable_outputs"] = op.differentiable_outputs;
  d["view"] = has(is_view);
  d["inplace"] = has(has_in_place);
  d["inplace_only"] = has(in_place_only);
  d["hidden"] = has(is_hidden);
  d["random"] = has(is_random);
  d["out"] = takes_out(op);
  return d;
}

py::int_ integer_of(const py::object& given, const char* function) {
  PyObject* number = PyIndex_Check(given.ptr()) != 0 ? PyNumber_Index(given.ptr()) : nullptr;
  if (PyErr_Occurred() != nullptr) throw_python();
  expect<TypeError>(number != nullptr, "{}: expects an integer, got {}", function,
                    Py_TYPE(given.ptr())->tp_name);
  return py::reinterpret_steal<py::int_>(number);
}

const OpRecord& record_named(const std::string& name) {
  const OpRecord* op = find_op(name);
  expect<ValueError>(op != nullptr, "ops: no op is named '{}'", name);
  return *op;
}

}  // namespace

void register_random(py::module_& m) {
  py::class_<Generator, Ref<Generator>>(m, "Generator", "A stream of random numbers of its own.")
      .def(py::init([](const py::object& place) {
             Device device;
             expect<TypeError>(to_device(place.ptr(), device),
                               "Generator: expects a device such as 'cpu', got {}",
                               Py_TYPE(place.ptr())->tp_name);
             return Ref<Generator>(new Generator);
           }),
           py::arg("device") = "cpu")
      .def(
          "manual_seed",
          [](const py::object& self, const py::object& seed) {
            const py::int_ number = integer_of(seed, "manual_seed");
            const auto bits = PyLong_AsUnsignedLongLongMask(number.ptr());
            self.cast<Generator*>()->set({bits, 0});
            return self;
          },
          py::arg("seed"), "Starts again from a seed.")
      .def(
          "initial_seed", [](const Generator& self) { return self.state().seed; }, "The seed.")
      .def(
          "get_state",
          [](const Generator& self) {
            const auto state = self.state();
            const std::uint64_t words[] = {state.seed, state.offset};
            const Tensor bytes = Tensor::empty({sizeof words}, DType::uint8);
            std::memcpy(bytes.data<std::uint8_t>(), words, sizeof words);
            return bytes;
          },
          "Seed and position, as bytes.")
      .def(
          "set_state",
          [](const py::object& self, const py::object& given) {
            expect<TypeError>(is_tensor(given.ptr()),
                              "set_state: expects the tensor that get_state() gave, got {}",
                              Py_TYPE(given.ptr())->tp_name);
            const Tensor state = as_tensor(given.ptr());
            // Bytes; files of the first version have two words.
            const bool as_bytes = state.dtype() == DType::uint8;
            expect<TypeError>(as_bytes || state.dtype() == DType::int64,
                              "set_state: expects the uint8 tensor that get_state() gave, got {}",
                              state.dtype());
            expect<ShapeError>(state.count() == (as_bytes ? 16 : 2),
                               "set_state: expects what get_state() gave, got shape {}",
                               state.shape());
            const auto values = state.to_vector<std::int64_t>();
            std::uint64_t words[2];
            for (std::size_t i = 0; i < values.size(); ++i)
              if (as_bytes)
                reinterpret_cast<unsigned char*>(words)[i] = static_cast<unsigned char>(values[i]);
              else
                words[i] = static_cast<std::uint64_t>(values[i]);
            self.cast<Generator*>()->set({words[0], words[1]});
            return self;
          },
          py::arg("new_state"));
  m.attr("default_generator") = py::cast(Ref<Generator>(&Generator::shared()));
  m.def(
      "current_generator", [] { return Ref<Generator>(&Generator::global()); },
      "The generator that ops use in this thread when none is given.");
  m.def(
      "set_thread_generator",
      [](const py::object& own) {
        Generator::give_thread(own.is_none() ? Ref<Generator>()
                                             : Ref<Generator>(own.cast<Generator*>()));
      },
      py::arg("own"), "Gives this thread a generator of its own, or takes it away again (None).");
}

void register_runtime(py::module_& m) {
  m.attr("__version__") = TOPOGRAD_VERSION;
  m.def("isa", [] { return kernels::active().isa; });
  m.def("get_num_threads", &num_threads);
  m.def("set_num_threads", [](const py::object& given) {
    const py::int_ count = integer_of(given, "set_num_threads");
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(count.ptr(), &overflow);
    expect<ValueError>(overflow == 0 && value >= 1 && value <= 1024,
                       "set_num_threads: expects a number in [1, 1024]");
    set_num_threads(static_cast<int>(value));
  });
  m.def("memory_statistics", [] {
    const auto s = allocator_statistics();
    py::dict d;
    d["in_use"] = s.in_use;
    d["peak"] = s.peak;
    d["cached"] = s.cached;
    return d;
  });
  m.def("reset_peak_memory", &reset_peak);
  m.def("empty_cache", &trim);
  m.def("ops", [] {
    py::list list;
    for (const OpRecord* op : all_ops()) list.append(describe_op(*op));
    return list;
  });
  m.def("samples", [](const std::string& name) {
    const OpRecord& op = record_named(name);
    py::list list;
    if (op.samples == nullptr) return list;
    for (const Sample& sample : samples_of(op)) list.append(sample_call(op, sample));
    return list;
  });
  m.def(
      "call",
      [](const std::string& name, const py::args& args, const py::kwargs& keywords) {
        std::vector<PyObject*> all;
        for (const auto& arg : args) all.push_back(arg.ptr());
        py::list names;
        for (const auto& [key, value] : keywords) {
          names.append(key);
          all.push_back(value.ptr());
        }
        const py::tuple key_names(names);
        const OpRecord& op = record_named(name);
        PyObject* result = call_op(signature_of(op).function, {&op}, false, all.data(),
                                   static_cast<Py_ssize_t>(args.size()), key_names.ptr());
        if (result == nullptr) throw_python();
        return py::reinterpret_steal<py::object>(result);
      },
      "Calls any op of the registry by its full name, hidden ones too.");
}

}  // namespace topograd::python
