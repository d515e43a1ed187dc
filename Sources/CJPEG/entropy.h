/* Puts the functions of cjpeg_entropy into the library's place.
 *
 * It takes over the one entry of the library through which coefficients are made, so the inverse transform, upsampling
 * and colour conversion stay the library's. */
#ifndef HEADRACE_CJPEG_ENTROPY_HOOK_H
#define HEADRACE_CJPEG_ENTROPY_HOOK_H

#include "cjpeg_entropy.h"

#include <stdbool.h>
#include <stdio.h>

#include <jpeglib.h>

/* Told that the scan is not perfect. Must not return. */
typedef void (*entropy_giving_up)(j_decompress_ptr jpeg);

typedef struct {
    /* The library's view of an entropy decoder begins with these two, in all its versions. What follows there differs;
     * it only ever reads a flag that says that data ended early, and finds it false. */
    void (*start_pass)(j_decompress_ptr jpeg);
    boolean (*decode_mcu)(j_decompress_ptr jpeg, JBLOCKROW *blocks);
    void *reserved[16];

    cjpeg_entropy functions; /* all NULL when there are none */
    void *reader;            /* NULL until it is needed, and when there is no memory for it */
    entropy_giving_up give_up;
} entropy_hook;

/* Takes over a picture behind jpeg_start_decompress, before its first row; false when it is not of the kind that
 * cjpeg_scan describes, or the library is not one whose insides are known. `hook` is zero at first, but for its functions. */
bool entropy_take_over(entropy_hook *hook, j_decompress_ptr jpeg, entropy_giving_up give_up);

/* Frees the reader. */
void entropy_close(entropy_hook *hook);

#endif
