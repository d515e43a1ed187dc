/* What Headrace uses of zlib, the library's own header included so that Swift sees its inflate interface too. */
#ifndef HEADRACE_CZLIB_H
#define HEADRACE_CZLIB_H

#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

/* CRC-32 (ISO-HDLC) of n bytes, continuing from `crc`, which is 0 for the first part. */
uint32_t czlib_crc32(uint32_t crc, const uint8_t *src, size_t n);

typedef enum {
    CZLIB_OK,
    CZLIB_READ_FAILED,  /* errno says why */
    CZLIB_WRITE_FAILED, /* errno says why */
    CZLIB_DAMAGED,      /* the stream is no gzip, or its checksum is wrong */
    CZLIB_TRUNCATED,    /* the file ends inside a stream */
    CZLIB_TOO_LARGE,    /* more than `limit` bytes would come out */
    CZLIB_NO_MEMORY
} czlib_status;

/* Unpacks the gzip file `source` (all its members) to the current position of `target`. `consumed` is how far in `source`
 * it came, `produced` how much it wrote. Both descriptors stay open. */
czlib_status czlib_gunzip(int source, int target, uint64_t limit, uint64_t *consumed, uint64_t *produced);

/* Unpacks the raw deflate stream in bytes offset .. offset + packed of `source` to the current position of `target`: exactly
 * `unpacked` bytes with the CRC-32 `crc`, or it is CZLIB_DAMAGED. Both descriptors stay open. */
czlib_status czlib_inflate_file(int source, uint64_t offset, uint64_t packed, int target, uint64_t unpacked, uint32_t crc);

#endif
