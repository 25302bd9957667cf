// Trains a static graph that Python saved, without Python: `graph FILE STEPS RATE`.
//
// The graph takes "x" and "y" and gives the loss and then the gradient of each parameter; the
// parameters are named "p0", "p1", … A safetensors file beside it, FILE.data, holds x and y.

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "topograd/graph.h"
#include "topograd/io.h"
#include "topograd/ops.h"

namespace tg = topograd;

int main(int count, char** words) {
  if (count != 4) {
    std::fprintf(stderr, "usage: graph FILE STEPS RATE\n");
    return 2;
  }
  const std::string path = words[1];
  const int steps = std::atoi(words[2]);
  const double rate = std::atof(words[3]);

  tg::Graph graph = tg::Graph::load(path);
  std::map<std::string, tg::Tensor> values = tg::load_safetensors(path + ".data").tensors;
  const std::size_t parameters = graph.outputs().size() - 1;
  for (std::size_t i = 0; i < parameters; ++i) {
    const std::string name = "p" + std::to_string(i);
    values[name] = graph.vertices()[static_cast<std::size_t>(graph.input(name))].values[0];
  }
  for (int step = 0; step < steps; ++step) {
    const tg::Tensors results = graph.run(values);
    std::printf("loss %.9g\n", results[0].item<double>());
    for (std::size_t i = 0; i < parameters; ++i) {
      tg::Tensor& parameter = values["p" + std::to_string(i)];
      parameter = tg::sub(parameter.detach(), tg::mul(results[i + 1], rate));
    }
  }
}
