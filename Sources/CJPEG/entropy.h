/* Huffman decoding of baseline JPEGs in place of the library's: the same coefficients in less time, and only those that
 * somebody wants.
 *
 * MCUs that nobody wants are left until the next one that is wanted. Where there are restart markers between the two,
 * what lies in front of the last of them is not decoded at all.
 *
 * It takes over the one entry of the library through which coefficients are made, so the inverse transform, upsampling
 * and colour conversion stay the library's. It knows perfect scans only. At anything else (a code that does not
 * exist, data that end early, bytes left over, a marker out of place) it gives up, and the caller decodes the picture
 * again with the library alone, which then decides what to make of it. So damage has one judge. */
#ifndef HEADRACE_CJPEG_ENTROPY_H
#define HEADRACE_CJPEG_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

typedef struct entropy_decoder entropy_decoder;

/* Told that the scan is not perfect. Must not return. */
typedef void (*entropy_giving_up)(j_decompress_ptr jpeg);

/* NULL when there is no memory. About 170 kB; keeps code tables from picture to picture. */
entropy_decoder *entropy_create(void);
void entropy_destroy(entropy_decoder *decoder);

/* Whether the library that this process runs with is one whose insides are known. */
bool entropy_knows_library(j_decompress_ptr jpeg);

/* Takes over a picture behind jpeg_start_decompress, before its first row; false when it is not of the kind that this
 * decodes: one interleaved scan, sequential, Huffman codes, 8 bits. */
bool entropy_take_over(entropy_decoder *decoder, j_decompress_ptr jpeg, entropy_giving_up give_up);

/* From now on, leaves the coefficients of MCUs outside these columns zero. */
void entropy_limit_columns(entropy_decoder *decoder, JDIMENSION first, JDIMENSION last);

/* Whether what lies behind the MCUs decoded so far looks whole: as many restart markers as belong there, in order, then
 * the end of the image. Looks at markers only. */
bool entropy_rest_looks_whole(const entropy_decoder *decoder);

#endif
