// The Fligner-Killeen test of equal scale: the numbers of `scipy.stats.fligner(x, y)`. Mathematics alone, without the contract.
//
// M. A. Fligner and T. J. Killeen (1976), Distribution-free two-sample tests for scale, Journal of the American Statistical
// Association 71(353), 210-213, in the form of W. J. Conover, M. E. Johnson and M. M. Johnson (1981), A comparative study of
// tests for homogeneity of variances, Technometrics 23(4), 351-361: each value's distance from the median of its own side is
// ranked among the distances of both sides, ranks become normal scores, and the mean scores of the sides are compared.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

namespace fligner_killeen {

struct Result {
  // Of the chi-square distribution with one degree of freedom, if the scales are equal and the sides are not small.
  double statistic;
  double p_value;
  // Epsilon squared: the share of the scores' variance that lies between the sides, in [0, 1]. It is statistic / (N - 1) of N
  // values, and does not tell which side is wider.
  double effect_size;
};

// The sum of coefficients[i] * x^i, by Horner's rule.
template <std::size_t N> inline double polynomial(const std::array<double, N> &coefficients, double x) {
  double sum = 0;
  for (std::size_t i = N; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

// The normal deviate z such that `share` of the distribution lies between 0 and z; 0 <= share < 1/2, and exact to 1e-16 of z.
//
// M. J. Wichura (1988), Algorithm AS 241: The percentage points of the normal distribution, Applied Statistics 37(3), 477-484:
// PPND16 for z >= 0. Its third range, of tails below exp(-25), is left out: more than 3e10 values would be needed to get there.
inline double normal_deviate(double share) {
  constexpr std::array<double, 8> a{3.3871328727963666080e+0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                    1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                    3.3430575583588128105e+4, 2.5090809287301226727e+3};
  constexpr std::array<double, 8> b{1.0,
                                    4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
                                    2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
                                    5.2264952788528545610e+3};
  constexpr std::array<double, 8> c{1.42343711074968357734e+0, 4.63033784615654529590e+0, 5.76949722146069140550e+0,
                                    3.64784832476320460504e+0, 1.27045825245236838258e+0, 2.41780725177450611770e-1,
                                    2.27238449892691845833e-2, 7.74545014278341407640e-4};
  constexpr std::array<double, 8> d{1.0,
                                    2.05319162663775882187e+0, 1.67638483018380384940e+0, 6.89767334985100004550e-1,
                                    1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
                                    1.05075007164441684324e-9};
  if (share <= 0.425) {
    const double r = 0.180625 - share * share;
    return share * polynomial(a, r) / polynomial(b, r);
  }
  const double r = std::sqrt(-std::log(0.5 - share)) - 1.6;
  return polynomial(c, r) / polynomial(d, r);
}

// The chance that a chi-square variable of one degree of freedom is larger than x >= 0: that of a normal one beyond its root.
inline double chi_square_tail(double x) { return std::erfc(std::sqrt(x / 2)); }

inline double median(std::span<const double> sorted) {
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : std::midpoint(sorted[middle - 1], sorted[middle]);
}

// Replaces values by their distances from their median, in ascending order.
inline void take_distances(std::vector<double> &values) {
  std::sort(values.begin(), values.end());
  const double middle = median(values);
  for (double &value : values) value = std::fabs(value - middle);
  std::sort(values.begin(), values.end());
}

// Where the elements from `start` on that equal `value` end.
inline std::size_t end_of_equals(std::span<const double> sorted, std::size_t start, double value) {
  while (start < sorted.size() && sorted[start] == value) start++;
  return start;
}

// Replaces the distances of both sides, each in ascending order, by scores. Equal distances share the mean of their ranks.
inline void take_scores(std::span<double> x, std::span<double> y) {
  const double all = static_cast<double>(x.size() + y.size());
  std::size_t i = 0, j = 0;
  while (i < x.size() || j < y.size()) {
    const bool from_x = j == y.size() || (i < x.size() && x[i] <= y[j]);
    const double least = from_x ? x[i] : y[j];
    const std::size_t next_i = end_of_equals(x, i, least), next_j = end_of_equals(y, j, least);
    // The ranks i + j + 1 … next_i + next_j.
    const double rank = static_cast<double>(i + j + 1 + next_i + next_j) / 2;
    const double score = normal_deviate(rank / (2 * (all + 1)));
    for (; i < next_i; i++) x[i] = score;
    for (; j < next_j; j++) y[j] = score;
  }
}

inline double sum(std::span<const double> values) { return std::accumulate(values.begin(), values.end(), 0.0); }

// The sum of squared differences from `centre`.
inline double squares(std::span<const double> values, double centre) {
  double total = 0;
  for (double value : values) total += (value - centre) * (value - centre);
  return total;
}

// Compares two samples of at least two finite values each. None where all values are equally far from their side's median,
// such as all equal ones: the scores have no variance then.
inline std::optional<Result> compare(std::vector<double> x, std::vector<double> y) {
  take_distances(x);
  take_distances(y);
  if (x.front() == x.back() && y.front() == y.back() && x.front() == y.front()) return std::nullopt;
  take_scores(x, y);

  const double n = static_cast<double>(x.size()), m = static_cast<double>(y.size()), all = n + m;
  const double sum_x = sum(x), sum_y = sum(y), mean = (sum_x + sum_y) / all;
  const double gap = sum_x / n - sum_y / m;
  const double between = n * m / all * gap * gap;
  // Rounding may lead beyond 1 where each side has a score of its own.
  const double share = std::min(between / (squares(x, mean) + squares(y, mean)), 1.0);
  const double statistic = share * (all - 1);
  return Result{statistic, chi_square_tail(statistic), share};
}

} // namespace fligner_killeen
