/* The inner loop of Huffman decoding: the blocks of an MCU, one after another. */
#ifndef HEADRACE_CJPEG_ENTROPY_BLOCK_H
#define HEADRACE_CJPEG_ENTROPY_BLOCK_H

#include "entropy_table.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const code_table *dc;
    code_table *ac;
    uint8_t component; /* its place in the scan */
    bool is_needed;
} block_plan;

/* In which order the coefficients of a block come. Places behind the block lead to its last, as in the library: there
 * an end of block writes a zero that has no effect, and a run that is too long does what it does there. */
static const uint8_t natural_order[128] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45,
    38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
    63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
    63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63};

/* MARK: bits */

static inline uint64_t load(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

typedef struct {
    uint64_t bits;
    uint32_t count;
    const uint8_t *next;
} reservoir;

/* At least 56 bits afterwards, without a branch. */
static inline __attribute__((always_inline)) void refill(reservoir *r) {
    r->bits |= load(r->next) >> r->count;
    r->next += (63 - r->count) >> 3;
    r->count |= 56;
}

/* MARK: blocks */

/* The value behind `code_bits`, its sign extended, without a branch. */
static inline __attribute__((always_inline)) JCOEF value_at(uint64_t bits, uint32_t code_bits, uint32_t shift) {
    const uint64_t tail = bits << (code_bits & 63);
    /* All ones when the first bit is 0: the value is negative, and written as its complement. */
    const uint64_t negative = ~(uint64_t)((int64_t)tail >> 63);
    const uint64_t magnitude = (tail ^ negative) >> 1 >> (shift & 63);
    return (JCOEF)((magnitude ^ negative) - negative);
}

static inline __attribute__((always_inline)) void drop(reservoir *r, uint32_t count) {
    r->bits <<= count & 63;
    r->count -= count;
}

/* The next symbol by itself, behind a refill; 0 when there is no such code. */
static inline __attribute__((always_inline)) symbol single_symbol(const reservoir *r, const code_table *table) {
    const symbol s = table->single[r->bits >> (64 - LOOKUP_BITS)];
    return __builtin_expect(s != 0, 1) ? s : code_table_find_long(table, r->bits);
}

/* The difference to the last DC coefficient of the component; what there is no code for leaves `is_good` false. */
static inline __attribute__((always_inline)) uint32_t decode_difference(reservoir *r, const code_table *table,
                                                                        bool *is_good) {
    refill(r);
    const symbol s = single_symbol(r, table);
    const JCOEF difference = value_at(r->bits, SYMBOL_CODE_BITS(s), SYMBOL_VALUE_SHIFT(s));
    *is_good = s != 0;
    drop(r, SYMBOL_BITS(s));
    return (uint32_t)difference;
}

/* False at a code that does not exist. Two symbols a round; where there is only one, the second changes nothing. */
static inline __attribute__((always_inline)) bool decode_block(reservoir *r, const block_plan *plan,
                                                                uint32_t *prediction, JCOEF *block) {
    bool is_good;
    /* Wraps as the library's sum does. */
    *prediction += decode_difference(r, plan->dc, &is_good);
    block[0] = (JCOEF)*prediction;
    const code_table *const table = plan->ac;
    uint32_t place = 0;
    do {
        /* The look-up needs few bits, which are there: it does not wait for the refill. */
        const symbol_pair *const pair = &table->pairs[r->bits >> (64 - LOOKUP_BITS)];
        refill(r);
        if (__builtin_expect(pair->first_advance == 0, 0)) {
            const symbol s = code_table_find_long(table, r->bits);
            place += SYMBOL_ADVANCE(s);
            block[natural_order[place]] = value_at(r->bits, SYMBOL_CODE_BITS(s), SYMBOL_VALUE_SHIFT(s));
            drop(r, SYMBOL_BITS(s));
            if (s == 0) {
                return false;
            }
            continue;
        }
        place += pair->first_advance;
        const JCOEF first = value_at(r->bits, pair->first_code_bits, pair->first_shift);
        if (place >= 63) {
            /* The block ends here; what follows is the next one's. */
            block[natural_order[place]] = first;
            drop(r, pair->first_bits);
            break;
        }
        const uint32_t first_place = place;
        place += pair->second_advance;
        /* In this order, because a second that is missing writes a zero to the place of the first. */
        block[natural_order[place]] = value_at(r->bits, pair->second_start, pair->second_shift);
        block[natural_order[first_place]] = first;
        drop(r, pair->bits);
    } while (place < 63);
    return is_good;
}

/* As decode_block, but keeps only the DC prediction. */
static inline bool pass_block(reservoir *r, const block_plan *plan, uint32_t *prediction) {
    if (__builtin_expect(!plan->ac->has_runs, 0)) {
        JCOEF unwanted[DCTSIZE2];
        if (!code_table_is_worth_runs(plan->ac)) {
            return decode_block(r, plan, prediction, unwanted);
        }
        code_table_make_runs(plan->ac);
    }
    bool is_good;
    *prediction += decode_difference(r, plan->dc, &is_good);
    const code_table *const table = plan->ac;
    uint32_t place = 0;
    do {
        const symbol_run run = table->runs[r->bits >> (64 - RUN_BITS)];
        refill(r);
        /* A run holds only while all of it but its last symbol lies within the block. */
        if (__builtin_expect(run.bits == 0 || place + run.advance_before_last >= 63, 0)) {
            const symbol s = single_symbol(r, table);
            place += SYMBOL_ADVANCE(s);
            drop(r, SYMBOL_BITS(s));
            if (s == 0) {
                return false;
            }
        } else {
            place += run.advance;
            drop(r, run.bits);
        }
    } while (place < 63);
    return is_good;
}

#endif
