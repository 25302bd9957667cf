// Fits y = sin(a + b) with a network of one hidden layer, against an installed topograd.

#include <cstdio>
#include <random>
#include <vector>

#include "topograd/autograd.h"
#include "topograd/ops.h"
#include "topograd/optim.h"

namespace tg = topograd;

struct Network {
  tg::Tensor weight1, bias1, weight2, bias2;

  tg::Tensor operator()(const tg::Tensor& x) const {
    return tg::linear(tg::tanh(tg::linear(x, weight1, bias1)), weight2, bias2);
  }
  std::vector<tg::Tensor> parameters() const { return {weight1, bias1, weight2, bias2}; }
};

/// Uniform values in [-bound, bound].
tg::Tensor uniform(std::mt19937& generator, const tg::Dims& shape, float bound) {
  std::uniform_real_distribution<float> distribution(-bound, bound);
  std::vector<float> values(static_cast<std::size_t>(tg::count_of(shape)));
  for (float& value : values) value = distribution(generator);
  return tg::Tensor::of(values, shape);
}

int main() {
  constexpr int samples = 256, hidden = 32, steps = 1000;

  std::mt19937 generator(7);
  const tg::Tensor x = uniform(generator, {samples, 2}, 2.0f);
  const tg::Tensor y = tg::sin(tg::sum(x, tg::Dims{1}, true));

  Network network{uniform(generator, {hidden, 2}, 0.7f), tg::Tensor::zeros({hidden}),
                  uniform(generator, {1, hidden}, 0.2f), tg::Tensor::zeros({1})};
  for (tg::Tensor& parameter : network.parameters()) parameter.requires_grad_();
  tg::OptimizerState optimizer(network.parameters(), "adam");

  for (int step = 0; step <= steps; ++step) {
    const tg::Tensor loss = tg::mse_loss(network(x), y);
    if (step % 200 == 0) std::printf("step %4d  loss %.6f\n", step, loss.item<double>());

    optimizer.zero_grad();
    tg::backward(loss);
    optimizer.step({{"lr", 0.01}});
  }
}
