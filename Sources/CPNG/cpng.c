#include "cpng.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

/* zlib packs at most 1032 bytes into one. */
#define MAX_EXPANSION 1032

struct cpng_decoder {
    png_structp png;
    png_infop info;
    const uint8_t *bytes;
    size_t count;
    size_t position;
    cpng_message message;
    cpng_status failure;
};

/* MARK: errors and source */

static void fail(cpng_decoder *decoder, cpng_status status, const char *text) {
    decoder->failure = status;
    png_error(decoder->png, text);
}

static void on_error(png_structp png, png_const_charp text) {
    cpng_decoder *decoder = png_get_error_ptr(png);
    snprintf(decoder->message.text, sizeof decoder->message.text, "%s", text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep target, size_t wanted) {
    cpng_decoder *decoder = png_get_io_ptr(png);
    if (wanted > decoder->count - decoder->position) {
        fail(decoder, CPNG_TRUNCATED, "the file ends early");
    }
    memcpy(target, decoder->bytes + decoder->position, wanted);
    decoder->position += wanted;
}

/* MARK: decoder */

cpng_decoder *cpng_decoder_create(void) { return calloc(1, sizeof(cpng_decoder)); }

static void close_picture(cpng_decoder *decoder) {
    if (decoder->png) {
        png_destroy_read_struct(&decoder->png, &decoder->info, NULL);
    }
}

void cpng_decoder_destroy(cpng_decoder *decoder) {
    if (decoder) {
        close_picture(decoder);
        free(decoder);
    }
}

static cpng_status failed(cpng_decoder *decoder, cpng_message *why) {
    close_picture(decoder);
    *why = decoder->message;
    return decoder->failure;
}

/* Text, times and palettes for other uses are skipped (their checksums still count), so that a hostile one is never
 * unpacked. Gamma stays: it takes part in the conversion from colour to gray. */
static void skip_what_pixels_do_not_need(png_structp png) {
    static const png_byte skipped[] = "bKGD\0eXIf\0hIST\0iTXt\0oFFs\0pCAL\0pHYs\0sCAL\0sPLT\0tEXt\0tIME\0zTXt";
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, skipped, sizeof skipped / 5);
}

cpng_status cpng_begin(cpng_decoder *decoder, const uint8_t *bytes, size_t count, uint64_t max_pixels, cpng_info *info,
                       cpng_message *why) {
    memset(info, 0, sizeof *info);
    if (!decoder) {
        snprintf(why->text, sizeof why->text, "no memory for a decoder");
        return CPNG_NO_MEMORY;
    }
    close_picture(decoder);
    memset(&decoder->message, 0, sizeof decoder->message);
    decoder->bytes = bytes;
    decoder->count = count;
    decoder->position = 0;
    decoder->failure = CPNG_NO_MEMORY;
    decoder->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, decoder, on_error, on_warning);
    if (!decoder->png) {
        return failed(decoder, why);
    }
    decoder->info = png_create_info_struct(decoder->png);
    if (!decoder->info) {
        return failed(decoder, why);
    }
    decoder->failure = CPNG_CORRUPT;
    if (setjmp(png_jmpbuf(decoder->png))) {
        return failed(decoder, why);
    }

    png_set_read_fn(decoder->png, decoder, read_bytes);
    /* Dimensions are judged below, by their product and with a better message. */
    png_set_user_limits(decoder->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_crc_action(decoder->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    skip_what_pixels_do_not_need(decoder->png);
    png_read_info(decoder->png, decoder->info);

    info->width = png_get_image_width(decoder->png, decoder->info);
    info->height = png_get_image_height(decoder->png, decoder->info);
    if ((uint64_t)info->width * info->height > max_pixels) {
        fail(decoder, CPNG_TOO_MANY_PIXELS, "too many pixels");
    }
    const uint64_t bits_per_pixel = (uint64_t)png_get_channels(decoder->png, decoder->info)
                                    * png_get_bit_depth(decoder->png, decoder->info);
    if ((uint64_t)info->width * info->height / 8 * bits_per_pixel / MAX_EXPANSION > count) {
        fail(decoder, CPNG_TRUNCATED, "the file is too short for its size in pixels");
    }

    const int type = png_get_color_type(decoder->png, decoder->info);
    const bool has_transparency = png_get_valid(decoder->png, decoder->info, PNG_INFO_tRNS) != 0;
    if (type & PNG_COLOR_MASK_ALPHA || (type & PNG_COLOR_MASK_COLOR && has_transparency)) {
        info->natural = CPNG_BGRA;
    } else {
        info->natural = type & PNG_COLOR_MASK_COLOR ? CPNG_BGR : CPNG_GRAY;
    }
    return CPNG_OK;
}

/* Follows OpenCV 3.4 `grfmt_png.cpp` in what is asked of the library, so that the pixels are the same. */
static void set_transforms(png_structp png, png_infop info, cpng_colour colour) {
    const int type = png_get_color_type(png, info);
    const int depth = png_get_bit_depth(png, info);
    if (depth == 16) {
        png_set_strip_16(png);
    }
    if (colour == CPNG_BGRA) {
        png_set_tRNS_to_alpha(png);
        if (!(type & PNG_COLOR_MASK_ALPHA) && !png_get_valid(png, info, PNG_INFO_tRNS)) {
            png_set_add_alpha(png, 0xFF, PNG_FILLER_AFTER);
        }
    } else {
        png_set_strip_alpha(png);
    }
    if (type == PNG_COLOR_TYPE_PALETTE) {
        png_set_palette_to_rgb(png);
    }
    if (!(type & PNG_COLOR_MASK_COLOR) && depth < 8) {
        png_set_expand_gray_1_2_4_to_8(png);
    }
    if (colour == CPNG_GRAY) {
        png_set_rgb_to_gray(png, PNG_ERROR_ACTION_NONE, 0.299, 0.587);
    } else {
        png_set_gray_to_rgb(png);
        png_set_bgr(png);
    }
}

cpng_status cpng_decode(cpng_decoder *decoder, cpng_colour colour, uint8_t *rows, size_t capacity, size_t stride,
                        cpng_message *why) {
    decoder->failure = CPNG_BAD_CALL;
    snprintf(decoder->message.text, sizeof decoder->message.text, "cpng_decode was called wrongly");
    if (!decoder->png || (colour != CPNG_GRAY && colour != CPNG_BGR && colour != CPNG_BGRA)) {
        return failed(decoder, why);
    }
    if (setjmp(png_jmpbuf(decoder->png))) {
        return failed(decoder, why);
    }
    const uint32_t width = png_get_image_width(decoder->png, decoder->info);
    const uint32_t height = png_get_image_height(decoder->png, decoder->info);
    const size_t row_bytes = (size_t)width * (size_t)colour;
    if (stride < row_bytes || capacity / stride < height) {
        fail(decoder, CPNG_BAD_CALL, "the buffer is too small");
    }
    decoder->failure = CPNG_CORRUPT;
    set_transforms(decoder->png, decoder->info, colour);
    const int passes = png_set_interlace_handling(decoder->png);
    png_read_update_info(decoder->png, decoder->info);
    /* The library writes what it thinks the row is; make sure that it agrees with the caller's. */
    if (png_get_rowbytes(decoder->png, decoder->info) != row_bytes) {
        fail(decoder, CPNG_BAD_CALL, "the row length is not the expected one");
    }
    for (int pass = 0; pass < passes; pass++) {
        for (uint32_t y = 0; y < height; y++) {
            png_read_row(decoder->png, rows + y * stride, NULL);
        }
    }
    png_read_end(decoder->png, NULL);
    close_picture(decoder);
    return CPNG_OK;
}

/* MARK: encoder */

typedef struct {
    png_structp png;
    png_infop info;
    uint8_t *bytes;
    size_t count;
    size_t capacity;
    cpng_message message;
    cpng_status failure;
} encoder;

static void on_encoder_error(png_structp png, png_const_charp text) {
    encoder *state = png_get_error_ptr(png);
    snprintf(state->message.text, sizeof state->message.text, "%s", text);
    png_longjmp(png, 1);
}

static void write_bytes(png_structp png, png_bytep source, size_t length) {
    encoder *state = png_get_io_ptr(png);
    if (length > state->capacity - state->count) {
        size_t capacity = state->capacity ? state->capacity * 2 : 1 << 16;
        capacity = capacity < state->count + length ? state->count + length : capacity;
        uint8_t *bytes = realloc(state->bytes, capacity);
        if (!bytes) {
            state->failure = CPNG_NO_MEMORY;
            png_error(png, "no memory");
        }
        state->bytes = bytes;
        state->capacity = capacity;
    }
    memcpy(state->bytes + state->count, source, length);
    state->count += length;
}

static void flush_nothing(png_structp png) { (void)png; }

static cpng_status encode(encoder *state, const uint8_t *rows, uint32_t width, uint32_t height, cpng_colour colour,
                          size_t stride, int level) {
    state->failure = CPNG_NO_MEMORY;
    state->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, state, on_encoder_error, on_warning);
    if (!state->png) {
        return state->failure;
    }
    state->info = png_create_info_struct(state->png);
    if (!state->info) {
        return state->failure;
    }
    state->failure = CPNG_BAD_CALL;
    if (setjmp(png_jmpbuf(state->png))) {
        return state->failure;
    }
    const int type = colour == CPNG_GRAY  ? PNG_COLOR_TYPE_GRAY
                     : colour == CPNG_BGR ? PNG_COLOR_TYPE_RGB
                                          : PNG_COLOR_TYPE_RGB_ALPHA;
    png_set_write_fn(state->png, state, write_bytes, flush_nothing);
    png_set_IHDR(state->png, state->info, width, height, 8, type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
                 PNG_FILTER_TYPE_BASE);
    png_set_compression_level(state->png, level);
    png_write_info(state->png, state->info);
    png_set_bgr(state->png);
    for (uint32_t y = 0; y < height; y++) {
        png_write_row(state->png, rows + y * stride);
    }
    png_write_end(state->png, NULL);
    return CPNG_OK;
}

cpng_status cpng_encode(const uint8_t *rows, uint32_t width, uint32_t height, cpng_colour colour, size_t stride,
                        int level, uint8_t **bytes, size_t *count, cpng_message *why) {
    encoder state = {0};
    const cpng_status status = encode(&state, rows, width, height, colour, stride, level);
    png_destroy_write_struct(&state.png, &state.info);
    *why = state.message;
    if (status != CPNG_OK) {
        free(state.bytes);
        state.bytes = NULL;
        state.count = 0;
    }
    *bytes = state.bytes;
    *count = state.count;
    return status;
}

void cpng_free(uint8_t *bytes) { free(bytes); }
