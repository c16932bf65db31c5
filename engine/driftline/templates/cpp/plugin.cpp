// The mean and the largest value of a column.
//
// Who frees what: arguments belong to the callee, so each function frees its own; results belong to the caller.
extern "C" {
#include "bindings/metric.h"
}
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>

// What is known of the rows so far, and what `state` gives: little-endian, without padding.
struct exports_driftline_plugin_metrics_accumulator_t {
  uint64_t count = 0;
  double sum = 0;
  double max = -std::numeric_limits<double>::infinity();

  void add(const exports_driftline_plugin_metrics_accumulator_t &other) {
    count += other.count;
    sum += other.sum;
    max = std::fmax(max, other.max);
  }
};

namespace {
using Accumulator = exports_driftline_plugin_metrics_accumulator_t;
using Column = driftline_plugin_types_column_t;

void set(metric_string_t &to, const char *text) { metric_string_dup(&to, text); }

// Memory that the bindings free.
template <class T> T *allocate(size_t n) { return static_cast<T *>(std::calloc(n, sizeof(T))); }

void describe_sample(exports_driftline_plugin_about_sample_info_t &sample, const char *name, const char *summary) {
  set(sample.name, name);
  set(sample.summary, summary);
  set(sample.unit, "");
  sample.direction = EXPORTS_DRIFTLINE_PLUGIN_ABOUT_DIRECTION_NEITHER;
}

void give_sample(driftline_plugin_types_sample_t &sample, const char *name, double value) {
  set(sample.name, name);
  sample.value = value;
}

const Column *find(const driftline_plugin_types_batch_t &batch, std::string_view name) {
  for (const Column &column : std::span(batch.columns.ptr, batch.columns.len)) {
    if (std::string_view(reinterpret_cast<const char *>(column.name.ptr), column.name.len) == name) return &column;
  }
  return nullptr;
}

// Null, NaN and infinite values do not count.
Accumulator sums_of(std::span<const double> values, const uint8_t *valid) {
  Accumulator sums;
  for (size_t row = 0; row < values.size(); row++) {
    if ((valid == nullptr || valid[row]) && std::isfinite(values[row])) sums.add({1, values[row], values[row]});
  }
  return sums;
}
} // namespace

// about

void exports_driftline_plugin_about_info(exports_driftline_plugin_about_plugin_info_t *info) {
  auto *input = allocate<exports_driftline_plugin_about_input_t>(1);
  set(input->name, "value");
  set(input->summary, "Numbers.");
  input->accepts = {allocate<metric_string_t>(1), 1};
  set(input->accepts.ptr[0], "Float64");
  input->encoding = DRIFTLINE_PLUGIN_TYPES_ENCODING_TYPED;

  set(info->name, "NAME");
  set(info->version, "0.1.0");
  set(info->summary, "Mean and largest value of a column.");
  info->state_version = 1;
  set(info->config_schema, R"({"type": "object", "additionalProperties": false})");
  info->inputs = {input, 1};
}

bool exports_driftline_plugin_about_describe(metric_string_t *config, exports_driftline_plugin_about_list_field_t *inputs,
                                             exports_driftline_plugin_about_description_t *description, metric_string_t *) {
  metric_string_free(config);
  exports_driftline_plugin_about_list_field_free(inputs);
  *description = {{nullptr, 0}, {allocate<exports_driftline_plugin_about_sample_info_t>(2), 2}};
  describe_sample(description->samples.ptr[0], "mean", "Mean of the finite values.");
  describe_sample(description->samples.ptr[1], "max", "Largest finite value.");
  return true;
}

// metrics

bool exports_driftline_plugin_metrics_static_accumulator_create(metric_string_t *config,
                                                                exports_driftline_plugin_metrics_list_field_t *inputs,
                                                                metric_list_u8_t *reference,
                                                                exports_driftline_plugin_metrics_own_accumulator_t *result,
                                                                metric_string_t *) {
  metric_string_free(config);
  exports_driftline_plugin_metrics_list_field_free(inputs);
  if (reference != nullptr) metric_list_u8_free(reference);
  *result = exports_driftline_plugin_metrics_accumulator_new(new Accumulator());
  return true;
}

void exports_driftline_plugin_metrics_accumulator_destructor(Accumulator *self) { delete self; }

bool exports_driftline_plugin_metrics_method_accumulator_update(Accumulator *self, driftline_plugin_types_batch_t *batch,
                                                                uint64_t *unusable, metric_string_t *error) {
  const Column *column = find(*batch, "value");
  bool good = column != nullptr && column->data.tag == DRIFTLINE_PLUGIN_TYPES_DATA_FLOAT64;
  if (good) {
    const auto &values = column->data.val.float64;
    Accumulator sums = sums_of({values.ptr, values.len}, column->validity.is_some ? column->validity.val.ptr : nullptr);
    self->add(sums);
    *unusable = batch->rows - sums.count;
  } else {
    set(*error, "the batch has no column `value` of Float64");
  }
  exports_driftline_plugin_metrics_batch_free(batch);
  return good;
}

void exports_driftline_plugin_metrics_method_accumulator_state(Accumulator *self, metric_list_u8_t *result) {
  *result = {allocate<uint8_t>(sizeof *self), sizeof *self};
  std::memcpy(result->ptr, self, sizeof *self);
}

bool exports_driftline_plugin_metrics_method_accumulator_merge(Accumulator *self, metric_list_u8_t *bytes,
                                                               metric_string_t *error) {
  Accumulator other;
  bool good = bytes->len == sizeof other;
  if (good) {
    std::memcpy(&other, bytes->ptr, sizeof other);
    self->add(other);
  } else {
    set(*error, "the state is broken");
  }
  metric_list_u8_free(bytes);
  return good;
}

// Without a value there is no mean, so there is no sample.
bool exports_driftline_plugin_metrics_method_accumulator_finish(Accumulator *self,
                                                                exports_driftline_plugin_metrics_list_sample_t *samples,
                                                                metric_string_t *) {
  *samples = {nullptr, 0};
  if (self->count == 0) return true;
  *samples = {allocate<driftline_plugin_types_sample_t>(2), 2};
  give_sample(samples->ptr[0], "mean", self->sum / static_cast<double>(self->count));
  give_sample(samples->ptr[1], "max", self->max);
  return true;
}
