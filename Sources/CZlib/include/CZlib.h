/* What Headrace uses of zlib, the library's own header included so that Swift sees its inflate interface too. */
#ifndef HEADRACE_CZLIB_H
#define HEADRACE_CZLIB_H

#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

/* CRC-32 (ISO-HDLC) of n bytes, continuing from `crc`, which is 0 for the first part. */
uint32_t czlib_crc32(uint32_t crc, const uint8_t *src, size_t n);

#endif
