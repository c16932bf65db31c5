// fligner_killeen: whether a column's values are spread as widely in current as in the reference. This file speaks the
// contract; the mathematics is in fligner_killeen.hpp.
//
// The ranks are of both sides together, so that a side's state is its values, 8 bytes each: the host's default limit of
// 16 MiB for what a call gives back allows two million a side.
//
// Who frees what: arguments belong to the callee, so each function frees its own; results belong to the caller.
#include "bindings/two_sample_test.h"
#include "fligner_killeen.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

// The finite values of a side so far.
struct exports_driftline_plugin_two_sample_tests_side_t {
  std::vector<double> values;
};

namespace {
using Side = exports_driftline_plugin_two_sample_tests_side_t;
using Batch = exports_driftline_plugin_two_sample_tests_batch_t;
using Column = driftline_plugin_types_column_t;
using SampleInfo = exports_driftline_plugin_about_sample_info_t;
using String = two_sample_test_string_t;
using Bytes = two_sample_test_list_u8_t;

void set(String &to, const char *text) { two_sample_test_string_dup(&to, text); }

// Sets the error of a function that gives false.
bool fail(String &error, const char *reason) {
  set(error, reason);
  return false;
}

// Memory that the bindings free, full of zeros. Address 0 can be written to in WebAssembly, so that a lack of memory traps here.
template <class T> T *allocate(size_t n) {
  void *memory = std::calloc(n, sizeof(T));
  if (memory == nullptr) std::abort();
  return static_cast<T *>(memory);
}

void describe_sample(SampleInfo &sample, const char *name, const char *summary, const char *unit,
                     exports_driftline_plugin_about_direction_t direction) {
  set(sample.name, name);
  set(sample.summary, summary);
  set(sample.unit, unit);
  sample.direction = direction;
}

// The column `value`, if the batch is what the plugin asked for.
const Column *find_value(const Batch &batch) {
  for (const Column &column : std::span(batch.columns.ptr, batch.columns.len)) {
    if (std::string_view(reinterpret_cast<const char *>(column.name.ptr), column.name.len) != "value") continue;
    const bool is_whole = column.data.tag == DRIFTLINE_PLUGIN_TYPES_DATA_FLOAT64 && column.data.val.float64.len == batch.rows &&
                          (!column.validity.is_some || column.validity.val.len == batch.rows);
    return is_whole ? &column : nullptr;
  }
  return nullptr;
}

// Adds the values that are neither null nor NaN nor infinite.
void add_usable(std::vector<double> &values, const Column &column) {
  const uint8_t *valid = column.validity.is_some ? column.validity.val.ptr : nullptr;
  const std::span<const double> rows(column.data.val.float64.ptr, column.data.val.float64.len);
  for (size_t row = 0; row < rows.size(); row++) {
    if ((valid == nullptr || valid[row]) && std::isfinite(rows[row])) values.push_back(rows[row]);
  }
}

// A state is the count of the values and the values in ascending order; WebAssembly is little-endian, and so is a state.
Bytes write_state(const std::vector<double> &sorted) {
  const uint64_t count = sorted.size();
  const size_t length = sorted.size() * sizeof(double);
  const Bytes state{allocate<uint8_t>(sizeof count + length), sizeof count + length};
  std::memcpy(state.ptr, &count, sizeof count);
  if (length > 0) std::memcpy(state.ptr + sizeof count, sorted.data(), length);
  return state;
}

// The values of a state, if it is one.
std::optional<std::vector<double>> read_state(const Bytes &state) {
  uint64_t count = 0;
  if (state.len < sizeof count) return std::nullopt;
  std::memcpy(&count, state.ptr, sizeof count);
  const size_t length = state.len - sizeof count;
  if (length % sizeof(double) != 0 || count != length / sizeof(double)) return std::nullopt;
  std::vector<double> values(length / sizeof(double));
  if (length > 0) std::memcpy(values.data(), state.ptr + sizeof count, length);
  if (!std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); })) return std::nullopt;
  return values;
}

// As `read_state`, and frees the state at once, since it may be a large part of the memory.
std::optional<std::vector<double>> take_state(Bytes *state) {
  std::optional<std::vector<double>> values = read_state(*state);
  two_sample_test_list_u8_free(state);
  return values;
}
} // namespace

// about

void exports_driftline_plugin_about_info(exports_driftline_plugin_about_plugin_info_t *info) {
  auto *input = allocate<exports_driftline_plugin_about_input_t>(1);
  set(input->name, "value");
  set(input->summary, "Numbers.");
  input->accepts = {allocate<String>(1), 1};
  set(input->accepts.ptr[0], "Float64");
  input->encoding = DRIFTLINE_PLUGIN_TYPES_ENCODING_TYPED;

  set(info->name, "fligner_killeen");
  set(info->version, "0.1.0");
  set(info->summary, "Fligner-Killeen test: are the values spread as widely in current as in the reference?");
  info->state_version = 1;
  set(info->config_schema, R"({"type": "object", "additionalProperties": false})");
  info->inputs = {input, 1};
}

bool exports_driftline_plugin_about_describe(String *config, exports_driftline_plugin_about_list_field_t *inputs,
                                             exports_driftline_plugin_about_description_t *description, String *) {
  two_sample_test_string_free(config);
  exports_driftline_plugin_about_list_field_free(inputs);
  auto *samples = allocate<SampleInfo>(3);
  describe_sample(samples[0], "statistic", "Fligner and Killeen's statistic: chi-square with one degree of freedom.", "",
                  EXPORTS_DRIFTLINE_PLUGIN_ABOUT_DIRECTION_LOWER_IS_BETTER);
  describe_sample(samples[1], "p_value", "Chance of as large a statistic if both sides are spread alike.", "ratio",
                  EXPORTS_DRIFTLINE_PLUGIN_ABOUT_DIRECTION_HIGHER_IS_BETTER);
  describe_sample(samples[2], "effect_size", "Epsilon squared: share of the scores' variance that lies between the sides.",
                  "ratio", EXPORTS_DRIFTLINE_PLUGIN_ABOUT_DIRECTION_LOWER_IS_BETTER);
  *description = {{nullptr, 0}, {samples, 3}};
  return true;
}

// two-sample-tests

bool exports_driftline_plugin_two_sample_tests_static_side_create(String *config,
                                                                  exports_driftline_plugin_two_sample_tests_list_field_t *inputs,
                                                                  Bytes *reference,
                                                                  exports_driftline_plugin_two_sample_tests_own_side_t *result,
                                                                  String *) {
  two_sample_test_string_free(config);
  exports_driftline_plugin_two_sample_tests_list_field_free(inputs);
  if (reference != nullptr) two_sample_test_list_u8_free(reference);
  *result = exports_driftline_plugin_two_sample_tests_side_new(new Side());
  return true;
}

void exports_driftline_plugin_two_sample_tests_side_destructor(Side *self) { delete self; }

bool exports_driftline_plugin_two_sample_tests_method_side_update(Side *self, Batch *batch, uint64_t *unusable, String *error) {
  const Column *column = find_value(*batch);
  if (column != nullptr) {
    const size_t before = self->values.size();
    add_usable(self->values, *column);
    *unusable = batch->rows - (self->values.size() - before);
  } else {
    set(*error, "the batch has no column `value` of Float64 with its number of rows");
  }
  exports_driftline_plugin_two_sample_tests_batch_free(batch);
  return column != nullptr;
}

void exports_driftline_plugin_two_sample_tests_method_side_state(Side *self, Bytes *result) {
  // The order of batches and merges does not show in a state.
  std::sort(self->values.begin(), self->values.end());
  *result = write_state(self->values);
}

bool exports_driftline_plugin_two_sample_tests_method_side_merge(Side *self, Bytes *state, String *error) {
  const std::optional<std::vector<double>> other = take_state(state);
  if (!other) return fail(*error, "the state is broken");
  self->values.insert(self->values.end(), other->begin(), other->end());
  return true;
}

bool exports_driftline_plugin_two_sample_tests_compare(String *config,
                                                       exports_driftline_plugin_two_sample_tests_list_field_t *inputs,
                                                       Bytes *reference, Bytes *current,
                                                       exports_driftline_plugin_two_sample_tests_comparison_t *comparison,
                                                       String *error) {
  two_sample_test_string_free(config);
  exports_driftline_plugin_two_sample_tests_list_field_free(inputs);
  std::optional<std::vector<double>> x = take_state(reference);
  std::optional<std::vector<double>> y = take_state(current);
  if (!x || !y) return fail(*error, "a state is broken");
  const uint64_t n = x->size(), m = y->size();
  if (n < 2) return fail(*error, "the reference has fewer than two values");
  if (m < 2) return fail(*error, "current has fewer than two values");
  const std::optional<fligner_killeen::Result> found = fligner_killeen::compare(std::move(*x), std::move(*y));
  if (!found) return fail(*error, "all values lie equally far from the median of their side: the statistic is not defined");
  *comparison = {found->statistic, {true, found->p_value}, {true, found->effect_size}, n, m, {}};
  set(comparison->method, "asymptotic");
  return true;
}
