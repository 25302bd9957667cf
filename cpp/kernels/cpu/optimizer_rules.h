#pragma once

// The optimizers' update rules. A rule is one struct: its name, settings with their defaults, what
// it keeps for each parameter, and `update<T>(at, settings…)`, which makes the function that
// changes one element: (parameter, gradient, its arrays…), all but the gradient by reference. What
// is the same for all elements is computed outside of that function, in double. The rest (C++ and
// Python interface, state, threads, types) follows from the struct; optimizers.cpp lists them.
//
// The functions choose between values, not between paths: what is switched off is computed and
// dropped, and the loops stay free of branches while memory sets the pace. An array that does not
// exist is a variable that holds 0.

#include <math.h>

#include "kernels/cpu/operations.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Where a parameter stands: the number of this step and the rule's numbers before it.
struct At {
  double step;
  const double* numbers;
};

using Setting = OptimizerSetting;
using Entry = OptimizerEntry;

/// The gradient to follow: downhill (or uphill), with weight decay in it.
template <class T>
struct Slope {
  T sign, decay;
  Slope(double maximize, double weight_decay)
      : sign(maximize != 0 ? T{-1} : T{1}), decay(static_cast<T>(weight_decay)) {}
  T operator()(T p, T g) const {
    const T raw = sign * g;
    return decay != 0 ? raw + decay * p : raw;
  }
};

/// Weight decay of both kinds: in the gradient, or by a factor of the parameter before the step.
template <class T>
struct Decay {
  Slope<T> slope;
  T shrink;
  Decay(double maximize, double weight_decay, double lr, double decoupled)
      : slope(maximize, decoupled != 0 ? 0 : weight_decay),
        shrink(static_cast<T>(decoupled != 0 ? 1 - lr * weight_decay : 1)) {}
};

struct Sgd {
  static constexpr const char* name = "sgd";
  static constexpr bool counts = false;
  static constexpr Setting settings[] = {{"lr", 1e-3},        {"momentum", 0}, {"dampening", 0},
                                         {"weight_decay", 0}, {"nesterov", 0}, {"maximize", 0}};
  static constexpr Entry arrays[] = {{"momentum_buffer", "momentum"}};
  template <class T>
  static auto update(const At& at, double lr, double momentum, double dampening,
                     double weight_decay, double nesterov, double maximize) {
    // The first buffer is the gradient itself.
    const bool fresh = at.step == 1;
    return [slope = Slope<T>(maximize, weight_decay), rate = static_cast<T>(lr),
            keep = static_cast<T>(momentum), share = static_cast<T>(fresh ? 1 : 1 - dampening),
            ahead = nesterov != 0, plain = momentum == 0](T& p, T gradient, T& buffer) {
      const T g = slope(p, gradient);
      const T b = keep * buffer + share * g;
      buffer = b;
      const T direction = ahead ? g + keep * b : b;
      p = p - rate * (plain ? g : direction);
    };
  }
};

struct Adam {
  static constexpr const char* name = "adam";
  static constexpr bool counts = true;
  static constexpr Setting settings[] = {
      {"lr", 1e-3},        {"betas[0]", 0.9}, {"betas[1]", 0.999}, {"eps", 1e-8},
      {"weight_decay", 0}, {"amsgrad", 0},    {"maximize", 0},     {"decoupled_weight_decay", 0}};
  static constexpr Entry arrays[] = {{"exp_avg"}, {"exp_avg_sq"}, {"max_exp_avg_sq", "amsgrad"}};
  template <class T>
  static auto update(const At& at, double lr, double beta1, double beta2, double eps,
                     double weight_decay, double amsgrad, double maximize, double decoupled) {
    return [decay = Decay<T>(maximize, weight_decay, lr, decoupled),
            share1 = static_cast<T>(1 - beta1), keep2 = static_cast<T>(beta2),
            share2 = static_cast<T>(1 - beta2),
            rate = static_cast<T>(lr / (1 - ::pow(beta1, at.step))),
            root = static_cast<T>(::sqrt(1 - ::pow(beta2, at.step))), least = static_cast<T>(eps),
            largest = amsgrad != 0](T& p, T gradient, T& mean, T& square, T& most) {
      const T shrunk = p * decay.shrink;
      const T g = decay.slope(shrunk, gradient);
      const T m = mean + share1 * (g - mean);
      const T v = square * keep2 + share2 * g * g;
      const T top = maximum(most, v);
      mean = m;
      square = v;
      most = top;
      p = shrunk - rate * m / (sqrt(largest ? top : v) / root + least);
    };
  }
};

struct Adamax {
  static constexpr const char* name = "adamax";
  static constexpr bool counts = true;
  static constexpr Setting settings[] = {{"lr", 2e-3},  {"betas[0]", 0.9},   {"betas[1]", 0.999},
                                         {"eps", 1e-8}, {"weight_decay", 0}, {"maximize", 0}};
  static constexpr Entry arrays[] = {{"exp_avg"}, {"exp_inf"}};
  template <class T>
  static auto update(const At& at, double lr, double beta1, double beta2, double eps,
                     double weight_decay, double maximize) {
    return [slope = Slope<T>(maximize, weight_decay), share1 = static_cast<T>(1 - beta1),
            keep2 = static_cast<T>(beta2), least = static_cast<T>(eps),
            rate = static_cast<T>(lr / (1 - ::pow(beta1, at.step)))](T& p, T gradient, T& mean,
                                                                     T& norm) {
      const T g = slope(p, gradient);
      const T m = mean + share1 * (g - mean);
      const T n = maximum(keep2 * norm, abs(g) + least);
      mean = m;
      norm = n;
      p = p - rate * m / n;
    };
  }
};

struct NAdam {
  static constexpr const char* name = "nadam";
  static constexpr bool counts = true;
  static constexpr Setting settings[] = {{"lr", 2e-3},
                                         {"betas[0]", 0.9},
                                         {"betas[1]", 0.999},
                                         {"eps", 1e-8},
                                         {"weight_decay", 0},
                                         {"momentum_decay", 4e-3},
                                         {"decoupled_weight_decay", 0},
                                         {"maximize", 0}};
  static constexpr Entry arrays[] = {{"exp_avg"}, {"exp_avg_sq"}};
  static constexpr Entry numbers[] = {{"mu_product", nullptr, nullptr, 1}};
  static double mu(double step, double beta1, double momentum_decay) {
    return beta1 * (1 - 0.5 * ::pow(0.96, step * momentum_decay));
  }
  /// In float32, as PyTorch does: states are exchanged with it.
  static double product(double before, double now) {
    return static_cast<double>(static_cast<float>(before) * static_cast<float>(now));
  }
  static void advance(double step, double* number, double, double beta1, double, double, double,
                      double momentum_decay, double, double) {
    number[0] = product(number[0], mu(step, beta1, momentum_decay));
  }
  template <class T>
  static auto update(const At& at, double lr, double beta1, double beta2, double eps,
                     double weight_decay, double momentum_decay, double decoupled,
                     double maximize) {
    const double now = mu(at.step, beta1, momentum_decay);
    const double next = mu(at.step + 1, beta1, momentum_decay);
    const double all = product(at.numbers[0], now);
    return [decay = Decay<T>(maximize, weight_decay, lr, decoupled),
            share1 = static_cast<T>(1 - beta1), keep2 = static_cast<T>(beta2),
            share2 = static_cast<T>(1 - beta2), least = static_cast<T>(eps),
            correction = static_cast<T>(1 - ::pow(beta2, at.step)),
            gradient_rate = static_cast<T>(lr * (1 - now) / (1 - all)),
            mean_rate = static_cast<T>(lr * next / (1 - all * next))](T& p, T gradient, T& mean,
                                                                      T& square) {
      const T shrunk = p * decay.shrink;
      const T g = decay.slope(shrunk, gradient);
      const T m = mean + share1 * (g - mean);
      const T v = square * keep2 + share2 * g * g;
      mean = m;
      square = v;
      p = shrunk - (gradient_rate * g + mean_rate * m) / (sqrt(v / correction) + least);
    };
  }
};

struct RAdam {
  static constexpr const char* name = "radam";
  static constexpr bool counts = true;
  static constexpr Setting settings[] = {{"lr", 1e-3},        {"betas[0]", 0.9},
                                         {"betas[1]", 0.999}, {"eps", 1e-8},
                                         {"weight_decay", 0}, {"decoupled_weight_decay", 0},
                                         {"maximize", 0}};
  static constexpr Entry arrays[] = {{"exp_avg"}, {"exp_avg_sq"}};
  template <class T>
  static auto update(const At& at, double lr, double beta1, double beta2, double eps,
                     double weight_decay, double decoupled, double maximize) {
    const double power = ::pow(beta2, at.step), correction = 1 - power;
    const double longest = 2 / (1 - beta2) - 1;  // the length of the average, in the end and now
    const double length = longest - 2 * at.step * power / correction;
    const bool tractable = length > 5;  // else the variance of the scale is infinite
    const double rectified = tractable ? ::sqrt((length - 4) * (length - 2) * longest /
                                                ((longest - 4) * (longest - 2) * length)) *
                                             ::sqrt(correction)
                                       : 1;
    return [decay = Decay<T>(maximize, weight_decay, lr, decoupled),
            share1 = static_cast<T>(1 - beta1), keep2 = static_cast<T>(beta2),
            share2 = static_cast<T>(1 - beta2), least = static_cast<T>(eps), tractable,
            rate = static_cast<T>(lr * rectified / (1 - ::pow(beta1, at.step)))](
               T& p, T gradient, T& mean, T& square) {
      const T shrunk = p * decay.shrink;
      const T g = decay.slope(shrunk, gradient);
      const T m = mean + share1 * (g - mean);
      const T v = square * keep2 + share2 * g * g;
      mean = m;
      square = v;
      p = shrunk - rate * m / (tractable ? sqrt(v) + least : T{1});
    };
  }
};

struct Adadelta {
  static constexpr const char* name = "adadelta";
  static constexpr bool counts = true;
  static constexpr Setting settings[] = {
      {"lr", 1}, {"rho", 0.9}, {"eps", 1e-6}, {"weight_decay", 0}, {"maximize", 0}};
  static constexpr Entry arrays[] = {{"square_avg"}, {"acc_delta"}};
  template <class T>
  static auto update(const At&, double lr, double rho, double eps, double weight_decay,
                     double maximize) {
    return [slope = Slope<T>(maximize, weight_decay), rate = static_cast<T>(lr),
            keep = static_cast<T>(rho), share = static_cast<T>(1 - rho),
            least = static_cast<T>(eps)](T& p, T gradient, T& square, T& moved) {
      const T g = slope(p, gradient);
      const T v = square * keep + share * g * g;
      const T before = moved;
      const T delta = sqrt(before + least) / sqrt(v + least) * g;
      square = v;
      moved = before * keep + share * delta * delta;
      p = p - rate * delta;
    };
  }
};

struct Adagrad {
  static constexpr const char* name = "adagrad";
  static constexpr bool counts = true;
  static constexpr Setting settings[] = {{"lr", 1e-2},        {"lr_decay", 0},
                                         {"weight_decay", 0}, {"initial_accumulator_value", 0},
                                         {"eps", 1e-10},      {"maximize", 0}};
  static constexpr Entry arrays[] = {{"sum", nullptr, "initial_accumulator_value"}};
  template <class T>
  static auto update(const At& at, double lr, double lr_decay, double weight_decay, double,
                     double eps, double maximize) {
    return
        [slope = Slope<T>(maximize, weight_decay), least = static_cast<T>(eps),
         rate = static_cast<T>(lr / (1 + (at.step - 1) * lr_decay))](T& p, T gradient, T& total) {
          const T g = slope(p, gradient);
          const T v = total + g * g;
          total = v;
          p = p - rate * g / (sqrt(v) + least);
        };
  }
};

struct RmsProp {
  static constexpr const char* name = "rmsprop";
  static constexpr bool counts = true;
  static constexpr Setting settings[] = {{"lr", 1e-2},        {"alpha", 0.99}, {"eps", 1e-8},
                                         {"weight_decay", 0}, {"momentum", 0}, {"centered", 0},
                                         {"maximize", 0}};
  static constexpr Entry arrays[] = {
      {"square_avg"}, {"momentum_buffer", "momentum"}, {"grad_avg", "centered"}};
  template <class T>
  static auto update(const At&, double lr, double alpha, double eps, double weight_decay,
                     double momentum, double centered, double maximize) {
    return [slope = Slope<T>(maximize, weight_decay), rate = static_cast<T>(lr),
            keep = static_cast<T>(alpha), share = static_cast<T>(1 - alpha),
            least = static_cast<T>(eps), inertia = static_cast<T>(momentum),
            around_mean = centered != 0](T& p, T gradient, T& square, T& buffer, T& mean) {
      const T g = slope(p, gradient);
      const T v = square * keep + share * g * g;
      const T m = mean + share * (g - mean);
      square = v;
      mean = m;
      const T step = g / (sqrt(around_mean ? v - m * m : v) + least);
      const T b = inertia * buffer + step;
      buffer = b;
      p = p - rate * b;
    };
  }
};

struct Rprop {
  static constexpr const char* name = "rprop";
  static constexpr bool counts = true;
  static constexpr Setting settings[] = {{"lr", 1e-2},          {"etas[0]", 0.5},
                                         {"etas[1]", 1.2},      {"step_sizes[0]", 1e-6},
                                         {"step_sizes[1]", 50}, {"maximize", 0}};
  static constexpr Entry arrays[] = {{"prev"}, {"step_size", nullptr, "lr"}};
  template <class T>
  static auto update(const At&, double, double eta_minus, double eta_plus, double shortest,
                     double longest, double maximize) {
    return [slope = Slope<T>(maximize, 0), shrink = static_cast<T>(eta_minus),
            grow = static_cast<T>(eta_plus), low = static_cast<T>(shortest),
            high = static_cast<T>(longest)](T& p, T gradient, T& previous, T& length) {
      const T raw = slope(p, gradient);
      const T agreement = raw * previous;
      const T factor = agreement > 0 ? grow : agreement < 0 ? shrink : T{1};
      const T size = at_most(at_least(length * factor, low), high);
      const T g = agreement < 0 ? T{0} : raw;  // after a change of sign it rests for a step
      length = size;
      previous = g;
      p = p - (g > 0 ? size : g < 0 ? -size : g);  // a NaN shows
    };
  }
};

struct Asgd {
  static constexpr const char* name = "asgd";
  static constexpr bool counts = true;
  static constexpr Setting settings[] = {{"lr", 1e-2}, {"lambd", 1e-4},     {"alpha", 0.75},
                                         {"t0", 1e6},  {"weight_decay", 0}, {"maximize", 0}};
  static constexpr Entry arrays[] = {{"ax"}};
  static constexpr Entry numbers[] = {{"eta", nullptr, "lr"}, {"mu", nullptr, nullptr, 1}};
  static void advance(double step, double* number, double lr, double lambd, double alpha, double t0,
                      double, double) {
    number[0] = lr / ::pow(1 + lambd * lr * step, alpha);
    number[1] = 1 / greatest(1.0, step - t0);
  }
  template <class T>
  static auto update(const At& at, double, double lambd, double, double, double weight_decay,
                     double maximize) {
    return
        [slope = Slope<T>(maximize, weight_decay),
         shrink = static_cast<T>(1 - lambd * at.numbers[0]), rate = static_cast<T>(at.numbers[0]),
         share = static_cast<T>(at.numbers[1])](T& p, T gradient, T& average) {
          const T g = slope(p, gradient);
          const T moved = p * shrink - rate * g;
          p = moved;
          average = share == 1 ? moved : average + (moved - average) * share;
        };
  }
};

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
