#include "text.h"
#include <stdlib.h>
#include <string.h>

#define LONGEST_QUOTE 80

void *allocate(size_t size) {
  void *memory = malloc(size);
  if (memory == NULL) __builtin_trap();
  return memory;
}

bool slice_is(slice text, const char *expected) {
  return text.len == strlen(expected) && memcmp(text.ptr, expected, text.len) == 0;
}

bool text_is(const metric_string_t *text, const char *expected) {
  return slice_is((slice){(const char *)text->ptr, text->len}, expected);
}

/* A cut never falls within a character: bytes 10xxxxxx continue one. */
static size_t quoted(slice text) {
  size_t length = text.len < LONGEST_QUOTE ? text.len : LONGEST_QUOTE;
  while (length > 0 && length < text.len && (text.ptr[length] & 0xC0) == 0x80) length--;
  return length;
}

void say(metric_string_t *message, const char *before, slice middle, const char *after) {
  size_t first = strlen(before), second = quoted(middle), third = strlen(after);
  message->len = first + second + third;
  message->ptr = allocate(message->len);
  memcpy(message->ptr, before, first);
  memcpy(message->ptr + first, middle.ptr, second);
  memcpy(message->ptr + first + second, after, third);
}
