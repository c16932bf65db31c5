/* A metric that takes eight columns of any type and looks at nothing: what a plugin's time is compared with.
 *
 * Who frees what: arguments belong to the callee, so each function frees its own; results belong to the caller.
 */
#include "bindings/metric.h"
#include <stdlib.h>

#define ABOUT(name) exports_driftline_plugin_about_##name
#define METRICS(name) exports_driftline_plugin_metrics_##name

/* It keeps nothing. */
typedef struct METRICS(accumulator_t) {
  uint8_t unused;
} accumulator;

/* A plugin without memory cannot go on; the host says so. */
static void *allocate(size_t bytes) {
  void *memory = calloc(1, bytes);
  if (memory == NULL && bytes > 0) abort();
  return memory;
}

static const char *const INPUTS[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
enum { INPUT_COUNT = sizeof INPUTS / sizeof *INPUTS };

static const char *const TYPES[] = {"Float64",       "Float32",       "Int64",       "UInt64",        "Boolean",       "Utf8",
                                    "Binary",        "List(Float32)", "List(Float64)", "List(Int64)", "Timestamp(ms)", "Timestamp(µs)",
                                    "Timestamp(ns)", "Timestamp(s)",  "Date32"};
enum { TYPE_COUNT = sizeof TYPES / sizeof *TYPES };

void ABOUT(info)(ABOUT(plugin_info_t) *info) {
  ABOUT(input_t) *inputs = allocate(INPUT_COUNT * sizeof *inputs);
  for (int i = 0; i < INPUT_COUNT; i++) {
    metric_string_dup(&inputs[i].name, INPUTS[i]);
    metric_string_dup(&inputs[i].summary, "Anything.");
    inputs[i].accepts = (metric_list_string_t){allocate(TYPE_COUNT * sizeof(metric_string_t)), TYPE_COUNT};
    for (int j = 0; j < TYPE_COUNT; j++) metric_string_dup(&inputs[i].accepts.ptr[j], TYPES[j]);
    inputs[i].encoding = DRIFTLINE_PLUGIN_TYPES_ENCODING_TYPED;
    inputs[i].optional = true;
  }
  metric_string_dup(&info->name, "empty");
  metric_string_dup(&info->version, "0.1.0");
  metric_string_dup(&info->summary, "Looks at nothing.");
  info->state_version = 1;
  metric_string_dup(&info->config_schema, "{\"type\": \"object\", \"additionalProperties\": false}");
  info->inputs = (ABOUT(list_input_t)){inputs, INPUT_COUNT};
}

bool ABOUT(describe)(metric_string_t *config, ABOUT(list_field_t) *inputs, ABOUT(description_t) *description,
                     metric_string_t *error) {
  (void)error;
  metric_string_free(config);
  ABOUT(list_field_free)(inputs);
  *description = (ABOUT(description_t)){{NULL, 0}, {NULL, 0}};
  return true;
}

bool METRICS(static_accumulator_create)(metric_string_t *config, METRICS(list_field_t) *inputs, metric_list_u8_t *reference,
                                        METRICS(own_accumulator_t) *result, metric_string_t *error) {
  (void)error;
  metric_string_free(config);
  METRICS(list_field_free)(inputs);
  if (reference != NULL) metric_list_u8_free(reference);
  *result = METRICS(accumulator_new)(allocate(sizeof(accumulator)));
  return true;
}

void METRICS(accumulator_destructor)(accumulator *self) { free(self); }

bool METRICS(method_accumulator_update)(accumulator *self, METRICS(batch_t) *batch, uint64_t *unusable, metric_string_t *error) {
  (void)self, (void)error;
  *unusable = 0;
  METRICS(batch_free)(batch);
  return true;
}

void METRICS(method_accumulator_state)(accumulator *self, metric_list_u8_t *result) {
  (void)self;
  *result = (metric_list_u8_t){NULL, 0};
}

bool METRICS(method_accumulator_merge)(accumulator *self, metric_list_u8_t *bytes, metric_string_t *error) {
  (void)self, (void)error;
  metric_list_u8_free(bytes);
  return true;
}

bool METRICS(method_accumulator_finish)(accumulator *self, METRICS(list_sample_t) *samples, metric_string_t *error) {
  (void)self, (void)error;
  *samples = (METRICS(list_sample_t)){NULL, 0};
  return true;
}
