#include "ckernels.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

/* A product and a sum that follow each other must not become one rounding. */
#pragma STDC FP_CONTRACT OFF

#define AVX2 __attribute__((target("avx2")))

bool ckernels_has_avx2(void) {
    /* Also asks whether the system saves the wide registers. */
    return __builtin_cpu_supports("avx2") != 0;
}

/* Two pixels' left and right neighbours: eight bytes each. */
AVX2 static inline __m128i load_two(const uint8_t *line, int32_t first, int32_t second) {
    __m128i low = _mm_loadl_epi64((const __m128i *)(line + first));
    return _mm_castpd_si128(_mm_loadh_pd(_mm_castsi128_pd(low), (const double *)(line + second)));
}

/* Eight results of each channel, in the order 0 1 2 3 4 5 6 7, as 32 bits. */
AVX2 static inline void linear_eight(
    const uint8_t *line, const int32_t *offsets, const int16_t *weights, __m256i *red, __m256i *green, __m256i *blue) {
    /* B G R B' G' R' becomes B B' | G G' | R R', of both pixels in turn. */
    const __m256i pairs = _mm256_setr_epi8(
        0, 3, 8, 11, 1, 4, 9, 12, 2, 5, 10, 13, -1, -1, -1, -1,
        0, 3, 8, 11, 1, 4, 9, 12, 2, 5, 10, 13, -1, -1, -1, -1);
    const __m256i zero = _mm256_setzero_si256();
    __m256i even = _mm256_inserti128_si256(
        _mm256_castsi128_si256(load_two(line, offsets[0], offsets[1])), load_two(line, offsets[4], offsets[5]), 1);
    __m256i odd = _mm256_inserti128_si256(
        _mm256_castsi128_si256(load_two(line, offsets[2], offsets[3])), load_two(line, offsets[6], offsets[7]), 1);
    even = _mm256_shuffle_epi8(even, pairs);
    odd = _mm256_shuffle_epi8(odd, pairs);
    __m256i low = _mm256_unpacklo_epi32(even, odd);
    __m256i high = _mm256_unpackhi_epi32(even, odd);
    __m256i factors = _mm256_loadu_si256((const __m256i *)weights);
    *blue = _mm256_srli_epi32(_mm256_madd_epi16(_mm256_unpacklo_epi8(low, zero), factors), 4);
    *green = _mm256_srli_epi32(_mm256_madd_epi16(_mm256_unpackhi_epi8(low, zero), factors), 4);
    *red = _mm256_srli_epi32(_mm256_madd_epi16(_mm256_unpacklo_epi8(high, zero), factors), 4);
}

/* 32 bits to 16, none of which is too large. */
AVX2 static inline void store_sixteen(int16_t *target, __m256i low, __m256i high) {
    __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xD8);
    _mm256_storeu_si256((__m256i *)target, packed);
}

AVX2 void ckernels_linear_avx2(
    const uint8_t *line, const int32_t *offsets, const int16_t *weights, size_t count, int16_t *planes, size_t stride) {
    for (size_t x = 0; x < count; x += 16) {
        __m256i red[2], green[2], blue[2];
        linear_eight(line, offsets + x, weights + 2 * x, &red[0], &green[0], &blue[0]);
        linear_eight(line, offsets + x + 8, weights + 2 * x + 16, &red[1], &green[1], &blue[1]);
        store_sixteen(planes + x, red[0], red[1]);
        store_sixteen(planes + stride + x, green[0], green[1]);
        store_sixteen(planes + 2 * stride + x, blue[0], blue[1]);
    }
}

AVX2 static inline __m256i blend_sixteen(const int16_t *upper, const int16_t *lower, __m256i first, __m256i second) {
    __m256i sum = _mm256_add_epi16(
        _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)upper), first),
        _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)lower), second));
    return _mm256_srai_epi16(_mm256_add_epi16(sum, _mm256_set1_epi16(2)), 2);
}

AVX2 void ckernels_blend_avx2(
    const int16_t *upper, const int16_t *lower, int16_t first, int16_t second, size_t count, uint8_t *target) {
    if (count < 32) {
        for (size_t x = 0; x < count; x++)
            target[x] = (uint8_t)(((upper[x] * first >> 16) + (lower[x] * second >> 16) + 2) >> 2);
        return;
    }
    __m256i factor = _mm256_set1_epi16(first);
    __m256i other = _mm256_set1_epi16(second);
    for (size_t x = 0;; x += 32) {
        /* The last block overlaps the one before, so that nothing beyond the end is touched. */
        if (x > count - 32) x = count - 32;
        __m256i bytes = _mm256_packus_epi16(
            blend_sixteen(upper + x, lower + x, factor, other),
            blend_sixteen(upper + x + 16, lower + x + 16, factor, other));
        _mm256_storeu_si256((__m256i *)(target + x), _mm256_permute4x64_epi64(bytes, 0xD8));
        if (x == count - 32) return;
    }
}

/*
 * Which of 48 bytes go where when pixels of three bytes are split into planes or joined from them. Three rows make one
 * register of the result, one from each register of the source; a negative number leaves the byte to the others.
 */
typedef int8_t shuffle[9][16];

#define SIXTEEN(entry, row, source)                                                                 \
    {entry(0, row, source),  entry(1, row, source),  entry(2, row, source),  entry(3, row, source),  \
     entry(4, row, source),  entry(5, row, source),  entry(6, row, source),  entry(7, row, source),  \
     entry(8, row, source),  entry(9, row, source),  entry(10, row, source), entry(11, row, source), \
     entry(12, row, source), entry(13, row, source), entry(14, row, source), entry(15, row, source)}
#define NINE(entry)                                                               \
    {SIXTEEN(entry, 0, 0), SIXTEEN(entry, 0, 1), SIXTEEN(entry, 0, 2),             \
     SIXTEEN(entry, 1, 0), SIXTEEN(entry, 1, 1), SIXTEEN(entry, 1, 2),             \
     SIXTEEN(entry, 2, 0), SIXTEEN(entry, 2, 1), SIXTEEN(entry, 2, 2)}
#define IN_SIXTEEN(byte, source) ((byte) / 16 == (source) ? (byte) % 16 : -128)
/* Red, green and blue of BGR pixels; the same from right to left; RGB pixels of red, green and blue. */
#define SPLIT(x, channel, source) IN_SIXTEEN(3 * (x) + 2 - (channel), source)
#define SPLIT_MIRRORED(x, channel, source) IN_SIXTEEN(3 * (15 - (x)) + 2 - (channel), source)
#define JOIN(x, part, source) ((16 * (part) + (x)) % 3 == (source) ? (16 * (part) + (x)) / 3 : -128)

static const shuffle split = NINE(SPLIT);
static const shuffle split_mirrored = NINE(SPLIT_MIRRORED);
static const shuffle join = NINE(JOIN);

AVX2 static inline __m128i pick(const int8_t masks[3][16], __m128i a, __m128i b, __m128i c) {
    return _mm_or_si128(
        _mm_or_si128(
            _mm_shuffle_epi8(a, _mm_loadu_si128((const __m128i *)masks[0])),
            _mm_shuffle_epi8(b, _mm_loadu_si128((const __m128i *)masks[1]))),
        _mm_shuffle_epi8(c, _mm_loadu_si128((const __m128i *)masks[2])));
}

AVX2 void ckernels_split_avx2(
    const uint8_t *line, size_t count, bool mirrored, uint8_t *red, uint8_t *green, uint8_t *blue) {
    if (count < 16) {
        for (size_t x = 0; x < count; x++) {
            const uint8_t *pixel = line + 3 * (mirrored ? count - 1 - x : x);
            blue[x] = pixel[0];
            green[x] = pixel[1];
            red[x] = pixel[2];
        }
        return;
    }
    const int8_t(*masks)[16] = mirrored ? split_mirrored : split;
    for (size_t x = 0;; x += 16) {
        if (x > count - 16) x = count - 16;
        const __m128i *source = (const __m128i *)(line + 3 * (mirrored ? count - 16 - x : x));
        __m128i a = _mm_loadu_si128(source), b = _mm_loadu_si128(source + 1), c = _mm_loadu_si128(source + 2);
        _mm_storeu_si128((__m128i *)(red + x), pick(masks, a, b, c));
        _mm_storeu_si128((__m128i *)(green + x), pick(masks + 3, a, b, c));
        _mm_storeu_si128((__m128i *)(blue + x), pick(masks + 6, a, b, c));
        if (x == count - 16) return;
    }
}

AVX2 void ckernels_join_avx2(
    const uint8_t *red, const uint8_t *green, const uint8_t *blue, size_t count, uint8_t *target) {
    if (count < 16) {
        for (size_t x = 0; x < count; x++) {
            target[3 * x] = red[x];
            target[3 * x + 1] = green[x];
            target[3 * x + 2] = blue[x];
        }
        return;
    }
    for (size_t x = 0;; x += 16) {
        if (x > count - 16) x = count - 16;
        __m128i a = _mm_loadu_si128((const __m128i *)(red + x));
        __m128i b = _mm_loadu_si128((const __m128i *)(green + x));
        __m128i c = _mm_loadu_si128((const __m128i *)(blue + x));
        __m128i *place = (__m128i *)(target + 3 * x);
        _mm_storeu_si128(place, pick(join, a, b, c));
        _mm_storeu_si128(place + 1, pick(join + 3, a, b, c));
        _mm_storeu_si128(place + 2, pick(join + 6, a, b, c));
        if (x == count - 16) return;
    }
}

AVX2 static inline __m256 scale_eight(const uint8_t *values, __m256 means, __m256 factors, __m256 offsets) {
    __m256i whole = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)values));
    __m256 difference = _mm256_sub_ps(_mm256_cvtepi32_ps(whole), means);
    return _mm256_add_ps(_mm256_mul_ps(difference, factors), offsets);
}

AVX2 void ckernels_scale_avx2(
    const uint8_t *values, float mean, float first, float second, size_t count, void *target) {
    uint8_t *bytes = target;
    if (count < 8) {
        for (size_t x = 0; x < count; x++) {
            float difference = (float)values[x] - mean;
            float product = difference * first;
            float result = product + second;
            memcpy(bytes + 4 * x, &result, 4);
        }
        return;
    }
    __m256 means = _mm256_set1_ps(mean), factors = _mm256_set1_ps(first), offsets = _mm256_set1_ps(second);
    if ((uintptr_t)bytes % 64 == 0 && count % 16 == 0) {
        for (size_t x = 0; x < count; x += 8)
            _mm256_stream_ps((float *)(bytes + 4 * x), scale_eight(values + x, means, factors, offsets));
        return;
    }
    for (size_t x = 0;; x += 8) {
        if (x > count - 8) x = count - 8;
        _mm256_storeu_ps((float *)(bytes + 4 * x), scale_eight(values + x, means, factors, offsets));
        if (x == count - 8) return;
    }
}

void ckernels_finish(void) { _mm_sfence(); }

#else

bool ckernels_has_avx2(void) { return false; }

#endif
