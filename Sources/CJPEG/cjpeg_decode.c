#include "decoder.h"

#include <string.h>

/* How many rows are asked for at a time. The library returns at most its row group (1 to 4), so more gains nothing. */
#define ROWS_PER_CALL 8

/* How many pixels are decoded on each side of a window. Upsampling looks at one sample of a component that is halved, so
 * two would do. But where cropping leaves any component a single sample in a row, the library chooses its upsampling
 * anew, by the width of the part, and may choose another for the other components than it does for the whole picture. No
 * sample stands for more than four pixels, so with these a row has two. */
#define CONTEXT_PIXELS MAX_SAMP_FACTOR

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

/* Takes the window out of `count` rows from `y` on. */
static void copy_strip(const cjpeg_decoder *decoder, JDIMENSION y, JDIMENSION count) {
    const request *wanted = &decoder->wanted;
    const cjpeg_window *window = &wanted->window;
    const size_t channels = (size_t)wanted->colour, offset = window->x - wanted->strip_x;
    for (JDIMENSION i = 0; i < count; i++) {
        if (y + i < window->y || y + i - window->y >= window->height) {
            continue;
        }
        uint8_t *target = wanted->rows + (y + i - window->y) * wanted->stride;
        if (decoder->jpeg.num_components == 4) {
            convert_inks(wanted->strip[i] + offset * 4, target, window->width, wanted->colour);
        } else {
            memcpy(target, wanted->strip[i] + offset * channels, window->width * channels);
        }
    }
}

/* The bytes of a damaged picture ended after `count` rows. OpenCV 3.4 delivers the last of them again and again. */
static void repeat_last_row(cjpeg_decoder *decoder, JDIMENSION count) {
    const request *wanted = &decoder->wanted;
    const size_t stride = wanted->stride;
    if (count == 0) {
        decoder_fail(decoder, CJPEG_TRUNCATED, "the file ends within the first rows");
    }
    const size_t row_bytes = decoder->jpeg.output_width * (size_t)wanted->colour;
    for (JDIMENSION y = count; y < decoder->jpeg.output_height; y++) {
        memcpy(wanted->rows + y * stride, wanted->rows + (count - 1) * stride, row_bytes);
    }
}

/* A side of the picture as it is delivered. */
static uint32_t reduced(const cjpeg_decoder *decoder, uint32_t side) {
    return side / decoder->reduction + (side % decoder->reduction != 0);
}

static void on_giving_up(j_decompress_ptr jpeg) {
    cjpeg_decoder *decoder = jpeg->client_data;
    longjmp(decoder->escape, GAVE_UP);
}

static void start(cjpeg_decoder *decoder, cjpeg_colour colour) {
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    jpeg->out_color_space = jpeg->num_components == 4 ? JCS_CMYK : colour == CJPEG_GRAY ? JCS_GRAYSCALE : JCS_EXT_BGR;
    /* The slow method is the exact one, which all versions compute alike. */
    jpeg->dct_method = decoder->options.approximate ? JDCT_IFAST : JDCT_ISLOW;
    jpeg->do_fancy_upsampling = !decoder->options.approximate;
    jpeg->scale_num = 1;
    jpeg->scale_denom = decoder->reduction;
    /* Returns FALSE only when the source suspends, which it does for damaged pictures that are tolerated. */
    if (!jpeg_start_decompress(jpeg)) {
        decoder_fail(decoder, CJPEG_TRUNCATED, "the file ends before the last scan");
    }
    decoder->is_library_alone =
        decoder->is_library_alone || !entropy_take_over(&decoder->entropy, jpeg, on_giving_up);
}

/* Has only the columns decoded that the window needs, and goes to its first row. */
static void enter_window(cjpeg_decoder *decoder) {
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    const cjpeg_window *window = &decoder->wanted.window;
    const jpeg_component_info *component = jpeg->comp_info;
    const uint32_t end = window->x + window->width, behind = jpeg->output_width - end;
    JDIMENSION x = window->x > CONTEXT_PIXELS ? window->x - CONTEXT_PIXELS : 0;
    JDIMENSION width = end + (behind < CONTEXT_PIXELS ? behind : CONTEXT_PIXELS) - x;
    /* One component alone has MCUs of one block whatever its sampling factors are; odd ones are left whole. */
    const bool is_plain = component->h_samp_factor == 1 && component->v_samp_factor == 1;
    if (width < jpeg->output_width && (jpeg->num_components > 1 || is_plain)) {
        jpeg_crop_scanline(jpeg, &x, &width);
        decoder->wanted.strip_x = x;
        const JDIMENSION columns = DCTSIZE / decoder->reduction * (JDIMENSION)jpeg->max_h_samp_factor;
        const entropy_hook *const entropy = &decoder->entropy;
        entropy->functions.limit_columns(entropy->reader, x / columns, (x + width - 1) / columns);
    }
    if (window->y > 0) {
        jpeg_skip_scanlines(jpeg, window->y);
    }
}

/* Reads rows up to `end`. False when the bytes of a damaged picture ended before. */
static bool read_rows(cjpeg_decoder *decoder, JDIMENSION end) {
    const request *wanted = &decoder->wanted;
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    while (jpeg->output_scanline < end) {
        const JDIMENSION y = jpeg->output_scanline;
        JSAMPROW targets[ROWS_PER_CALL];
        const JDIMENSION most = end - y < ROWS_PER_CALL ? end - y : ROWS_PER_CALL;
        for (JDIMENSION i = 0; i < most; i++) {
            targets[i] = wanted->strip ? wanted->strip[i] : wanted->rows + (y + i) * wanted->stride;
        }
        const JDIMENSION count = jpeg_read_scanlines(jpeg, targets, most);
        if (wanted->strip) {
            copy_strip(decoder, y, count);
        }
        if (count == 0) {
            repeat_last_row(decoder, y);
            return false;
        }
    }
    return true;
}

static bool is_part(const cjpeg_decoder *decoder) {
    const cjpeg_window *window = &decoder->wanted.window;
    return window->width != reduced(decoder, decoder->jpeg.image_width)
           || window->height != reduced(decoder, decoder->jpeg.image_height);
}

static void decode_rows(cjpeg_decoder *decoder) {
    struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    request *wanted = &decoder->wanted;
    start(decoder, wanted->colour);
    const cjpeg_window *window = &wanted->window;
    const bool may_skip = is_part(decoder) && !decoder->is_library_alone;
    wanted->strip = NULL;
    wanted->strip_x = 0;
    if (may_skip) {
        enter_window(decoder);
    }
    if (is_part(decoder) || jpeg->num_components == 4) {
        const JDIMENSION samples = jpeg->output_width * (JDIMENSION)jpeg->output_components;
        wanted->strip = jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE, samples, ROWS_PER_CALL);
    }
    if (!read_rows(decoder, may_skip ? window->y + window->height : jpeg->output_height)) {
        return;
    }
    if (jpeg->output_scanline < jpeg->output_height) {
        /* Nobody needs the rest, but a picture that ends early must not depend on the window. */
        if (!decoder->entropy.functions.rest_looks_whole(decoder->entropy.reader)) {
            on_giving_up(jpeg);
        }
        return;
    }
    /* A progressive file may leave a component out altogether and still end properly. */
    if (!decoder->options.tolerate_damage && jpeg->progressive_mode && jpeg->coef_bits) {
        for (int i = 0; i < jpeg->num_components; i++) {
            if (jpeg->coef_bits[i][0] < 0) {
                decoder_fail(decoder, CJPEG_CORRUPT, "a component has no data");
            }
        }
    }
    /* Reads to the end marker, so that left-over data is noticed. */
    jpeg_finish_decompress(jpeg);
}

static bool is_possible(const cjpeg_decoder *decoder, size_t capacity) {
    const request *wanted = &decoder->wanted;
    const struct jpeg_decompress_struct *jpeg = &decoder->jpeg;
    const cjpeg_window *window = &wanted->window;
    return decoder->is_open && (wanted->colour == CJPEG_GRAY || wanted->colour == CJPEG_BGR)
           && window->width > 0 && window->height > 0
           && (uint64_t)window->x + window->width <= reduced(decoder, jpeg->image_width)
           && (uint64_t)window->y + window->height <= reduced(decoder, jpeg->image_height)
           && wanted->stride >= (size_t)window->width * (size_t)wanted->colour
           && capacity / wanted->stride >= window->height && !(is_part(decoder) && decoder->options.tolerate_damage);
}

cjpeg_status cjpeg_decode(cjpeg_decoder *decoder, cjpeg_colour colour, const cjpeg_window *window, uint8_t *rows,
                          size_t capacity, size_t stride, cjpeg_message *why) {
    decoder->failure = CJPEG_BAD_CALL;
    snprintf(decoder->message.text, sizeof decoder->message.text, "cjpeg_decode was called wrongly");
    const cjpeg_window whole = {0, 0, reduced(decoder, decoder->jpeg.image_width),
                                reduced(decoder, decoder->jpeg.image_height)};
    decoder->wanted = (request){.colour = colour, .window = window ? *window : whole, .rows = rows, .stride = stride};
    if (!is_possible(decoder, capacity)) {
        return decoder_failed(decoder, why);
    }
    switch (setjmp(decoder->escape)) {
    case 0:
        break;
    case GAVE_UP:
        /* Begins again; what the library makes of the picture holds. */
        decoder->is_library_alone = true;
        decoder_open(decoder);
        break;
    default:
        return decoder_failed(decoder, why);
    }
    decode_rows(decoder);
    decoder_close(decoder);
    return CJPEG_OK;
}

bool cjpeg_was_fast(const cjpeg_decoder *decoder) { return decoder && !decoder->is_library_alone; }
