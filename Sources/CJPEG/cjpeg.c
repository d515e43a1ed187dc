#include "cjpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

/* How many rows are asked for at a time. The library returns at most its row group (1 to 4), so more gains nothing. */
#define ROWS_PER_CALL 8

struct cjpeg_decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    cjpeg_options options;
    cjpeg_message message;
    cjpeg_status failure;
    bool is_open;     /* `jpeg` holds a picture's memory */
    bool reached_end; /* the library asked for bytes behind the last one */
    bool needs_end;   /* the end marker alone tells that nothing is missing: see source_fill */
};

/* MARK: errors */

static cjpeg_status status_of_error(int code) {
    switch (code) {
    case JERR_OUT_OF_MEMORY:
        return CJPEG_NO_MEMORY;
    case JERR_INPUT_EMPTY:
    case JERR_INPUT_EOF:
        return CJPEG_TRUNCATED;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_IMAGE_TOO_BIG:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
        return CJPEG_UNSUPPORTED;
    default:
        return CJPEG_CORRUPT;
    }
}

static void fail(cjpeg_decoder *decoder, cjpeg_status status, const char *text) {
    decoder->failure = status;
    snprintf(decoder->message.text, sizeof decoder->message.text, "%s", text);
    longjmp(decoder->escape, 1);
}

static void fail_with_library_message(cjpeg_decoder *decoder, cjpeg_status status) {
    char text[JMSG_LENGTH_MAX];
    decoder->errors.format_message((j_common_ptr)&decoder->jpeg, text);
    /* Whatever the library stumbled over behind the last byte, the cause is that the bytes ended. */
    if (decoder->reached_end && status == CJPEG_CORRUPT) {
        fail(decoder, CJPEG_TRUNCATED, "the file ends early");
    }
    fail(decoder, status, text);
}

static void on_error(j_common_ptr common) {
    cjpeg_decoder *decoder = common->client_data;
    fail_with_library_message(decoder, status_of_error(decoder->errors.msg_code));
}

/* The library calls what it can paper over a warning: blocks of grey, a resynchronised scan. A trainer must not learn
 * from those, so a warning ends the picture at once unless the caller tolerates damage. */
static void on_message(j_common_ptr common, int level) {
    cjpeg_decoder *decoder = common->client_data;
    if (level >= 0 || decoder->options.tolerate_damage) {
        return;
    }
    /* An unknown JFIF revision says nothing about the pixels. */
    if (decoder->errors.msg_code == JWRN_JFIF_MAJOR) {
        return;
    }
    fail_with_library_message(decoder, CJPEG_CORRUPT);
}

static void print_nothing(j_common_ptr common) { (void)common; }

/* MARK: source */

static const JOCTET end_of_image[2] = {0xFF, JPEG_EOI};

static void source_init(j_decompress_ptr jpeg) { (void)jpeg; }

/* Called when the bytes have run out.
 *
 * Where damage is tolerated, the library is told to wait for more: it then delivers no further rows.
 *
 * Otherwise this pretends that there is an end-of-image marker. A picture of one scan that lacks nothing else is whole,
 * and such files exist; if pixels are missing too, the entropy decoder warns when it meets the marker. A picture of
 * several scans could end between two of them without any warning, and the arithmetic decoder reads zeros behind the end
 * of its data, so there the marker must be in the file. */
static boolean source_fill(j_decompress_ptr jpeg) {
    cjpeg_decoder *decoder = jpeg->client_data;
    decoder->reached_end = true;
    if (decoder->options.tolerate_damage) {
        return FALSE;
    }
    if (decoder->needs_end) {
        fail(decoder, CJPEG_TRUNCATED, "the end-of-image marker is missing");
    }
    jpeg->src->next_input_byte = end_of_image;
    jpeg->src->bytes_in_buffer = sizeof end_of_image;
    return TRUE;
}

static void source_skip(j_decompress_ptr jpeg, long count) {
    if (count <= 0) {
        return;
    }
    if ((size_t)count > jpeg->src->bytes_in_buffer) {
        jpeg->src->bytes_in_buffer = 0;
        source_fill(jpeg);
        return;
    }
    jpeg->src->next_input_byte += count;
    jpeg->src->bytes_in_buffer -= (size_t)count;
}

static void source_term(j_decompress_ptr jpeg) { (void)jpeg; }

/* A few kilobytes can hold thousands of scans, each of which costs a pass over the whole picture. */
static void on_progress(j_common_ptr common) {
    cjpeg_decoder *decoder = common->client_data;
    if ((uint32_t)decoder->jpeg.input_scan_number > decoder->options.max_scans) {
        fail(decoder, CJPEG_TOO_MANY_SCANS, "too many scans");
    }
}

/* MARK: decoder */

cjpeg_decoder *cjpeg_decoder_create(void) { return calloc(1, sizeof(cjpeg_decoder)); }

static void close_picture(cjpeg_decoder *decoder) {
    if (decoder->is_open) {
        decoder->is_open = false;
        /* Does not report errors. */
        jpeg_destroy_decompress(&decoder->jpeg);
    }
}

void cjpeg_decoder_destroy(cjpeg_decoder *decoder) {
    if (decoder) {
        close_picture(decoder);
        free(decoder);
    }
}

static cjpeg_status failed(cjpeg_decoder *decoder, cjpeg_message *why) {
    close_picture(decoder);
    *why = decoder->message;
    return decoder->failure;
}

/* With Huffman codes every block takes at least one bit. A file too short for that would make the library reserve and
 * fill memory for a picture that cannot be there. Arithmetic coding has no such bound. */
static bool is_too_short(const cjpeg_decoder *decoder, size_t count) {
    const struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    if (jpeg->arith_code) {
        return false;
    }
    uint64_t blocks = 0;
    for (int i = 0; i < jpeg->num_components; i++) {
        const jpeg_component_info *component = &jpeg->comp_info[i];
        blocks += (uint64_t)component->width_in_blocks * component->height_in_blocks;
    }
    return blocks / 8 > count;
}

cjpeg_status cjpeg_begin(cjpeg_decoder *decoder, const uint8_t *bytes, size_t count, const cjpeg_options *options,
                         cjpeg_info *info, cjpeg_message *why) {
    close_picture(decoder);
    memset(info, 0, sizeof *info);
    memset(&decoder->message, 0, sizeof decoder->message);
    decoder->options = *options;
    decoder->failure = CJPEG_CORRUPT;
    decoder->reached_end = false;
    decoder->needs_end = false;

    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    jpeg->err = jpeg_std_error(&decoder->errors);
    decoder->errors.error_exit = on_error;
    decoder->errors.emit_message = on_message;
    decoder->errors.output_message = print_nothing;
    jpeg->client_data = decoder;

    if (setjmp(decoder->escape)) {
        return failed(decoder, why);
    }
    /* A new object for each picture (about a microsecond), because the library keeps quantisation and Huffman tables
     * from one picture to the next: a file without tables would decode differently after different files. */
    decoder->is_open = true;
    jpeg_create_decompress(jpeg);

    decoder->source.init_source = source_init;
    decoder->source.fill_input_buffer = source_fill;
    decoder->source.skip_input_data = source_skip;
    decoder->source.resync_to_restart = jpeg_resync_to_restart;
    decoder->source.term_source = source_term;
    decoder->source.next_input_byte = bytes;
    decoder->source.bytes_in_buffer = count;
    jpeg->src = &decoder->source;
    decoder->progress.progress_monitor = on_progress;
    jpeg->progress = &decoder->progress;

    if (jpeg_read_header(jpeg, TRUE) == JPEG_SUSPENDED) {
        fail(decoder, CJPEG_TRUNCATED, "the file ends within the header");
    }
    decoder->needs_end = jpeg->arith_code || jpeg_has_multiple_scans(jpeg);
    info->width = jpeg->image_width;
    info->height = jpeg->image_height;
    info->components = (uint32_t)jpeg->num_components;
    if ((uint64_t)info->width * info->height > options->max_pixels) {
        fail(decoder, CJPEG_TOO_MANY_PIXELS, "too many pixels");
    }
    if (jpeg->num_components != 1 && jpeg->num_components != 3 && jpeg->num_components != 4) {
        fail(decoder, CJPEG_UNSUPPORTED, "the number of components is not 1, 3 or 4");
    }
#ifndef D_ARITH_CODING_SUPPORTED
    if (jpeg->arith_code) {
        fail(decoder, CJPEG_UNSUPPORTED, "arithmetic coding, which this libjpeg was built without");
    }
#endif
    if (!options->tolerate_damage && is_too_short(decoder, count)) {
        fail(decoder, CJPEG_TRUNCATED, "there are fewer bits than blocks");
    }
    return CJPEG_OK;
}

/* Follows OpenCV 3.4: four inks as Adobe writes them (inverted), the black one a factor with 8 fractional bits. */
static void convert_inks(const JSAMPLE *inks, uint8_t *row, uint32_t width, cjpeg_colour colour) {
    for (uint32_t x = 0; x < width; x++, inks += 4) {
        const int black = inks[3];
        const int red = black - ((255 - inks[0]) * black >> 8);
        const int green = black - ((255 - inks[1]) * black >> 8);
        const int blue = black - ((255 - inks[2]) * black >> 8);
        if (colour == CJPEG_BGR) {
            row[3 * (size_t)x] = (uint8_t)blue;
            row[3 * (size_t)x + 1] = (uint8_t)green;
            row[3 * (size_t)x + 2] = (uint8_t)red;
        } else {
            /* .299, .587, .114 with 14 fractional bits. */
            row[x] = (uint8_t)((red * 4899 + green * 9617 + blue * 1868 + (1 << 13)) >> 14);
        }
    }
}

/* The bytes of a damaged picture ended after `count` rows. OpenCV 3.4 delivers the last of them again and again. */
static void repeat_last_row(cjpeg_decoder *decoder, uint8_t *rows, JDIMENSION count, size_t stride, size_t row_bytes) {
    if (count == 0) {
        fail(decoder, CJPEG_TRUNCATED, "the file ends within the first rows");
    }
    for (JDIMENSION y = count; y < decoder->jpeg.output_height; y++) {
        memcpy(rows + y * stride, rows + (count - 1) * stride, row_bytes);
    }
}

cjpeg_status cjpeg_decode(cjpeg_decoder *decoder, cjpeg_colour colour, uint8_t *rows, size_t capacity, size_t stride,
                          cjpeg_message *why) {
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    decoder->failure = CJPEG_BAD_CALL;
    snprintf(decoder->message.text, sizeof decoder->message.text, "cjpeg_decode was called wrongly");
    if (!decoder->is_open || (colour != CJPEG_GRAY && colour != CJPEG_BGR)
        || stride < (size_t)jpeg->image_width * (size_t)colour || capacity / stride < jpeg->image_height) {
        return failed(decoder, why);
    }
    if (setjmp(decoder->escape)) {
        return failed(decoder, why);
    }

    const bool has_inks = jpeg->num_components == 4;
    jpeg->out_color_space = has_inks ? JCS_CMYK : colour == CJPEG_GRAY ? JCS_GRAYSCALE : JCS_EXT_BGR;
    /* The exact method, which all versions compute alike. */
    jpeg->dct_method = JDCT_ISLOW;
    /* Returns FALSE only when the source suspends, which it does for damaged pictures that are tolerated. */
    if (!jpeg_start_decompress(jpeg)) {
        fail(decoder, CJPEG_TRUNCATED, "the file ends before the last scan");
    }

    JSAMPARRAY inks = NULL;
    if (has_inks) {
        inks = jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, jpeg->output_width * 4, 1);
    }
    while (jpeg->output_scanline < jpeg->output_height) {
        const JDIMENSION first = jpeg->output_scanline;
        uint8_t *row = rows + first * stride;
        JDIMENSION count;
        if (has_inks) {
            count = jpeg_read_scanlines(jpeg, inks, 1);
            if (count > 0) {
                convert_inks(inks[0], row, jpeg->output_width, colour);
            }
        } else {
            JSAMPROW targets[ROWS_PER_CALL];
            JDIMENSION wanted = jpeg->output_height - first;
            wanted = wanted < ROWS_PER_CALL ? wanted : ROWS_PER_CALL;
            for (JDIMENSION i = 0; i < wanted; i++) {
                targets[i] = row + i * stride;
            }
            count = jpeg_read_scanlines(jpeg, targets, wanted);
        }
        if (count == 0) {
            repeat_last_row(decoder, rows, first, stride, jpeg->output_width * (size_t)colour);
            close_picture(decoder);
            return CJPEG_OK;
        }
    }

    /* A progressive file may leave a component out altogether and still end properly. */
    if (!decoder->options.tolerate_damage && jpeg->progressive_mode && jpeg->coef_bits) {
        for (int i = 0; i < jpeg->num_components; i++) {
            if (jpeg->coef_bits[i][0] < 0) {
                fail(decoder, CJPEG_CORRUPT, "a component has no data");
            }
        }
    }
    /* Reads to the end marker, so that left-over data is noticed. */
    jpeg_finish_decompress(jpeg);
    close_picture(decoder);
    return CJPEG_OK;
}
