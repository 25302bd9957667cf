// The profiler, and the guard against NaN, as Python sees them.

#include "graph/watch.h"

#include <deque>
#include <unordered_map>

#include "bindings/python.h"
#include "bindings/scope.h"
#include "graph/finite_guard.h"
#include "graph/node.h"
#include "graph/profile.h"
#include "graph/provenance.h"
#include "tensor/body.h"
#include "tensor/finite.h"

namespace topograd::python {
namespace {

// ---------------------------------------------------------------- what is not finite

py::object shown(const Tensor& x) {
  return x.defined() && !x.hollow() ? py::cast(x.detach()) : py::object(py::none());
}

py::object shape_of(const Tensor& x) {
  return x.defined() ? py::cast(x.shape()) : py::object(py::none());
}

/// The tensors among the arguments: (name, value or None, shape).
py::list arguments_of(const OpRecord& op, const Arg* args, int count, bool in_place) {
  py::list list;
  const auto& parameters = signature_of(op).parameters;
  const auto add = [&](const std::string& name, const Tensor& x, bool known) {
    if (!x.defined() || x.body()->wrapped_number) return;
    list.append(py::make_tuple(name, known ? shown(x) : py::object(py::none()), shape_of(x)));
  };
  for (int i = 0; i < count; ++i) {
    const std::string& name = parameters[static_cast<std::size_t>(i)].name;
    if (args[i].kind() == ArgKind::tensor) {
      add(name, args[i].tensor(), !(in_place && i == 0));
    } else if (args[i].kind() == ArgKind::tensors) {
      int k = 0;
      for (const Tensor& x : args[i].tensors())
        add(name + "[" + std::to_string(k++) + "]", x, true);
    }
  }
  return list;
}

/// The nodes from the nearest leaf to one of these, or nothing: breadth first.
std::vector<Node*> path_to_leaf(const std::vector<Node*>& starts) {
  std::unordered_map<Node*, Node*> towards;  // node -> the one that it is an argument of
  std::deque<Node*> waiting;
  for (Node* start : starts)
    if (start != nullptr && towards.emplace(start, nullptr).second) waiting.push_back(start);
  while (!waiting.empty()) {
    Node* node = waiting.front();
    waiting.pop_front();
    if (node->is_leaf()) {
      std::vector<Node*> path;
      for (Node* at = node; at != nullptr; at = towards.at(at)) path.push_back(at);
      return path;
    }
    for (int slot = 0; slot < node->slot_count(); ++slot) {
      Node* input = node->edges()[slot].node.get();
      if (input != nullptr && towards.emplace(input, node).second) waiting.push_back(input);
    }
  }
  return {};
}

/// A path as dictionaries; of a long one its two ends, and in between the number that is left out.
py::list described(const std::vector<Node*>& path) {
  constexpr std::size_t ends = 8;
  py::list list;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (i == ends && path.size() > 2 * ends) {
      list.append(path.size() - 2 * ends);
      i = path.size() - ends;
    }
    Node* node = path[i];
    py::dict d;
    d["op"] = node->op_name();
    d["where"] = node->where();
    d["module"] = node->module_path();
    d["modules"] = modules_of_scope(node->scope().get());
    const auto* extra = node->extra_if_any();
    d["name"] = extra == nullptr ? std::string() : extra->label;
    d["tensor"] = py::none();
    if (node->is_leaf())
      for (const Tensor& x : node->watchers(0)) d["tensor"] = py::cast(x);
    Tensor owner;
    d["shape"] = shape_of(node->output(0, owner));
    list.append(d);
  }
  return list;
}

py::list list_of(const Tensor* tensors, int count) {
  py::list list;
  for (int k = 0; k < count; ++k) list.append(shown(tensors[k]));
  return list;
}

class PyFiniteGuard final : public FiniteGuard {
 public:
  PyFiniteGuard(const Options& options, PyObject* handler)
      : FiniteGuard(options), handler_(new Kept(handler, false)) {}

  void report(const Event& event, const Tensor* results, int count, int result) override {
    const py::gil_scoped_acquire lock;
    const Unwatched inside;
    const Recording pause(false);
    py::dict d;
    const bool backward = event.kind == Kind::backward;
    d["phase"] = backward ? "backward" : "forward";
    d["in_place"] = event.kind == Kind::in_place;
    d["result"] = result;
    d["results"] = list_of(results, count);
    backward ? tell_rule(d, event) : tell_call(d, event);
    py::handle(handler_->object)(d);
  }

 private:
  static void tell_call(py::dict& d, const Event& event) {
    const Site site = current_site();
    d["op"] = name_of(*event.op);
    d["where"] = describe(site);
    d["module"] = site.scope ? describe_scope(site.scope.get()) : std::string();
    d["modules"] = modules_of_scope(site.scope.get());
    d["inputs"] =
        arguments_of(*event.op, event.args, event.arg_count, event.kind == Kind::in_place);
    d["incoming"] = py::list();
    std::vector<Node*> starts;
    each_slot(*event.op, event.args, event.arg_count, [&](int, const Tensor& x) {
      if (x.defined()) starts.push_back(node_of(x));
    });
    d["path"] = described(path_to_leaf(starts));
  }

  static void tell_rule(py::dict& d, const Event& event) {
    Node& node = *event.node;
    d["op"] = node.op_name();
    d["where"] = node.where();
    d["module"] = node.module_path();
    d["modules"] = modules_of_scope(node.scope().get());
    d["inputs"] = arguments_of(*node.op(), node.args(), node.arg_count(), false);
    d["incoming"] = list_of(event.incoming->data(), static_cast<int>(event.incoming->size()));
    std::vector<Node*> path = path_to_leaf({&node});
    if (!path.empty()) path.pop_back();
    d["path"] = described(path);
  }

  Ref<Kept> handler_;
};

/// Detaches when it is forgotten.
struct GuardHandle {
  Ref<PyFiniteGuard> guard;
  bool running = false;
  ~GuardHandle() {
    if (running) guard->detach();
  }
  void start() {
    guard->attach();
    running = true;
  }
  void stop() {
    if (!running) return;
    expect(guard->detach(), "nan_guard: it was switched on in another thread");
    running = false;
  }
};

// ---------------------------------------------------------------- profile

struct ProfileHandle {
  Ref<Profile> profile;
  bool running = false;
  ~ProfileHandle() {
    if (running) profile->stop();
  }
  void start() {
    profile->start();
    running = true;
  }
  void stop() {
    if (!running) return;
    expect(profile->stop(), "profile: it was started in another thread");
    running = false;
  }
};

/// Numbers for things that occur again and again, and their texts.
template <class Key, class Hash = std::hash<Key>>
struct Numbered {
  std::unordered_map<Key, int, Hash> numbers;
  py::list texts;
  template <class F>
  int number(const Key& key, F&& text) {
    const auto [found, fresh] = numbers.emplace(key, static_cast<int>(numbers.size()));
    if (fresh) texts.append(text());
    return found->second;
  }
};

struct Place {
  const void* code;
  int instruction;
  bool operator==(const Place&) const = default;
};
struct PlaceHash {
  std::size_t operator()(const Place& place) const {
    return std::hash<const void*>{}(place.code) * 31 + static_cast<std::size_t>(place.instruction);
  }
};

std::string text_of(const Profile::Record& record) {
  if (record.what == nullptr) return "";
  if (record.kind == CallWatch::Kind::block || record.kind == CallWatch::Kind::creation)
    return *static_cast<const std::string*>(record.what);
  const std::string& name = name_of(*static_cast<const OpRecord*>(record.what));
  return record.kind == CallWatch::Kind::in_place ? name + "_" : name;
}

/// Rows (kind, name, place, scope, begin, end, bytes, parent, shapes, failed) and the texts that
/// name, place and scope are numbers of.
py::dict events_of(const ProfileHandle& self) {
  expect(!self.running, "profile: its events can be read when it has ended");
  const Profile& profile = *self.profile;
  Numbered<std::string> names;
  Numbered<Place, PlaceHash> places;
  Numbered<const Counted*> scopes;
  py::list rows;
  for (std::int64_t i = 0; i < profile.size(); ++i) {
    const Profile::Record& record = profile.record(i);
    const std::string name = text_of(record);
    const Place at{record.code, record.instruction};
    rows.append(py::make_tuple(
        static_cast<int>(record.kind), names.number(name, [&] { return py::str(name); }),
        places.number(at, [&] { return py::str(describe(Site{at.code, at.instruction, {}})); }),
        scopes.number(record.scope, [&] { return py::str(profile.path_of(record.scope)); }),
        profile.nanoseconds(record.begin), profile.nanoseconds(record.end), record.bytes,
        record.parent, record.shapes, record.failed));
  }
  py::dict d;
  d["rows"] = rows;
  d["names"] = names.texts;
  d["places"] = places.texts;
  d["scopes"] = scopes.texts;
  return d;
}

py::tuple shapes_of(const ProfileHandle& self, std::int32_t number) {
  expect<IndexError>(number >= 0 && number < self.profile->shape_count(),
                     "profile: no shapes number {}", number);
  const Profile::Shapes& shapes = self.profile->shapes(number);
  return py::make_tuple(py::cast(shapes.inputs), py::cast(shapes.outputs));
}

py::list memory_of(const ProfileHandle& self) {
  expect(!self.running, "profile: its memory can be read when it has ended");
  py::list list;
  if (self.profile->memory() == nullptr) return list;
  for (const MemoryLog::Entry& one : self.profile->memory()->entries())
    list.append(py::make_tuple(self.profile->nanoseconds(one.when), one.change, one.event));
  return list;
}

/// A named block of the profile that runs in this thread, or nothing.
struct Block {
  Ref<Profile> profile;
  std::int64_t number = -1;
  explicit Block(const std::string& name) : profile(Profile::current()) {
    if (profile) number = profile->begin_block(name);
  }
  void end() {
    if (profile && profile.get() == Profile::current()) profile->end_block(number);
    profile = {};
  }
};

}  // namespace
}  // namespace topograd::python

namespace pybind11::detail {
template <>
struct type_caster<topograd::python::GuardHandle>
    : constructed_caster<topograd::python::GuardHandle> {};
template <>
struct type_caster<topograd::python::ProfileHandle>
    : constructed_caster<topograd::python::ProfileHandle> {};
template <>
struct type_caster<topograd::python::Block> : constructed_caster<topograd::python::Block> {};
}  // namespace pybind11::detail

namespace topograd::python {

void register_watch(py::module_& m) {
  py::class_<GuardHandle>(m, "FiniteGuard",
                          "Calls handler(details), which raises, at the first value of this "
                          "thread that is not finite.")
      .def(py::init([](const py::function& handler, bool forward, bool backward, bool infinities) {
             const FiniteGuard::Options options{forward, backward, infinities};
             return std::make_unique<GuardHandle>(
                 Ref<PyFiniteGuard>(new PyFiniteGuard(options, handler.ptr())));
           }),
           py::arg("handler"), py::arg("forward"), py::arg("backward"), py::arg("infinities"))
      .def("start", &GuardHandle::start)
      .def("stop", &GuardHandle::stop)
      .def_readonly("running", &GuardHandle::running);
  py::class_<ProfileHandle>(m, "Profile", "When everything in this thread began and ended.")
      .def(py::init([](bool shapes, bool memory, std::int64_t limit) {
             return std::make_unique<ProfileHandle>(
                 Ref<Profile>(new Profile({shapes, memory, limit})));
           }),
           py::arg("shapes"), py::arg("memory"), py::arg("limit"))
      .def("start", &ProfileHandle::start)
      .def("stop", &ProfileHandle::stop)
      .def("events", events_of)
      .def("shapes", shapes_of, py::arg("number"))
      .def("memory", memory_of)
      .def_property_readonly("duration",
                             [](const ProfileHandle& self) { return self.profile->duration(); })
      .def_property_readonly("dropped",
                             [](const ProfileHandle& self) { return self.profile->dropped(); })
      .def_property_readonly("memory_dropped",
                             [](const ProfileHandle& self) {
                               const MemoryLog* log = self.profile->memory();
                               return log == nullptr ? 0 : log->dropped();
                             })
      .def_property_readonly("started_at",
                             [](const ProfileHandle& self) { return self.profile->started_at(); })
      .def_readonly("running", &ProfileHandle::running);
  py::class_<Block>(m, "ProfileBlock", "A named part of the program, where a profile runs.")
      .def(py::init<const std::string&>(), py::arg("name"))
      .def("end", &Block::end);
  m.def(
      "not_finite",
      [](const Tensor& x) {
        const NotFinite found = not_finite(x);
        return py::make_tuple(found.nan, found.positive, found.negative);
      },
      py::arg("x"), "How many elements are NaN, +inf and -inf.");
  m.def("all_finite", &all_finite, py::arg("x"), "Whether no element is NaN or infinite.");
}

}  // namespace topograd::python
