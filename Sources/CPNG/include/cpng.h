/* PNG in and out of caller-owned memory, over libpng, without its headers.
 *
 * libpng reports errors by longjmp. Every function here sets its own return point before it calls the library and
 * clears the state before it returns, so no frame of the caller is ever jumped over.
 * A decoder belongs to one thread at a time. */
#ifndef HEADRACE_CPNG_H
#define HEADRACE_CPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    CPNG_OK = 0,
    CPNG_CORRUPT,         /* the bytes break the format, or a checksum does not match */
    CPNG_TRUNCATED,       /* the bytes end before the picture does */
    CPNG_TOO_MANY_PIXELS, /* over the limit given */
    CPNG_NO_MEMORY,
    CPNG_BAD_CALL         /* the caller's buffer is too small, or calls came out of order */
} cpng_status;

/* What the rows hold. */
typedef enum {
    CPNG_GRAY = 1,
    CPNG_BGR = 3,
    CPNG_BGRA = 4
} cpng_colour;

/* Room for the NUL-terminated reason of a failure. */
typedef struct {
    char text[200];
} cpng_message;

typedef struct {
    uint32_t width;
    uint32_t height;
    /* The colour that loses nothing but the low byte of 16-bit samples. */
    cpng_colour natural;
} cpng_info;

typedef struct cpng_decoder cpng_decoder;

/* NULL when there is no memory. */
cpng_decoder *cpng_decoder_create(void);
void cpng_decoder_destroy(cpng_decoder *decoder);

/* Reads the header of the picture in bytes[0..<count], which must stay valid until cpng_decode has returned. */
cpng_status cpng_begin(cpng_decoder *decoder, const uint8_t *bytes, size_t count, uint64_t max_pixels, cpng_info *info,
                       cpng_message *why);

/* Decodes the picture of the last cpng_begin into `height` rows of `width * colour` bytes, `stride` bytes apart.
 * After CPNG_OK every pixel is written; after any other status the content of the rows means nothing. */
cpng_status cpng_decode(cpng_decoder *decoder, cpng_colour colour, uint8_t *rows, size_t capacity, size_t stride,
                        cpng_message *why);

/* Encodes rows of 8-bit pixels. `level` is zlib's, 0...9.
 * On CPNG_OK *bytes is memory for cpng_free; otherwise NULL. */
cpng_status cpng_encode(const uint8_t *rows, uint32_t width, uint32_t height, cpng_colour colour, size_t stride,
                        int level, uint8_t **bytes, size_t *count, cpng_message *why);
void cpng_free(uint8_t *bytes);

#endif
