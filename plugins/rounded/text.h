/* Texts and memory. */
#pragma once
#include "bindings/metric.h"

/* A part of a text that belongs to somebody else. */
typedef struct {
  const char *ptr;
  size_t len;
} slice;

/* As malloc, but never NULL: a plugin without memory cannot go on, so it traps. */
void *allocate(size_t size);

bool text_is(const metric_string_t *text, const char *expected);
bool slice_is(slice text, const char *expected);

/* Sets a message of three parts; a long middle one is cut. */
void say(metric_string_t *message, const char *before, slice middle, const char *after);
