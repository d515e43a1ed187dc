#include "decoder.h"

#include <stdlib.h>
#include <string.h>

#include <jerror.h>

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

_Noreturn void decoder_fail(cjpeg_decoder *decoder, cjpeg_status status, const char *text) {
    decoder->failure = status;
    snprintf(decoder->message.text, sizeof decoder->message.text, "%s", text);
    longjmp(decoder->escape, FAILED);
}

static void fail_with_library_message(cjpeg_decoder *decoder, cjpeg_status status) {
    char text[JMSG_LENGTH_MAX];
    decoder->errors.format_message((j_common_ptr)&decoder->jpeg, text);
    /* Whatever the library stumbled over behind the last byte, the cause is that the bytes ended. */
    if (decoder->reached_end && status == CJPEG_CORRUPT) {
        decoder_fail(decoder, CJPEG_TRUNCATED, "the file ends early");
    }
    decoder_fail(decoder, status, text);
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
        decoder_fail(decoder, CJPEG_TRUNCATED, "the end-of-image marker is missing");
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
        decoder_fail(decoder, CJPEG_TOO_MANY_SCANS, "too many scans");
    }
}

/* MARK: decoder */

cjpeg_decoder *cjpeg_decoder_create(const cjpeg_entropy *entropy) {
    cjpeg_decoder *decoder = calloc(1, sizeof(cjpeg_decoder));
    if (decoder) {
        decoder->reduction = 1;
        if (entropy) {
            decoder->entropy.functions = *entropy;
        }
    }
    return decoder;
}

void decoder_close(cjpeg_decoder *decoder) {
    if (decoder->is_open) {
        decoder->is_open = false;
        /* Does not report errors. */
        jpeg_destroy_decompress(&decoder->jpeg);
    }
}

void cjpeg_decoder_destroy(cjpeg_decoder *decoder) {
    if (decoder) {
        decoder_close(decoder);
        entropy_close(&decoder->entropy);
        free(decoder);
    }
}

cjpeg_status decoder_failed(cjpeg_decoder *decoder, cjpeg_message *why) {
    decoder_close(decoder);
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

/* Those for applications, and comments. */
static void keep_markers(j_decompress_ptr jpeg) {
    for (int number = 0; number < 16; number++) {
        jpeg_save_markers(jpeg, JPEG_APP0 + number, 0xFFFF);
    }
    jpeg_save_markers(jpeg, JPEG_COM, 0xFFFF);
}

void decoder_open(cjpeg_decoder *decoder) {
    decoder_close(decoder);
    decoder->failure = CJPEG_CORRUPT;
    decoder->reached_end = false;
    decoder->needs_end = false;

    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    jpeg->err = jpeg_std_error(&decoder->errors);
    decoder->errors.error_exit = on_error;
    decoder->errors.emit_message = on_message;
    decoder->errors.output_message = print_nothing;
    jpeg->client_data = decoder;
    /* A new object for each picture (about a microsecond), because the library keeps quantisation and Huffman tables
     * from one picture to the next: a file without tables would decode differently after different files. */
    decoder->is_open = true;
    jpeg_create_decompress(jpeg);

    decoder->source.init_source = source_init;
    decoder->source.fill_input_buffer = source_fill;
    decoder->source.skip_input_data = source_skip;
    decoder->source.resync_to_restart = jpeg_resync_to_restart;
    decoder->source.term_source = source_term;
    decoder->source.next_input_byte = decoder->bytes;
    decoder->source.bytes_in_buffer = decoder->count;
    jpeg->src = &decoder->source;
    decoder->progress.progress_monitor = on_progress;
    jpeg->progress = &decoder->progress;

    if (decoder->keeps_markers) {
        keep_markers(jpeg);
    }
    if (jpeg_read_header(jpeg, TRUE) == JPEG_SUSPENDED) {
        decoder_fail(decoder, CJPEG_TRUNCATED, "the file ends within the header");
    }
    decoder->needs_end = jpeg->arith_code || jpeg_has_multiple_scans(jpeg);
}

cjpeg_status cjpeg_begin(cjpeg_decoder *decoder, const uint8_t *bytes, size_t count, const cjpeg_options *options,
                         cjpeg_info *info, cjpeg_message *why) {
    memset(info, 0, sizeof *info);
    if (!decoder) {
        snprintf(why->text, sizeof why->text, "no memory for a decoder");
        return CJPEG_NO_MEMORY;
    }
    memset(&decoder->message, 0, sizeof decoder->message);
    decoder->options = *options;
    decoder->bytes = bytes;
    decoder->count = count;
    decoder->is_library_alone = options->library_only || options->tolerate_damage;
    const uint32_t reduction = options->reduction > 0 ? options->reduction : 1;
    if (reduction > DCTSIZE || (reduction & (reduction - 1)) != 0) {
        snprintf(why->text, sizeof why->text, "a picture is reduced by 1, 2, 4 or 8");
        return CJPEG_BAD_CALL;
    }
    decoder->reduction = reduction;

    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    if (setjmp(decoder->escape)) {
        return decoder_failed(decoder, why);
    }
    decoder_open(decoder);
    info->width = jpeg->image_width;
    info->height = jpeg->image_height;
    info->components = (uint32_t)jpeg->num_components;
    if ((uint64_t)info->width * info->height > options->max_pixels) {
        decoder_fail(decoder, CJPEG_TOO_MANY_PIXELS, "too many pixels");
    }
    if (jpeg->num_components != 1 && jpeg->num_components != 3 && jpeg->num_components != 4) {
        decoder_fail(decoder, CJPEG_UNSUPPORTED, "the number of components is not 1, 3 or 4");
    }
#ifndef D_ARITH_CODING_SUPPORTED
    if (jpeg->arith_code) {
        decoder_fail(decoder, CJPEG_UNSUPPORTED, "arithmetic coding, which this libjpeg was built without");
    }
#endif
    if (!options->tolerate_damage && is_too_short(decoder, count)) {
        decoder_fail(decoder, CJPEG_TRUNCATED, "there are fewer bits than blocks");
    }
    return CJPEG_OK;
}
