/* Pictures for the fuzzer: made, and broken. */
#ifndef HEADRACE_JPEG_FUZZ_PICTURES_H
#define HEADRACE_JPEG_FUZZ_PICTURES_H

#include <stddef.h>
#include <stdint.h>

/* From malloc. */
typedef struct {
    uint8_t *bytes;
    size_t count;
} picture;

/* From now on, numbers are those of this seed. */
void random_begin(uint64_t seed);
/* 0 ..< bound, which is more than 0. */
uint32_t random_below(uint32_t bound);

/* A good JPEG of random size, sampling, tables, scans and restart interval. */
picture make_picture(void);

/* Changes, removes or adds a few bytes or segments. */
void break_picture(picture *p);

#endif
