// tensor(), zeros(), arange(), … and what stands between brackets.

#include <cmath>

#include "bindings/arguments.h"
#include "graph/provenance.h"
#include "ops/draw.h"
#include "tensor/body.h"
#include "topograd/ops.h"

namespace topograd::python {
namespace {

using OptionalType = std::optional<DType>;

// ---------------------------------------------------------------- options that all creation
// functions share

struct Options {
  OptionalType dtype;
  bool requires_grad = false;
};

/// dtype=, device=, requires_grad= and what PyTorch takes and has no meaning here.
Options options_from(const py::kwargs& given, std::string_view op) {
  Options options;
  for (const auto& [key, value] : given) {
    const auto name = key.cast<std::string>();
    if (name == "dtype" && !value.is_none())
      options.dtype = value.cast<DType>();
    else if (name == "requires_grad")
      options.requires_grad = value.cast<bool>();
    else if (name == "device") {
      if (!value.is_none())
        expect(py::str(py::module_::import("topograd._C").attr("device")(value))
                       .cast<std::string>()
                       .rfind("cpu", 0) == 0,
               "{}: device '{}' is not available: topograd was built without CUDA, or the plug-in "
               "found none",
               op, py::str(value).cast<std::string>());
    } else {
      const bool known = name == "dtype" || name == "layout" || name == "pin_memory" ||
                         name == "memory_format" || name == "names";
      expect<TypeError>(known, "{}: has no argument '{}'", op, name);
    }
  }
  return options;
}

Tensor finished(Tensor x, const Options& options) {
  if (options.requires_grad) {
    expect_site();
    x.requires_grad_();
  }
  return x;
}

/// (2, 3) or ((2, 3),) or size=(2, 3).
Dims shape_from(const py::args& sizes, py::kwargs& given, std::string_view op) {
  if (given.contains("size")) {
    const Dims shape = given["size"].cast<Dims>();
    given.attr("pop")("size");
    return shape;
  }
  Dims shape;
  py::object list = sizes;
  if (sizes.size() == 1) {
    const py::object first = sizes[0];
    if (PyIndex_Check(first.ptr()) == 0) {
      expect<TypeError>(PyTuple_Check(first.ptr()) || PyList_Check(first.ptr()),
                        "{}: sizes must be integers, got {}", op, Py_TYPE(first.ptr())->tp_name);
      list = first;
    }
  }
  for (const auto& size : list) {
    expect<TypeError>(PyIndex_Check(size.ptr()) != 0, "{}: sizes must be integers, got {}", op,
                      Py_TYPE(size.ptr())->tp_name);
    int overflow = 0;
    const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(size.ptr()));
    if (!number) throw_python();
    shape.push_back(PyLong_AsLongLongAndOverflow(number.ptr(), &overflow));
    expect<ShapeError>(overflow == 0 && shape.back() >= 0, "{}: sizes must be in [0, 2^63), got {}",
                       op, py::str(size).cast<std::string>());
  }
  try {
    count_of(shape);
  } catch (const ShapeError& e) {
    fail<ShapeError>("{}: {}", op, e.what());
  }
  return shape;
}

template <class F>
void define_filled(py::module_& m, const char* name, const char* doc, F make) {
  m.def(
      name,
      [make, name](const py::args& sizes, py::kwargs given) {
        Generator* generator = nullptr;
        if (given.contains("generator")) {
          if (!given["generator"].is_none()) generator = given["generator"].cast<Generator*>();
          given.attr("pop")("generator");
        }
        const Dims shape = shape_from(sizes, given, name);
        expect<ShapeError>(shape.size() <= max_rank, "{}: more than {} dims", name, max_rank);
        const Options options = options_from(given, name);
        return finished(make(shape, options.dtype.value_or(default_dtype()),
                             generator != nullptr ? *generator : Generator::global()),
                        options);
      },
      doc);
  const std::string like = std::string(name) + "_like";
  m.def(
      like.c_str(),
      [make, like](const Tensor& input, const py::kwargs& given) {
        expect<TypeError>(input.defined(), "{}: expects a tensor, got None", like);
        const Options options = options_from(given, like);
        return finished(
            make(input.shape(), options.dtype.value_or(input.dtype()), Generator::global()),
            options);
      },
      py::arg("input"), (std::string(doc) + " The shape and dtype are those of input.").c_str());
}

index steps_between(double start, double end, double step) {
  expect<ValueError>(step != 0 && std::isfinite(start) && std::isfinite(end) && std::isfinite(step),
                     "arange: expects finite bounds and a step that is not 0, got {}, {}, {}",
                     start, end, step);
  expect<ValueError>((end - start) / step >= 0, "arange: step {} leads away from {} to {}", step,
                     start, end);
  const double count = std::ceil((end - start) / step);
  expect<ShapeError>(count < 0x1p53, "arange: more elements than memory can hold");
  return static_cast<index>(count);
}

Tensor make_arange(const Scalar& start, const Scalar& end, const Scalar& step,
                   const Options& options) {
  const bool real = start.is_real() || end.is_real() || step.is_real();
  const DType dtype = options.dtype.value_or(real ? default_dtype() : DType::int64);
  if (!real && !is_floating(dtype)) {
    const index by = step.integer();
    expect<ValueError>(by != 0, "arange: step must not be 0");
    const auto span = static_cast<__int128>(end.integer()) - start.integer();
    expect<ValueError>(span == 0 || (span > 0) == (by > 0),
                       "arange: step {} leads away from {} to {}", by, start.integer(),
                       end.integer());
    const auto count = (span + by + (by > 0 ? -1 : 1)) / by;
    expect<ShapeError>(count < (static_cast<__int128>(1) << 53),
                       "arange: more elements than memory can hold");
    Tensor out = Tensor::empty({static_cast<index>(count)}, DType::int64);
    auto* data = out.data<std::int64_t>();
    for (index i = 0; i < out.count(); ++i) data[i] = start.integer() + i * by;
    return converted(out, dtype);
  }
  Tensor out =
      Tensor::empty({steps_between(start.real(), end.real(), step.real())}, DType::float64);
  double* data = out.data<double>();
  for (index i = 0; i < out.count(); ++i)
    data[i] = start.real() + static_cast<double>(i) * step.real();
  return converted(out, dtype);
}

Tensor make_linspace(double start, double end, index steps, const Options& options) {
  expect<ValueError>(steps >= 0, "linspace: steps must not be negative, got {}", steps);
  Tensor out = Tensor::empty({steps}, DType::float64);
  double* data = out.data<double>();
  const double step = steps > 1 ? (end - start) / static_cast<double>(steps - 1) : 0;
  // From both ends, so that the last element is exactly `end`.
  for (index i = 0; i < steps; ++i)
    data[i] = i < steps / 2 || steps == 1 ? start + step * static_cast<double>(i)
                                          : end - step * static_cast<double>(steps - 1 - i);
  return converted(out, options.dtype.value_or(default_dtype()));
}

Scalar scalar_from(const py::handle& object, std::string_view op) {
  if (is_tensor(object.ptr())) return as_tensor(object.ptr()).item();
  Scalar number = 0;
  expect<TypeError>(to_scalar(object.ptr(), number), "{}: expects a number, got {}", op,
                    Py_TYPE(object.ptr())->tp_name);
  return number;
}

DType dtype_of_number(const Scalar& number) {
  return number.is_real() ? default_dtype() : number.kind();
}

}  // namespace

void register_creation(py::module_& m) {
  m.def(
      "tensor",
      [](const py::object& data, const py::kwargs& given) {
        const Options options = options_from(given, "tensor");
        return finished(tensor_from(data.ptr(), options.dtype), options);
      },
      py::arg("data"),
      "A new tensor with a copy of data: numbers, nested sequences, arrays, tensors.");
  define_filled(m, "zeros", "A tensor of zeros.", [](const Dims& shape, DType dtype, Generator&) {
    return Tensor::zeros(shape, dtype);
  });
  define_filled(m, "ones", "A tensor of ones.", [](const Dims& shape, DType dtype, Generator&) {
    return Tensor::ones(shape, dtype);
  });
  define_filled(
      m, "empty", "A tensor whose elements are not set.",
      [](const Dims& shape, DType dtype, Generator&) { return Tensor::empty(shape, dtype); });
  define_filled(m, "rand", "Uniform random numbers in [0, 1).",
                [](const Dims& shape, DType dtype, Generator& g) {
                  expect<TypeError>(is_floating(dtype),
                                    "rand: expects a floating point dtype, got {}", dtype);
                  return draw_uniform(shape, dtype, g);
                });
  define_filled(m, "randn", "Standard normal random numbers.",
                [](const Dims& shape, DType dtype, Generator& g) {
                  expect<TypeError>(is_floating(dtype),
                                    "randn: expects a floating point dtype, got {}", dtype);
                  return draw_normal(shape, dtype, g);
                });
  m.def(
      "full",
      [](const Dims& size, const py::object& fill_value, const py::kwargs& given) {
        const Options options = options_from(given, "full");
        const Scalar value = scalar_from(fill_value, "full");
        return finished(Tensor::full(size, value, options.dtype.value_or(dtype_of_number(value))),
                        options);
      },
      py::arg("size"), py::arg("fill_value"), "A tensor of one value.");
  m.def(
      "full_like",
      [](const Tensor& input, const py::object& fill_value, const py::kwargs& given) {
        expect<TypeError>(input.defined(), "full_like: expects a tensor, got None");
        const Options options = options_from(given, "full_like");
        return finished(Tensor::full(input.shape(), scalar_from(fill_value, "full_like"),
                                     options.dtype.value_or(input.dtype())),
                        options);
      },
      py::arg("input"), py::arg("fill_value"),
      "A tensor of one value, with the shape and dtype of input.");
  m.def(
      "arange",
      [](const py::args& bounds, py::kwargs given) {
        expect<TypeError>(bounds.size() <= 3, "arange: takes start, end and step");
        std::optional<Scalar> start, end, step;
        for (auto [name, place] : {std::pair{"start", &start}, {"end", &end}, {"step", &step}})
          if (given.contains(name)) {
            *place = scalar_from(given[name], "arange");
            given.attr("pop")(name);
          }
        const auto at = [&](std::size_t i) { return scalar_from(py::object(bounds[i]), "arange"); };
        if (bounds.size() == 1) (end ? start : end) = at(0);
        if (bounds.size() >= 2) start = at(0), end = at(1);
        if (bounds.size() == 3) step = at(2);
        expect<TypeError>(end.has_value(), "arange: argument 'end' is missing");
        const Options options = options_from(given, "arange");
        return finished(make_arange(start.value_or(0), *end, step.value_or(1), options), options);
      },
      "start, start + step, … before end.");
  m.def(
      "linspace",
      [](const py::object& start, const py::object& end, index steps, const py::kwargs& given) {
        const Options options = options_from(given, "linspace");
        return finished(make_linspace(scalar_from(start, "linspace").real(),
                                      scalar_from(end, "linspace").real(), steps, options),
                        options);
      },
      py::arg("start"), py::arg("end"), py::arg("steps"),
      "`steps` numbers from start to end, both included.");
  m.def(
      "eye",
      [](index n, std::optional<index> columns, const py::kwargs& given) {
        expect<ValueError>(n >= 0 && columns.value_or(n) >= 0,
                           "eye: sizes must not be negative, got {}, {}", n, columns.value_or(n));
        const Options options = options_from(given, "eye");
        Tensor out =
            Tensor::zeros({n, columns.value_or(n)}, options.dtype.value_or(default_dtype()));
        const index length = std::min(n, columns.value_or(n));
        copy_elements(Tensor::ones({length}, out.dtype()),
                      restrided(out, {length}, {columns.value_or(n) + 1}, 0));
        return finished(out, options);
      },
      py::arg("n"), py::arg("m") = std::nullopt, "Ones on the diagonal, zeros elsewhere: (n, m).");
  m.def(
      "randint",
      [](const py::args& bounds, py::kwargs given) {
        std::vector<py::object> parts;
        for (const auto& part : bounds) parts.push_back(py::reinterpret_borrow<py::object>(part));
        const auto take = [&](const char* name, bool present) -> std::optional<py::object> {
          if (given.contains(name)) {
            py::object value = given[name];
            given.attr("pop")(name);
            return value;
          }
          if (!present || parts.empty()) return std::nullopt;
          py::object value = parts.front();
          parts.erase(parts.begin());
          return value;
        };
        const bool has_low = given.contains("low") || parts.size() +
                                                              (given.contains("size") ? 1u : 0u) +
                                                              (given.contains("high") ? 1u : 0u) >=
                                                          3;
        const auto low = take("low", has_low), high = take("high", true), size = take("size", true);
        expect<TypeError>(high && size && parts.empty(), "randint: expects (low=0, high, size)");
        Generator* generator = &Generator::global();
        if (given.contains("generator")) {
          if (!given["generator"].is_none()) generator = given["generator"].cast<Generator*>();
          given.attr("pop")("generator");
        }
        const Options options = options_from(given, "randint");
        return finished(
            draw_integers(size->cast<Dims>(), low ? low->cast<index>() : 0, high->cast<index>(),
                          options.dtype.value_or(DType::int64), *generator),
            options);
      },
      "Random integers in [low, high).");
  m.def(
      "randint_like",
      [](const Tensor& input, index a, std::optional<index> b, const py::kwargs& given) {
        const Options options = options_from(given, "randint_like");
        return finished(draw_integers(input.shape(), b ? a : 0, b.value_or(a),
                                      options.dtype.value_or(input.dtype()), Generator::global()),
                        options);
      },
      py::arg("input"), py::arg("low"), py::arg("high") = std::nullopt,
      "Random integers in [low, high), with the shape and dtype of input.");
  m.def(
      "randperm",
      [](index n, Generator* generator, const py::kwargs& given) {
        const Options options = options_from(given, "randperm");
        return finished(draw_permutation(n, options.dtype.value_or(DType::int64),
                                         generator != nullptr ? *generator : Generator::global()),
                        options);
      },
      py::arg("n"), py::kw_only(), py::arg("generator") = nullptr, "A random order of 0 … n - 1.");
}

}  // namespace topograd::python
