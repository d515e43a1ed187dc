#include "entropy_table.h"

#include <string.h>

static symbol make_symbol(uint32_t code_bits, uint8_t value, bool is_ac) {
    const uint32_t size = value & 15;
    uint32_t advance = is_ac ? (value >> 4) + 1u : 0;
    /* Without a value only a run of 16 zeros goes on. */
    if (is_ac && size == 0 && value != 0xF0) {
        advance = END_OF_BLOCK_ADVANCE;
    }
    return (code_bits + size) | code_bits << 8 | (63 - size) << 16 | advance << 24;
}

/* The symbol whose code is the front of the `valid` bits in `prefix`, which has LOOKUP_BITS; 0 when it is longer. */
static symbol find_short(const code_table *table, uint32_t prefix, uint32_t valid) {
    const symbol s = table->single[prefix];
    return SYMBOL_CODE_BITS(s) <= valid ? s : 0;
}

/* The pair of `first` and what the `valid` bits behind it, at the front of `rest`, begin with. */
static symbol_pair make_pair(const code_table *table, symbol first, uint32_t rest, uint32_t valid) {
    const uint32_t used = SYMBOL_BITS(first);
    symbol_pair pair = {.bits = (uint8_t)used,
                        .first_bits = (uint8_t)used,
                        .first_code_bits = (uint8_t)SYMBOL_CODE_BITS(first),
                        .first_shift = (uint8_t)SYMBOL_VALUE_SHIFT(first),
                        .first_advance = (uint8_t)SYMBOL_ADVANCE(first),
                        .second_start = (uint8_t)used,
                        .second_shift = 63};
    const symbol second = pair.first_advance < END_OF_BLOCK_ADVANCE ? find_short(table, rest, valid) : 0;
    if (second) {
        pair.second_start = (uint8_t)(used + SYMBOL_CODE_BITS(second));
        pair.second_shift = (uint8_t)SYMBOL_VALUE_SHIFT(second);
        pair.second_advance = (uint8_t)SYMBOL_ADVANCE(second);
        pair.bits = (uint8_t)(used + SYMBOL_BITS(second));
    }
    return pair;
}

static void make_pairs(code_table *table) {
    for (uint32_t prefix = 0; prefix < 1u << LOOKUP_BITS;) {
        const symbol first = table->single[prefix];
        symbol_pair *const pairs = &table->pairs[prefix];
        if (!first) {
            *pairs = (symbol_pair){.first_shift = 63, .second_shift = 63};
            prefix++;
            continue;
        }
        /* All that begin with this code come one after another: a group of pairs for each value behind it, all alike. */
        const uint32_t count = 1u << (LOOKUP_BITS - SYMBOL_CODE_BITS(first)), used = SYMBOL_BITS(first);
        const uint32_t valid = used < LOOKUP_BITS ? LOOKUP_BITS - used : 0, group = 1u << valid;
        for (uint32_t i = 0; i < group; i++) {
            pairs[i] = make_pair(table, first, i << (LOOKUP_BITS - valid), valid);
        }
        for (uint32_t done = group; done < count; done *= 2) {
            memcpy(&pairs[done], pairs, done * sizeof *pairs);
        }
        prefix += count;
    }
}

void code_table_make_runs(code_table *table) {
    if (table->has_runs) {
        return;
    }
    for (uint32_t prefix = 0; prefix < 1u << RUN_BITS; prefix++) {
        uint32_t used = 0, advance = 0, before = 0;
        while (used < RUN_BITS && advance < 63) {
            const uint32_t rest = prefix << used & ((1u << RUN_BITS) - 1);
            const symbol s = find_short(table, rest >> (RUN_BITS - LOOKUP_BITS), RUN_BITS - used);
            if (s == 0) {
                break;
            }
            before = advance;
            advance += SYMBOL_ADVANCE(s);
            used += SYMBOL_BITS(s);
        }
        table->runs[prefix] = (symbol_run){(uint8_t)used, (uint8_t)advance, (uint8_t)before};
    }
    table->has_runs = true;
}

bool code_table_make(code_table *table, const JHUFF_TBL *source, bool is_ac) {
    if (table->is_made && table->is_ac == is_ac
        && memcmp(table->source.bits, source->bits, sizeof source->bits) == 0
        && memcmp(table->source.huffval, source->huffval, sizeof source->huffval) == 0) {
        return true;
    }
    table->is_made = table->has_runs = false;
    table->blocks_passed = 0;
    table->source = *source;
    table->is_ac = is_ac;
    memset(table->single, 0, sizeof table->single);
    uint32_t code = 0, first = 0;
    for (uint32_t length = 1; length <= 16; length++) {
        const uint32_t count = source->bits[length];
        if (first + count > 256 || code + count > 1u << length) {
            return false;
        }
        table->value_offset[length] = (int32_t)first - (int32_t)code;
        for (uint32_t i = 0; i < count; i++, code++) {
            const uint8_t value = source->huffval[first + i];
            if (!is_ac && value > 15) {
                return false;
            }
            if (length <= LOOKUP_BITS) {
                const uint32_t step = 1u << (LOOKUP_BITS - length);
                const symbol s = make_symbol(length, value, is_ac);
                for (uint32_t j = 0; j < step; j++) {
                    table->single[code * step + j] = s;
                }
            }
        }
        first += count;
        table->end_of_length[length] = code << (16 - length);
        code <<= 1;
    }
    if (is_ac) {
        make_pairs(table);
    }
    table->is_made = true;
    return true;
}

symbol code_table_find_long(const code_table *table, uint64_t bits) {
    const uint32_t prefix = (uint32_t)(bits >> 48);
    for (uint32_t length = LOOKUP_BITS + 1; length <= 16; length++) {
        if (prefix < table->end_of_length[length]) {
            const int32_t place = (int32_t)(prefix >> (16 - length)) + table->value_offset[length];
            return make_symbol(length, table->source.huffval[place & 0xFF], table->is_ac);
        }
    }
    return 0;
}
