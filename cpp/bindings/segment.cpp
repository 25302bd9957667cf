// Parts of a program that are run twice instead of keeping what they computed.

#include "graph/segment.h"

#include <memory>

#include "bindings/python.h"
#include "bindings/tensor_type.h"
#include "graph/mode.h"

namespace topograd::python {
namespace {

/// What Python holds of a segment, and the run of it that stands.
struct SegmentHandle {
  Ref<Segment> segment;
  std::unique_ptr<SegmentRun> run;

  explicit SegmentHandle(Ref<Segment> of) : segment(std::move(of)) {}
  SegmentHandle(const SegmentHandle&) = delete;
  SegmentHandle& operator=(const SegmentHandle&) = delete;
  ~SegmentHandle() {
    // Another thread still looks at a run that it began.
    if (run != nullptr && !run->leave()) run.release();
  }
  void start(bool again) {
    expect(run == nullptr, "Segment: it is running already");
    run = std::make_unique<SegmentRun>(*segment, again);
  }
  std::string finish() {
    expect(run != nullptr, "Segment: it is not running");
    return run->finish();
  }
  void end() {
    if (run == nullptr) return;
    expect(run->leave(), "Segment: it was started in another thread");
    run.reset();
  }
};

/// Runs again by calling a Python function with a handle of the segment. The function must not hold
/// one itself: it would keep itself alive.
class PySegment final : public Segment {
 public:
  explicit PySegment(PyObject* again) : function(Ref<Kept>(new Kept(again))) {}
  void run_again() override {
    const py::gil_scoped_acquire lock;
    py::handle(function->object)(std::make_unique<SegmentHandle>(Ref<Segment>(this)));
  }

  const Ref<Kept> function;
};

}  // namespace

PyObject* object_of_segment(Counted* segment, std::uint32_t owners) {
  auto* known = dynamic_cast<PySegment*>(segment);
  if (known == nullptr || known->owners() != owners || known->function->owners() != 1)
    return nullptr;
  return known->function->object;
}

void register_segment(py::module_& m) {
  py::class_<SegmentHandle>(
      m, "Segment",
      "A part of a program whose nodes keep nothing: again(segment) is called "
      "to run it once more, between start(True), finish() and end().")
      .def(py::init([](const py::function& again) {
             return std::make_unique<SegmentHandle>(Ref<Segment>(new PySegment(again.ptr())));
           }),
           py::arg("again"))
      .def("start", &SegmentHandle::start, py::arg("again"))
      .def("finish", &SegmentHandle::finish)
      .def("end", &SegmentHandle::end);
  m.def(
      "in_second_run", [] { return mode.run != nullptr && mode.run->again(); },
      "Whether the innermost Segment that runs is run once more.");
}

}  // namespace topograd::python
