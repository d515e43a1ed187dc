#include "CZlib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 256 * 1024 };

uint32_t czlib_crc32(uint32_t crc, const uint8_t *src, size_t n)
{
    return (uint32_t)crc32_z(crc, src, n);
}

static int write_all(int target, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(target, bytes, n);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return -1;
        bytes += done;
        n -= (size_t)done;
    }
    return 0;
}

/* Fills the stream's input when it is used up; 0 at the end of the file, -1 on failure. */
static int refill(int source, z_stream *stream, uint8_t *input, uint64_t *position)
{
    if (stream->avail_in > 0) return 1;
    ssize_t count;
    do count = pread(source, input, BLOCK, (off_t)*position); while (count < 0 && errno == EINTR);
    if (count <= 0) return (int)count;
    *position += (uint64_t)count;
    stream->next_in = input;
    stream->avail_in = (uInt)count;
    return 1;
}

static czlib_status unpack(int source, int target, uint64_t limit, z_stream *stream, uint8_t *input, uint8_t *output,
                           uint64_t *position, uint64_t *produced)
{
    int inside = 1; /* in a member: the end of the file is too early */
    int full = 0;   /* the last round filled the output: there may be more of it without more input */
    for (;;) {
        int more = full ? 1 : refill(source, stream, input, position);
        if (more < 0) return CZLIB_READ_FAILED;
        if (more == 0) return inside ? CZLIB_TRUNCATED : CZLIB_OK;
        if (!inside) {
            /* Zeros behind the last member are padding of tapes and blocks; anything else begins another member. */
            while (stream->avail_in > 0 && *stream->next_in == 0) { stream->next_in++; stream->avail_in--; }
            if (stream->avail_in == 0) continue;
            if (inflateReset(stream) != Z_OK) return CZLIB_DAMAGED;
            inside = 1;
        }
        stream->next_out = output;
        stream->avail_out = BLOCK;
        int result = inflate(stream, Z_NO_FLUSH);
        size_t count = BLOCK - stream->avail_out;
        if (result == Z_MEM_ERROR) return CZLIB_NO_MEMORY;
        /* Z_BUF_ERROR: no progress without more input, which the next round brings. */
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return CZLIB_DAMAGED;
        if (count > limit - *produced) return CZLIB_TOO_LARGE;
        if (write_all(target, output, count) != 0) return CZLIB_WRITE_FAILED;
        *produced += count;
        if (result == Z_STREAM_END) inside = 0;
        full = inside && stream->avail_out == 0;
    }
}

czlib_status czlib_gunzip(int source, int target, uint64_t limit, uint64_t *consumed, uint64_t *produced)
{
    *consumed = *produced = 0;
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    uint8_t *buffers = malloc(2 * BLOCK);
    if (!buffers) return CZLIB_NO_MEMORY;
    czlib_status status = CZLIB_NO_MEMORY;
    /* 16: gzip and nothing else. */
    if (inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK) {
        status = unpack(source, target, limit, &stream, buffers, buffers + BLOCK, consumed, produced);
        int code = errno;
        *consumed -= stream.avail_in;
        inflateEnd(&stream);
        errno = code;
    }
    free(buffers);
    return status;
}

static czlib_status inflate_range(int source, uint64_t position, uint64_t end, int target, uint64_t unpacked, uint32_t crc,
                                  z_stream *stream, uint8_t *input, uint8_t *output)
{
    uint64_t produced = 0;
    uint32_t found = 0;
    for (;;) {
        if (stream->avail_in == 0 && position < end) {
            size_t wanted = end - position < BLOCK ? (size_t)(end - position) : BLOCK;
            ssize_t count;
            do count = pread(source, input, wanted, (off_t)position); while (count < 0 && errno == EINTR);
            if (count < 0) return CZLIB_READ_FAILED;
            if (count == 0) return CZLIB_TRUNCATED;
            position += (uint64_t)count;
            stream->next_in = input;
            stream->avail_in = (uInt)count;
        }
        stream->next_out = output;
        stream->avail_out = BLOCK;
        int result = inflate(stream, Z_NO_FLUSH);
        size_t count = BLOCK - stream->avail_out;
        if (result == Z_MEM_ERROR) return CZLIB_NO_MEMORY;
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return CZLIB_DAMAGED;
        if (count > unpacked - produced) return CZLIB_DAMAGED;
        if (write_all(target, output, count) != 0) return CZLIB_WRITE_FAILED;
        found = czlib_crc32(found, output, count);
        produced += count;
        if (result == Z_STREAM_END) return produced == unpacked && found == crc ? CZLIB_OK : CZLIB_DAMAGED;
        /* Neither input nor output: the stream has no end. */
        if (count == 0 && stream->avail_in == 0 && position >= end) return CZLIB_TRUNCATED;
    }
}

czlib_status czlib_inflate_file(int source, uint64_t offset, uint64_t packed, int target, uint64_t unpacked, uint32_t crc)
{
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    uint8_t *buffers = malloc(2 * BLOCK);
    if (!buffers) return CZLIB_NO_MEMORY;
    czlib_status status = CZLIB_NO_MEMORY;
    /* Negative: no header and no trailer. */
    if (inflateInit2(&stream, -MAX_WBITS) == Z_OK) {
        status = inflate_range(source, offset, offset + packed, target, unpacked, crc, &stream, buffers, buffers + BLOCK);
        int code = errno;
        inflateEnd(&stream);
        errno = code;
    }
    free(buffers);
    return status;
}
