/* What the files of the decoder share. */
#ifndef HEADRACE_CJPEG_DECODER_H
#define HEADRACE_CJPEG_DECODER_H

#include "cjpeg.h"
#include "entropy.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

/* Why `escape` was jumped to. */
enum { FAILED = 1, GAVE_UP = 2 };

/* What the caller waits for, and what the library delivers of it. */
typedef struct {
    cjpeg_colour colour;
    cjpeg_window window;
    uint8_t *rows;
    size_t stride;
    /* Where rows go that have more columns than the window, or inks; NULL when they go to `rows`. */
    JSAMPARRAY strip;
    JDIMENSION strip_x; /* the column of the picture that a row of the strip begins with */
} request;

struct cjpeg_decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    cjpeg_options options;
    cjpeg_message message;
    cjpeg_status failure;
    const uint8_t *bytes;
    size_t count;
    entropy_hook entropy;
    bool is_library_alone; /* the library decodes by itself */
    uint32_t reduction;    /* 1, 2, 4 or 8 */
    request wanted;        /* kept here because a local would not survive a jump */
    bool is_open;          /* `jpeg` holds a picture's memory */
    bool reached_end;      /* the library asked for bytes behind the last one */
    bool keeps_markers;    /* the application's segments are kept when the header is read */
    bool needs_end;        /* the end marker alone tells that nothing is missing: see source_fill in cjpeg.c */
};

/* Leaves by `escape`. */
_Noreturn void decoder_fail(cjpeg_decoder *decoder, cjpeg_status status, const char *text);

/* Reads the header of the picture anew. Leaves by `escape` when it cannot. */
void decoder_open(cjpeg_decoder *decoder);
void decoder_close(cjpeg_decoder *decoder);

/* Closes the picture and says why. */
cjpeg_status decoder_failed(cjpeg_decoder *decoder, cjpeg_message *why);

#endif
