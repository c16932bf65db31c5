/* The mean and the largest value of a column.
 *
 * Who frees what: arguments belong to the callee, so each function frees its own; results belong to the caller.
 */
#include "bindings/metric.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ABOUT(name) exports_driftline_plugin_about_##name
#define METRICS(name) exports_driftline_plugin_metrics_##name

/* What is known of the rows so far, and what `state` gives: little-endian, without padding. */
typedef struct METRICS(accumulator_t) {
  uint64_t count;
  double sum;
  double max;
} accumulator;

/* A plugin without memory cannot go on; the host says so. */
static void *allocate(size_t bytes) {
  void *memory = malloc(bytes);
  if (memory == NULL && bytes > 0) abort();
  return memory;
}

/* about */

void ABOUT(info)(ABOUT(plugin_info_t) *info) {
  ABOUT(input_t) *input = allocate(sizeof *input);
  *input = (ABOUT(input_t)){.encoding = DRIFTLINE_PLUGIN_TYPES_ENCODING_TYPED, .optional = false};
  metric_string_dup(&input->name, "value");
  metric_string_dup(&input->summary, "Numbers.");
  input->accepts = (metric_list_string_t){allocate(sizeof(metric_string_t)), 1};
  metric_string_dup(&input->accepts.ptr[0], "Float64");

  metric_string_dup(&info->name, "NAME");
  metric_string_dup(&info->version, "0.1.0");
  metric_string_dup(&info->summary, "Mean and largest value of a column.");
  info->state_version = 1;
  metric_string_dup(&info->config_schema, "{\"type\": \"object\", \"additionalProperties\": false}");
  info->inputs = (ABOUT(list_input_t)){input, 1};
}

static void describe_sample(ABOUT(sample_info_t) *sample, const char *name, const char *summary) {
  metric_string_dup(&sample->name, name);
  metric_string_dup(&sample->summary, summary);
  metric_string_dup(&sample->unit, "");
  sample->direction = EXPORTS_DRIFTLINE_PLUGIN_ABOUT_DIRECTION_NEITHER;
  sample->labels = (metric_list_string_t){NULL, 0};
}

bool ABOUT(describe)(metric_string_t *config, ABOUT(list_field_t) *inputs, ABOUT(description_t) *description,
                     metric_string_t *error) {
  (void)error;
  metric_string_free(config);
  ABOUT(list_field_free)(inputs);
  ABOUT(sample_info_t) *samples = allocate(2 * sizeof *samples);
  describe_sample(&samples[0], "mean", "Mean of the finite values.");
  describe_sample(&samples[1], "max", "Largest finite value.");
  *description = (ABOUT(description_t)){{NULL, 0}, {samples, 2}};
  return true;
}

/* metrics */

bool METRICS(static_accumulator_create)(metric_string_t *config, METRICS(list_field_t) *inputs, metric_list_u8_t *reference,
                                        METRICS(own_accumulator_t) *result, metric_string_t *error) {
  (void)error;
  metric_string_free(config);
  METRICS(list_field_free)(inputs);
  if (reference != NULL) metric_list_u8_free(reference);
  accumulator *self = allocate(sizeof *self);
  *self = (accumulator){.max = -INFINITY};
  *result = METRICS(accumulator_new)(self);
  return true;
}

void METRICS(accumulator_destructor)(accumulator *self) { free(self); }

static void add(accumulator *self, const accumulator *other) {
  self->count += other->count;
  self->sum += other->sum;
  self->max = fmax(self->max, other->max);
}

/* The column `value`, or NULL. */
static const driftline_plugin_types_column_t *find_value(const METRICS(batch_t) *batch) {
  for (size_t i = 0; i < batch->columns.len; i++) {
    const driftline_plugin_types_column_t *column = &batch->columns.ptr[i];
    if (column->name.len == 5 && memcmp(column->name.ptr, "value", 5) == 0) return column;
  }
  return NULL;
}

bool METRICS(method_accumulator_update)(accumulator *self, METRICS(batch_t) *batch, uint64_t *unusable, metric_string_t *error) {
  const driftline_plugin_types_column_t *column = find_value(batch);
  bool good = column != NULL && column->data.tag == DRIFTLINE_PLUGIN_TYPES_DATA_FLOAT64;
  if (good) {
    const double *values = column->data.val.float64.ptr;
    const uint8_t *valid = column->validity.is_some ? column->validity.val.ptr : NULL;
    accumulator sums = {.max = -INFINITY};
    for (size_t row = 0; row < batch->rows; row++) {
      if ((valid != NULL && !valid[row]) || !isfinite(values[row])) continue;
      add(&sums, &(accumulator){1, values[row], values[row]});
    }
    add(self, &sums);
    *unusable = batch->rows - sums.count;
  } else {
    metric_string_dup(error, "the batch has no column `value` of Float64");
  }
  METRICS(batch_free)(batch);
  return good;
}

void METRICS(method_accumulator_state)(accumulator *self, metric_list_u8_t *result) {
  *result = (metric_list_u8_t){allocate(sizeof *self), sizeof *self};
  memcpy(result->ptr, self, sizeof *self);
}

bool METRICS(method_accumulator_merge)(accumulator *self, metric_list_u8_t *bytes, metric_string_t *error) {
  accumulator other;
  bool good = bytes->len == sizeof other;
  if (good) {
    memcpy(&other, bytes->ptr, sizeof other);
    add(self, &other);
  } else {
    metric_string_dup(error, "the state is broken");
  }
  metric_list_u8_free(bytes);
  return good;
}

static void give_sample(METRICS(sample_t) *sample, const char *name, double value) {
  metric_string_dup(&sample->name, name);
  sample->labels = (metric_list_tuple2_string_string_t){NULL, 0};
  sample->value = value;
}

/* Without a value there is no mean, so there is no sample. */
bool METRICS(method_accumulator_finish)(accumulator *self, METRICS(list_sample_t) *samples, metric_string_t *error) {
  (void)error;
  *samples = (METRICS(list_sample_t)){NULL, 0};
  if (self->count == 0) return true;
  *samples = (METRICS(list_sample_t)){allocate(2 * sizeof *samples->ptr), 2};
  give_sample(&samples->ptr[0], "mean", self->sum / (double)self->count);
  give_sample(&samples->ptr[1], "max", self->max);
  return true;
}
