#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "topograd/op.h"

namespace topograd {

struct Program;

/// The recorded computation behind some tensors, in the order in which it was made: for looking at,
/// for running again with other inputs, for a backward pass that keeps every gradient. Holds the
/// graph alive.
class TOPOGRAD_API Graph {
 public:
  struct Contribution {
    int consumer;  ///< vertex that sent it
    Tensor gradient;
  };
  struct Vertex {
    Ref<Counted> node;      ///< the recorded call or leaf; null for a constant
    std::string op;         ///< "leaf", "constant", or the op's name
    std::string name;       ///< given by the user, or the name of an output, or ""
    std::string arguments;  ///< what is not a vertex: "dim=1, keepdim=False"
    std::string where;
    std::string module;
    std::vector<int> inputs;  ///< vertices, one per tensor argument
    Tensors values;           ///< per output; undefined where not known
    Tensors gradients;        ///< per output, after backward()
    std::vector<Contribution> contributions;
    int backward_index = -1;  ///< position in the backward order, after backward()
    bool is_output = false;
    Dims shape;
    DType dtype = DType::float32;
  };

  explicit Graph(const Tensors& outputs);

  const std::vector<Vertex>& vertices() const { return vertices_; }
  const std::vector<int>& outputs() const { return outputs_; }
  /// The tensors that it was made for.
  const Tensors& tensors() const { return roots_; }
  /// Leaves and constants.
  std::vector<int> inputs() const;
  /// The vertex of a tensor, or -1.
  int find(const Tensor& x) const;
  /// The only vertex of that name; throws ValueError where there is none or more than one.
  int find(const std::string& name) const;

  /// Computes every vertex again in order, with other values at some of them, without the program
  /// that built the graph. A backward() after it is that of the new values.
  Tensors forward(const std::map<int, Tensor>& replacements);
  /// Runs the backward pass from the outputs and keeps gradients and contributions at every vertex.
  /// .grad is not touched.
  void backward(const Tensors& seeds);

  /// Runs it as a program, from placeholders and other named inputs to the outputs. Inputs that are
  /// not given keep their present values, which placeholders have none of. Records nothing and
  /// leaves vertices() as they are; random ops draw new numbers. Throws ValueError for an unknown
  /// or missing name, ShapeError and DTypeError for a value that does not fit.
  Tensors run(const std::map<std::string, Tensor>& given);
  /// The same by vertex.
  Tensors run(const std::map<int, Tensor>& given);
  /// The vertex of the leaf or constant of that name; throws ValueError.
  int input(const std::string& name);
  /// Output `output` of a vertex as a tensor of the graph, to build on or to ask for gradients of.
  Tensor tensor(int at, int output = 0) const;

  /// Writes the graph with its constants and parameters to a safetensors file, or reads one.
  /// Nothing is executed by reading: calls of unknown ops, arguments of another kind, and
  /// references to later nodes throw ValueError. Saving throws NotSupported for a call of the
  /// user's own Function.
  void save(const std::string& path) const;
  static Graph load(const std::string& path);

 private:
  const Program& program();
  int vertex_of_node(const Counted* node) const;
  void add_node(const Counted* node);
  int add_constant(const Tensor& x);
  void compute(int at, Tensors& tracked);
  Tensors recorded_again(const std::map<int, Tensor>& replacements, Tensors& tracked);

  Tensors roots_;                           ///< as given
  std::shared_ptr<const Program> program_;  ///< made by the first run
  /// The recording that the values belong to: the original one, or that of the last forward().
  Tensors current_roots_;
  std::map<const Counted*, int> current_nodes_;
  std::vector<Vertex> vertices_;
  std::vector<int> outputs_;
  std::map<const Counted*, int> by_node_;
  std::map<const detail::TensorBody*, int> constants_;
};

}  // namespace topograd
