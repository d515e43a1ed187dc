#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Kernels over one row of pixels for instruction sets wider than the compiler's baseline, which Swift cannot ask for in
 * one function. Each has a counterpart in Swift with the same results to the bit. The first function says whether this
 * processor has the others.
 *
 * Memory: a function reads `count` elements of each input and writes `count` of each output, unless it says otherwise.
 * Nothing need be aligned.
 */

/* True when the functions below exist and may be called. */
bool ckernels_has_avx2(void);

#if defined(__x86_64__)

/*
 * Horizontal step of a linear resize for BGR pixels: (left * first + right * second) >> 4 of each channel.
 *
 * offsets: bytes from `line` to the left pixel of each result; the right one follows it. 8 bytes are read there.
 * weights: pairs (first, second), scaled by 2048.
 * count: rounded up to a multiple of 16: offsets, weights and each plane are that long.
 * planes: red, green and blue, `stride` elements apart.
 */
void ckernels_linear_avx2(
    const uint8_t *line, const int32_t *offsets, const int16_t *weights, size_t count, int16_t *planes, size_t stride);

/* Vertical step: ((upper * first >> 16) + (lower * second >> 16) + 2) >> 2. */
void ckernels_blend_avx2(
    const int16_t *upper, const int16_t *lower, int16_t first, int16_t second, size_t count, uint8_t *target);

/* Splits `count` BGR pixels into planes, from right to left when mirrored. */
void ckernels_split_avx2(
    const uint8_t *line, size_t count, bool mirrored, uint8_t *red, uint8_t *green, uint8_t *blue);

/* Joins planes to `count` RGB pixels. */
void ckernels_join_avx2(
    const uint8_t *red, const uint8_t *green, const uint8_t *blue, size_t count, uint8_t *target);

/*
 * (value - mean) * first + second, each step rounded to float; `target` is an array of float at any address.
 *
 * Whole cache lines are written past the caches: nobody reads a sample before its batch is complete, and without that
 * every line would first be read from memory and drive out something of the image. ckernels_finish must follow.
 */
void ckernels_scale_avx2(
    const uint8_t *values, float mean, float first, float second, size_t count, void *target);

/* Makes what was written past the caches visible to other threads, in order with what this thread writes later. */
void ckernels_finish(void);

#endif

#endif
