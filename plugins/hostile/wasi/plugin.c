/* What a plugin finds of the machine: the time, random bytes, a folder, a variable. It prints, waits, and tries to write.
 *
 * Who frees what: arguments belong to the callee, so each function frees its own; results belong to the caller.
 */
#include "bindings/metric.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ABOUT(name) exports_driftline_plugin_about_##name
#define METRICS(name) exports_driftline_plugin_metrics_##name

/* It keeps nothing. */
typedef struct METRICS(accumulator_t) {
  uint8_t unused;
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

  metric_string_dup(&info->name, "hostile_wasi");
  metric_string_dup(&info->version, "0.1.0");
  metric_string_dup(&info->summary, "What a plugin finds of the machine.");
  info->state_version = 1;
  metric_string_dup(&info->config_schema, "{\"type\": \"object\", \"additionalProperties\": false}");
  info->inputs = (ABOUT(list_input_t)){input, 1};
}

static const char *const SAMPLES[] = {"seconds", "random", "letters", "entries", "written", "variables", "waited"};
enum { COUNT = sizeof SAMPLES / sizeof *SAMPLES };

static void describe_sample(ABOUT(sample_info_t) *sample, const char *name) {
  metric_string_dup(&sample->name, name);
  metric_string_dup(&sample->summary, "What was found.");
  metric_string_dup(&sample->unit, "");
  sample->direction = EXPORTS_DRIFTLINE_PLUGIN_ABOUT_DIRECTION_NEITHER;
  sample->labels = (metric_list_string_t){NULL, 0};
}

bool ABOUT(describe)(metric_string_t *config, ABOUT(list_field_t) *inputs, ABOUT(description_t) *description,
                     metric_string_t *error) {
  (void)error;
  metric_string_free(config);
  ABOUT(list_field_free)(inputs);
  ABOUT(sample_info_t) *samples = allocate(COUNT * sizeof *samples);
  for (int i = 0; i < COUNT; i++) describe_sample(&samples[i], SAMPLES[i]);
  *description = (ABOUT(description_t)){{NULL, 0}, {samples, COUNT}};
  return true;
}

/* metrics */

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

/* Bytes of a file, or -1 where there is none. */
static double letters(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) return -1;
  double bytes = 0;
  while (fgetc(file) != EOF) bytes++;
  fclose(file);
  return bytes;
}

static double written(const char *path) {
  FILE *file = fopen(path, "w");
  if (file == NULL) return 0;
  fclose(file);
  return 1;
}

static double found(int sample) {
  uint32_t random = 0;
  switch (sample) {
    case 0: return (double)time(NULL);
    case 1: return getentropy(&random, sizeof random) == 0 ? random : -1;
    case 2: return letters("/word.txt");
    case 3: return letters("/../secret.txt");
    case 4: return written("/new.txt");
    case 5: return getenv("PATH") != NULL;
    default: return sleep(3600);
  }
}

bool METRICS(method_accumulator_finish)(accumulator *self, METRICS(list_sample_t) *samples, metric_string_t *error) {
  (void)self, (void)error;
  printf("said to stdout\n");
  fflush(stdout);
  fprintf(stderr, "said to stderr\n");
  *samples = (METRICS(list_sample_t)){allocate(COUNT * sizeof *samples->ptr), COUNT};
  for (int i = 0; i < COUNT; i++) {
    metric_string_dup(&samples->ptr[i].name, SAMPLES[i]);
    samples->ptr[i].labels = (metric_list_tuple2_string_string_t){NULL, 0};
    samples->ptr[i].value = found(i);
  }
  return true;
}
