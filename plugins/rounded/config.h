/* The config of rounded: a JSON object that may hold "step", a positive number. */
#pragma once
#include "bindings/metric.h"

#define CONFIG_SCHEMA                                                                                                   \
  "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\",\"properties\":{\"step\":{"       \
  "\"type\":\"number\",\"exclusiveMinimum\":0,\"maximum\":1e300,\"default\":1.0,\"description\":\"A value counts when " \
  "it is a whole multiple of this, in the value's own unit; quotients may be off by 1e-9 of themselves, and by 0.001 "  \
  "at most.\"}},\"additionalProperties\":false}"

/* Reads the step (1 when it is absent). On failure `error` names the key and the value. */
bool read_config(const metric_string_t *config, double *step, metric_string_t *error);
