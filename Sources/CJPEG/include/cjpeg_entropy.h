/* Huffman decoding in place of the library's, by whoever hands these functions to cjpeg_decoder_create.
 *
 * It is asked about perfect scans only. At anything else (a code that does not exist, data that end early, bytes left
 * over, a marker out of place) it says CJPEG_SCAN_IMPERFECT, and the picture is decoded again by the library alone, which
 * then decides what to make of it. So damage has one judge. */
#ifndef HEADRACE_CJPEG_ENTROPY_H
#define HEADRACE_CJPEG_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CJPEG_CODE_TABLES = 4, CJPEG_MAX_COMPONENTS_IN_SCAN = 4, CJPEG_MAX_BLOCKS_IN_MCU = 10 };

/* Huffman codes as a file has them (ITU T.81, B.2.4.2). */
typedef struct {
    uint8_t number;        /* of the table, below CJPEG_CODE_TABLES; one for DC and one for AC may have the same */
    const uint8_t *counts; /* 17: of the codes of 1 to 16 bits, behind one that means nothing */
    const uint8_t *values; /* 256, in the order of their codes */
} cjpeg_codes;

/* A block of each MCU. */
typedef struct {
    cjpeg_codes dc;
    cjpeg_codes ac;
    uint8_t component; /* its place in the scan, below CJPEG_MAX_COMPONENTS_IN_SCAN */
    bool is_needed;    /* somebody wants its coefficients */
} cjpeg_block;

/* The one scan of a sequential picture with Huffman codes and 8 bits a sample, all components in it. */
typedef struct {
    const uint8_t *bytes; /* behind the scan's header, to the end of the file; valid until the picture is decoded */
    size_t count;
    const cjpeg_block *blocks; /* valid until `begin` returns, and so are the codes */
    uint32_t blocks_in_mcu;    /* 1...CJPEG_MAX_BLOCKS_IN_MCU */
    uint32_t columns;          /* of MCUs; at least one, and so are the rows */
    uint32_t rows;
    uint32_t restart_interval; /* in MCUs; 0: there are no restart markers */
} cjpeg_scan;

typedef enum {
    CJPEG_MCU_READ = 0,
    CJPEG_SCAN_READ,     /* this MCU was the last, and behind it stands what belongs there */
    CJPEG_SCAN_IMPERFECT /* nothing may be asked any more */
} cjpeg_progress;

/* `reader` is what `create` returned. It belongs to one thread at a time, and serves picture after picture. */
typedef struct {
    /* NULL when there is no memory. */
    void *(*create)(void);
    void (*destroy)(void *reader);
    /* Begins a picture; false when its codes cannot be. */
    bool (*begin)(void *reader, const cjpeg_scan *scan);
    /* From now on, leaves the coefficients of MCUs outside these columns alone. */
    void (*limit_columns)(void *reader, uint32_t first, uint32_t last);
    /* Decodes the next MCU into its blocks of 64 coefficients, which are zero; NULL: nobody wants them. */
    cjpeg_progress (*read_mcu)(void *reader, int16_t *const *blocks);
    /* How many bytes have not been read, behind CJPEG_SCAN_READ. */
    size_t (*bytes_left)(const void *reader);
    /* Whether what lies behind the MCUs decoded so far looks whole: as many restart markers as belong there, in order,
     * then the end of the image. Looks at markers only. */
    bool (*rest_looks_whole)(const void *reader);
} cjpeg_entropy;

#endif
