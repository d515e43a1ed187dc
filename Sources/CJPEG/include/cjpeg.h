/* JPEG in and out of caller-owned memory, over libjpeg-turbo, without its headers.
 *
 * libjpeg reports errors by longjmp. Every function here sets its own return point before it calls the library and
 * clears the state before it returns, so no frame of the caller is ever jumped over.
 * A decoder belongs to one thread at a time. */
#ifndef HEADRACE_CJPEG_H
#define HEADRACE_CJPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cjpeg_entropy.h"

typedef enum {
    CJPEG_OK = 0,
    CJPEG_CORRUPT,         /* the bytes break the format, or the library warned about them */
    CJPEG_TRUNCATED,       /* the bytes end before the picture does */
    CJPEG_UNSUPPORTED,     /* legal JPEG that nothing here can decode */
    CJPEG_TOO_MANY_PIXELS, /* over cjpeg_options.max_pixels */
    CJPEG_TOO_MANY_SCANS,  /* over cjpeg_options.max_scans */
    CJPEG_NO_MEMORY,
    CJPEG_BAD_CALL         /* the caller's buffer is too small, or calls came out of order */
} cjpeg_status;

/* What the decoded rows hold. */
typedef enum {
    CJPEG_GRAY = 1, /* one byte a pixel: the Y plane, if there is one */
    CJPEG_BGR = 3   /* three bytes a pixel */
} cjpeg_colour;

/* Room for the NUL-terminated reason of a failure. */
typedef struct {
    char text[200];
} cjpeg_message;

typedef struct {
    uint64_t max_pixels;
    uint32_t max_scans;
    /* Decode what there is of a damaged picture, and repeat the last row where it ends early. */
    bool tolerate_damage;
    /* Leave Huffman decoding to the library too, whatever cjpeg_decoder_create was given. Nothing changes but the time it takes. */
    bool library_only;
    /* Pixels near enough to the exact ones, for less work. */
    bool approximate;
    /* 1, 2, 4 or 8: decode the picture with its sides divided by this, rounded up; 0 is 1. */
    uint32_t reduction;
} cjpeg_options;

/* A part of a picture. */
typedef struct {
    uint32_t x;
    uint32_t y;
    uint32_t width;
    uint32_t height;
} cjpeg_window;

typedef struct {
    uint32_t width; /* of the picture as stored, and so is the height */
    uint32_t height;
    uint32_t components;
} cjpeg_info;

typedef struct cjpeg_decoder cjpeg_decoder;

/* NULL when there is no memory.
 *
 * - entropy: copied; NULL leaves Huffman decoding to the library. */
cjpeg_decoder *cjpeg_decoder_create(const cjpeg_entropy *entropy);
void cjpeg_decoder_destroy(cjpeg_decoder *decoder);

/* Reads the header of the picture in bytes[0..<count], which must stay valid until cjpeg_decode has returned. */
cjpeg_status cjpeg_begin(cjpeg_decoder *decoder, const uint8_t *bytes, size_t count, const cjpeg_options *options,
                         cjpeg_info *info, cjpeg_message *why);

/* Decodes the picture of the last cjpeg_begin, or the window of it: `height` rows of `width * colour` bytes, `stride`
 * bytes apart. The pixels of a window are those that they are in the whole picture. A window of a reduced picture is in
 * pixels of the reduced one, also of a picture that is decoded approximately.
 * After CJPEG_OK every pixel is written; after any other status the content of the rows means nothing.
 *
 * A picture with a window may be accepted though its data are damaged outside the window, but not when they end early or
 * restart markers are missing or out of order.
 * Damage is not tolerated in a part of a picture: CJPEG_BAD_CALL.
 *
 * - window: NULL for the whole picture. */
cjpeg_status cjpeg_decode(cjpeg_decoder *decoder, cjpeg_colour colour, const cjpeg_window *window, uint8_t *rows,
                          size_t capacity, size_t stride, cjpeg_message *why);

/* Whether the last picture was decoded without the library's own Huffman decoder. */
bool cjpeg_was_fast(const cjpeg_decoder *decoder);

/* Encodes rows of gray or BGR pixels as baseline JPEG, chroma halved both ways. `quality` is 1...100.
 * On CJPEG_OK *bytes is memory for cjpeg_free; otherwise NULL. */
cjpeg_status cjpeg_encode(const uint8_t *rows, uint32_t width, uint32_t height, cjpeg_colour colour, size_t stride,
                          int quality, uint8_t **bytes, size_t *count, cjpeg_message *why);

/* Where restart markers go: every so many rows of MCUs or, when that is 0, about every so many bytes. Both 0: nowhere. */
typedef struct {
    uint32_t rows;
    uint32_t bytes;
} cjpeg_restarts;

/* Rewrites a JPEG without loss: one baseline scan, Huffman codes of its own, restart markers. The coefficients stay, and
 * all segments for applications and comments in their order; what lies behind the end marker does not.
 *
 * Arithmetic coding is CJPEG_UNSUPPORTED; so is what a baseline scan cannot hold. Damage is never tolerated. The decoder
 * has no picture afterwards. On CJPEG_OK *rewritten is memory for cjpeg_free; otherwise NULL. */
cjpeg_status cjpeg_optimize(cjpeg_decoder *decoder, const uint8_t *bytes, size_t count, const cjpeg_options *options,
                            const cjpeg_restarts *restarts, uint8_t **rewritten, size_t *rewritten_count,
                            cjpeg_message *why);

void cjpeg_free(uint8_t *bytes);

#endif
