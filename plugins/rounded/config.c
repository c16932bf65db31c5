#include "config.h"
#include "text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_STEP 1e300

/* What is left to read. The text ends with a zero, which no JSON token contains. */
typedef struct {
  const char *at;
} reader;

static void skip_space(reader *r) { r->at += strspn(r->at, " \t\r\n"); }

/* Skips space and one character, if it is there. */
static bool take(reader *r, char wanted) {
  skip_space(r);
  if (*r->at != wanted) return false;
  r->at++;
  return true;
}

/* A string without its quotes. Escapes are stepped over but not resolved: no known key has one. */
static bool take_string(reader *r, slice *string) {
  if (!take(r, '"')) return false;
  const char *start = r->at;
  while (*r->at != '"') {
    if (*r->at == '\\' && r->at[1] != 0) r->at++;
    if ((unsigned char)*r->at < 0x20) return false;
    r->at++;
  }
  *string = (slice){start, (size_t)(r->at - start)};
  r->at++;
  return true;
}

/* Adds the digits at the reader to a number; returns how many there were. */
static int take_digits(reader *r, double *number) {
  const char *start = r->at;
  while (*r->at >= '0' && *r->at <= '9') *number = *number * 10 + (*r->at++ - '0');
  return (int)(r->at - start);
}

/* number * 10^exponent. 10^22 is the largest power that a double holds exactly. */
static double scale(double number, int exponent) {
  while (exponent != 0) {
    int part = exponent < -22 ? -22 : exponent > 22 ? 22 : exponent;
    double power = 1;
    for (int i = 0; i < abs(part); i++) power *= 10;
    number = part < 0 ? number / power : number * power;
    exponent -= part;
  }
  return number;
}

/* A JSON number. Not strtod, which would bring WASI's files along: exact up to 15 digits with up to 22 decimals, else off by
 * a few of the last bits, far below the tolerance of this metric. */
static bool take_number(reader *r, double *number) {
  skip_space(r);
  bool negative = take(r, '-');
  bool leading_zero = *r->at == '0';
  int exponent = 0;
  *number = 0;
  int whole = take_digits(r, number);
  if (whole == 0 || (leading_zero && whole > 1)) return false;
  if (*r->at == '.') {
    r->at++;
    exponent = -take_digits(r, number);
    if (exponent == 0) return false;
  }
  if (*r->at == 'e' || *r->at == 'E') {
    r->at++;
    bool down = *r->at == '-';
    if (down || *r->at == '+') r->at++;
    double power = 0;
    if (take_digits(r, &power) == 0) return false;
    /* A double ends near 1e308; more would only make the loops of `scale` long. */
    int bounded = power < 1000 ? (int)power : 1000;
    exponent += down ? -bounded : bounded;
  }
  *number = scale(negative ? -*number : *number, exponent);
  return true;
}

/* The value of `step`, named as the user wrote it when it is wrong. */
static bool take_step(reader *r, double *step, metric_string_t *error) {
  skip_space(r);
  const char *start = r->at;
  if (take_number(r, step) && *step > 0 && *step <= LARGEST_STEP) return true;
  slice value = {start, strcspn(start, ",}\r\n")};
  say(error, "`step` must be a number above 0 and at most 1e300, not ", value, "");
  return false;
}

static bool take_members(reader *r, double *step, metric_string_t *error) {
  bool seen = false;
  do {
    slice key;
    if (!take_string(r, &key) || !take(r, ':')) return false;
    if (!slice_is(key, "step")) return say(error, "unknown key `", key, "`; the only key is step"), false;
    if (seen) return say(error, "the key `", key, "` is there twice"), false;
    if (!take_step(r, step, error)) return false;
    seen = true;
  } while (take(r, ','));
  return take(r, '}');
}

bool read_config(const metric_string_t *config, double *step, metric_string_t *error) {
  char *text = allocate(config->len + 1);
  memcpy(text, config->ptr, config->len);
  text[config->len] = 0;
  reader r = {text};
  *step = 1;
  *error = (metric_string_t){NULL, 0};
  bool good = take(&r, '{') && (take(&r, '}') || take_members(&r, step, error));
  skip_space(&r);
  good = good && r.at == text + config->len;
  if (!good && error->ptr == NULL) say(error, "the config is not a JSON object: ", (slice){text, config->len}, "");
  free(text);
  return good;
}
