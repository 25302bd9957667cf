#include "kernels/cpu/loops.h"
#include "kernels/cpu/optimizer_rules.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

constexpr index step_block = 4096;  ///< elements of one parameter handed out together

/// f(step, begin, end) for all elements of all parameters. Small parameters share a piece of work,
/// big ones are cut.
template <class F>
void over_parameters(const OptimizerStep* steps, index count, F f) {
  // first_block[i]: blocks in the parameters before i.
  index* first_block = scratch<index>(5, count + 1);
  first_block[0] = 0;
  for (index i = 0; i < count; ++i)
    first_block[i + 1] = first_block[i] + ceil_div(steps[i].count, step_block);
  parallel(first_block[count], parallel_grain / step_block, [=](index begin, index end) {
    index low = 0;  // the parameter that holds block `begin`
    for (index high = count; high - low > 1;) {
      const index middle = (low + high) / 2;
      (first_block[middle] <= begin ? low : high) = middle;
    }
    for (index i = low; i < count && first_block[i] < end; ++i) {
      const index from = greatest(begin - first_block[i], index{0}) * step_block;
      const index to = least((end - first_block[i]) * step_block, steps[i].count);
      if (from < to) f(steps[i], from, to);
    }
  });
}

// ------------------------------------------------------------------ from a rule to its row

template <class T, std::size_t n>
constexpr int size_of_list(const T (&)[n]) {
  return static_cast<int>(n);
}
template <class Rule>
using SettingNumbers = std::make_index_sequence<size_of_list(Rule::settings)>;
template <class Rule>
using ArrayNumbers = std::make_index_sequence<size_of_list(Rule::arrays)>;

/// A bit for each array of the rule that need not exist.
template <class Rule>
constexpr unsigned optional_arrays() {
  unsigned mask = 0;
  for (int i = 0; i < size_of_list(Rule::arrays); ++i)
    if (Rule::arrays[i].needs != nullptr) mask |= 1U << i;
  return mask;
}

template <bool absent, class T>
TOPOGRAD_INLINE T& element(T* array, index i, T& nothing) {
  if constexpr (absent)
    return nothing;
  else
    return array[i];
}

template <class Rule, class T, unsigned absent, std::size_t... S, std::size_t... A>
void rule_loop(const OptimizerStep& step, index begin, index end, const double* settings,
               std::index_sequence<S...>, std::index_sequence<A...>) {
  const auto update = Rule::template update<T>(At{step.step, step.numbers}, settings[S]...);
  T* const parameter = static_cast<T*>(step.parameter);
  const T* const gradient = static_cast<const T*>(step.gradient);
  T* const arrays[] = {static_cast<T*>(step.arrays[A])...};
  TOPOGRAD_INDEPENDENT
  for (index i = begin; i < end; ++i) {
    T nothing[sizeof...(A)] = {};
    update(parameter[i], gradient[i], element<(absent >> A & 1) != 0>(arrays[A], i, nothing[A])...);
  }
}

/// The loop for just those arrays that exist: `absent` goes through all subsets of the optional
/// ones.
template <class Rule, class T, unsigned absent = 0>
void run_where(unsigned missing, const OptimizerStep& step, index begin, index end,
               const double* settings) {
  constexpr unsigned next = (absent - optional_arrays<Rule>()) & optional_arrays<Rule>();
  if constexpr (next != 0) {
    if (missing != absent) return run_where<Rule, T, next>(missing, step, begin, end, settings);
  }
  rule_loop<Rule, T, absent>(step, begin, end, settings, SettingNumbers<Rule>{},
                             ArrayNumbers<Rule>{});
}

template <class Rule, class T>
void run(const OptimizerStep* steps, index count, const double* settings) {
  over_parameters(steps, count, [=](const OptimizerStep& step, index begin, index end) {
    unsigned missing = 0;
    for (int i = 0; i < size_of_list(Rule::arrays); ++i)
      if (step.arrays[i] == nullptr) missing |= 1U << i;
    run_where<Rule, T>(missing, step, begin, end, settings);
  });
}

template <class Rule, std::size_t... S>
void advance_numbers(double step, const double* settings, double* numbers,
                     std::index_sequence<S...>) {
  Rule::advance(step, numbers, settings[S]...);
}
template <class Rule>
void advance(double step, const double* settings, double* numbers) {
  advance_numbers<Rule>(step, settings, numbers, SettingNumbers<Rule>{});
}

template <class Rule>
constexpr OptimizerRule row() {
  OptimizerRule made{Rule::name,
                     Rule::settings,
                     size_of_list(Rule::settings),
                     Rule::arrays,
                     size_of_list(Rule::arrays),
                     nullptr,
                     0,
                     Rule::counts,
                     {run<Rule, float>, run<Rule, double>},
                     nullptr};
  if constexpr (requires { Rule::numbers; }) {
    made.numbers = Rule::numbers;
    made.number_count = size_of_list(Rule::numbers);
    made.advance = advance<Rule>;
  }
  return made;
}

constexpr OptimizerRule rules[] = {row<Sgd>(),   row<Adam>(),     row<Adamax>(),  row<NAdam>(),
                                   row<RAdam>(), row<Adadelta>(), row<Adagrad>(), row<RmsProp>(),
                                   row<Rprop>(), row<Asgd>()};

// ------------------------------------------------------------------ gradient norms

template <class T>
struct TotalOfSquares : SquareSum<T> {
  using Combined = Sum<double>;
  using Out = double;
};

template <class T>
double sum_of_squares(const void* x, index count) {
  double total;
  reduce_slice<TotalOfSquares<T>>(static_cast<const T*>(x), &total, count, 1);
  return total;
}

}  // namespace

Span<OptimizerRule> optimizer_rules() { return {rules, size_of_list(rules)}; }

void fill_norms(SumOfSquares (&norms)[2]) {
  norms[0] = sum_of_squares<float>;
  norms[1] = sum_of_squares<double>;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
