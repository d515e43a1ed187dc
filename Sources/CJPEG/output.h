/* Memory that an encoder writes to and that grows. */
#ifndef HEADRACE_CJPEG_OUTPUT_H
#define HEADRACE_CJPEG_OUTPUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

typedef struct {
    struct jpeg_destination_mgr target; /* first, for that is what the library hands back */
    uint8_t *bytes;                     /* from malloc; whoever has the output frees them */
    size_t capacity;
} output;

/* Has `jpeg` write to `to`, which is all zero and outlives it. A failure to grow is the library's error. */
void output_attach(output *to, j_compress_ptr jpeg);

/* How many bytes have been written. */
size_t output_count(const output *to);

#endif
