/* rounded: the share of a column's values that are whole multiples of a step. A metric plugin in C.
 *
 * Who frees what: arguments belong to the callee, so each function frees its own; results belong to the caller.
 */
#include "config.h"
#include "bindings/metric.h"
#include "text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ABOUT(name) exports_driftline_plugin_about_##name
#define METRICS(name) exports_driftline_plugin_metrics_##name

#define VERSION "0.1.0"
#define STATE_VERSION 1

/* A value counts as a multiple when its quotient by the step is off a whole number by at most TOLERANCE of itself (a sum
 * of decimal fractions is never exact), and by at most LARGEST_GAP however large it is. */
#define TOLERANCE 1e-9
#define LARGEST_GAP 1e-3

/* The counts of one window. */
typedef struct METRICS(accumulator_t) {
  double step;
  uint64_t count;
  uint64_t rounded;
} accumulator;

/* What `state` gives: written by one instance and read by another, both little-endian. */
typedef struct {
  uint32_t version;
  uint32_t reserved;
  double step;
  uint64_t count;
  uint64_t rounded;
} state;
_Static_assert(sizeof(state) == 32, "a state has no padding");

static bool is_multiple(double value, double step) {
  double quotient = value / step;
  double gap = fabs(quotient - nearbyint(quotient));
  return gap <= fmin(TOLERANCE * fmax(1, fabs(quotient)), LARGEST_GAP);
}

/* about */

void ABOUT(info)(ABOUT(plugin_info_t) *info) {
  ABOUT(input_t) *input = allocate(sizeof *input);
  *input = (ABOUT(input_t)){.encoding = DRIFTLINE_PLUGIN_TYPES_ENCODING_TYPED, .optional = false};
  metric_string_dup(&input->name, "value");
  metric_string_dup(&input->summary, "Numbers.");
  input->accepts = (metric_list_string_t){allocate(sizeof(metric_string_t)), 1};
  metric_string_dup(&input->accepts.ptr[0], "Float64");

  metric_string_dup(&info->name, "rounded");
  metric_string_dup(&info->version, VERSION);
  metric_string_dup(&info->summary, "Share of a column's values that are whole multiples of a step.");
  info->state_version = STATE_VERSION;
  metric_string_dup(&info->config_schema, CONFIG_SCHEMA);
  info->inputs = (ABOUT(list_input_t)){input, 1};
}

static void describe_sample(ABOUT(sample_info_t) *sample, const char *name, const char *summary, const char *unit) {
  metric_string_dup(&sample->name, name);
  metric_string_dup(&sample->summary, summary);
  metric_string_dup(&sample->unit, unit);
  sample->direction = EXPORTS_DRIFTLINE_PLUGIN_ABOUT_DIRECTION_NEITHER;
  sample->labels = (metric_list_string_t){NULL, 0};
}

bool ABOUT(describe)(metric_string_t *config, ABOUT(list_field_t) *inputs, ABOUT(description_t) *description,
                     metric_string_t *error) {
  double step;
  bool good = read_config(config, &step, error);
  metric_string_free(config);
  ABOUT(list_field_free)(inputs);
  if (!good) return false;
  ABOUT(sample_info_t) *samples = allocate(2 * sizeof *samples);
  describe_sample(&samples[0], "rounded_share", "Share of the finite values that are whole multiples of `step`.", "ratio");
  describe_sample(&samples[1], "count", "Number of finite values.", "");
  *description = (ABOUT(description_t)){{NULL, 0}, {samples, 2}};
  return true;
}

/* metrics */

bool METRICS(static_accumulator_create)(metric_string_t *config, METRICS(list_field_t) *inputs, metric_list_u8_t *reference,
                                        METRICS(own_accumulator_t) *result, metric_string_t *error) {
  double step;
  bool good = read_config(config, &step, error);
  metric_string_free(config);
  METRICS(list_field_free)(inputs);
  if (reference != NULL) metric_list_u8_free(reference);
  if (!good) return false;
  accumulator *self = allocate(sizeof *self);
  *self = (accumulator){.step = step};
  *result = METRICS(accumulator_new)(self);
  return true;
}

void METRICS(accumulator_destructor)(accumulator *self) { free(self); }

/* The column `value`, or NULL and an error when the batch is not what the plugin asked for. */
static driftline_plugin_types_column_t *find_value(METRICS(batch_t) *batch, metric_string_t *error) {
  for (size_t i = 0; i < batch->columns.len; i++) {
    driftline_plugin_types_column_t *column = &batch->columns.ptr[i];
    if (!text_is(&column->name, "value")) continue;
    bool complete = column->data.tag == DRIFTLINE_PLUGIN_TYPES_DATA_FLOAT64 && column->data.val.float64.len == batch->rows &&
                    (!column->validity.is_some || column->validity.val.len == batch->rows);
    if (complete) return column;
    metric_string_dup(error, "`value` is not Float64, or does not have the batch's number of rows");
    return NULL;
  }
  metric_string_dup(error, "the batch has no column `value`");
  return NULL;
}

bool METRICS(method_accumulator_update)(accumulator *self, METRICS(batch_t) *batch, uint64_t *unusable,
                                        metric_string_t *error) {
  driftline_plugin_types_column_t *column = find_value(batch, error);
  if (column != NULL) {
    const double *values = column->data.val.float64.ptr;
    const uint8_t *valid = column->validity.is_some ? column->validity.val.ptr : NULL;
    uint64_t count = 0, rounded = 0;
    for (size_t row = 0; row < batch->rows; row++) {
      bool usable = (valid == NULL || valid[row]) && isfinite(values[row]);
      count += usable;
      rounded += usable && is_multiple(values[row], self->step);
    }
    self->count += count;
    self->rounded += rounded;
    *unusable = batch->rows - count;
  }
  METRICS(batch_free)(batch);
  return column != NULL;
}

void METRICS(method_accumulator_state)(accumulator *self, metric_list_u8_t *result) {
  state written = {STATE_VERSION, 0, self->step, self->count, self->rounded};
  *result = (metric_list_u8_t){allocate(sizeof written), sizeof written};
  memcpy(result->ptr, &written, sizeof written);
}

bool METRICS(method_accumulator_merge)(accumulator *self, metric_list_u8_t *bytes, metric_string_t *error) {
  state other;
  bool good = bytes->len == sizeof other;
  if (good) memcpy(&other, bytes->ptr, sizeof other);
  metric_list_u8_free(bytes);
  good = good && other.version == STATE_VERSION && other.step == self->step && other.rounded <= other.count;
  if (!good) {
    metric_string_dup(error, "the state is broken, or of another version or `step` of `rounded`");
    return false;
  }
  self->count += other.count;
  self->rounded += other.rounded;
  return true;
}

static void give_sample(METRICS(sample_t) *sample, const char *name, double value) {
  metric_string_dup(&sample->name, name);
  sample->labels = (metric_list_tuple2_string_string_t){NULL, 0};
  sample->value = value;
}

/* Without a value there is no share, so there is only the count. */
bool METRICS(method_accumulator_finish)(accumulator *self, METRICS(list_sample_t) *samples, metric_string_t *error) {
  (void)error;
  *samples = (METRICS(list_sample_t)){allocate(2 * sizeof *samples->ptr), 0};
  give_sample(&samples->ptr[samples->len++], "count", (double)self->count);
  if (self->count > 0) {
    give_sample(&samples->ptr[samples->len++], "rounded_share", (double)self->rounded / (double)self->count);
  }
  return true;
}
