/* Huffman code tables for decoding, made for few look-ups rather than for small size. */
#ifndef HEADRACE_CJPEG_ENTROPY_TABLE_H
#define HEADRACE_CJPEG_ENTROPY_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

/* How many bits are looked up at once. With one more, the tables of a colour picture crowd the first-level cache. */
#define LOOKUP_BITS 10
#define RUN_BITS 11

/* Making the runs of a table takes as long as they save over this many blocks. */
#define BLOCKS_WORTH_RUNS 300

/* An end of block leads behind the block. */
#define END_OF_BLOCK_ADVANCE 64

/* A code and the value behind it: four bytes in one word, so that one load has them all. 0: there is none. */
typedef uint32_t symbol;
/* Bits of the code and of the value, 1...31. */
#define SYMBOL_BITS(s) ((s) & 0xFF)
#define SYMBOL_CODE_BITS(s) ((s) >> 8 & 0xFF)
/* 63 less the bits of the value. */
#define SYMBOL_VALUE_SHIFT(s) ((s) >> 16 & 0xFF)
/* How far behind the last coefficient this one lies. */
#define SYMBOL_ADVANCE(s) ((s) >> 24)

/* The next symbol, and the one behind it when its code is within the bits looked up too. */
typedef struct {
    uint8_t bits; /* of both symbols */
    uint8_t first_bits;
    uint8_t first_code_bits;
    uint8_t first_shift;
    uint8_t first_advance; /* 0: the code is longer, or there is none */
    uint8_t second_start;  /* bits in front of the second's value */
    uint8_t second_shift;
    uint8_t second_advance; /* 0: no second symbol; its value is then 0 */
} symbol_pair;

/* As many symbols as begin within the bits looked up, without their values. */
typedef struct {
    uint8_t bits;                /* 0: the code is longer, or there is none */
    uint8_t advance;             /* less than 128 */
    uint8_t advance_before_last; /* of all symbols but the last */
} symbol_run;

typedef struct {
    symbol single[1 << LOOKUP_BITS];
    symbol_pair pairs[1 << LOOKUP_BITS]; /* of AC tables */
    symbol_run runs[1 << RUN_BITS];      /* of AC tables, when has_runs */
    uint32_t end_of_length[17];          /* the first 16-bit prefix that has no code of this length or less */
    int32_t value_offset[17];
    JHUFF_TBL source;
    bool is_ac;
    bool is_made;
    bool has_runs;
    uint16_t blocks_passed; /* without runs */
} code_table;

/* Makes the table unless it is that of `source` already. False when the codes cannot be. */
bool code_table_make(code_table *table, const JHUFF_TBL *source, bool is_ac);

/* Called for each block that is passed without runs: whether so many have been that runs would have paid. */
static inline bool code_table_is_worth_runs(code_table *table) { return ++table->blocks_passed > BLOCKS_WORTH_RUNS; }

/* Adds the runs to an AC table; not every picture needs them. */
void code_table_make_runs(code_table *table);

/* The symbol at the front of 64 bits whose code is longer than LOOKUP_BITS; 0 when there is no such code. */
symbol code_table_find_long(const code_table *table, uint64_t bits);

#endif
