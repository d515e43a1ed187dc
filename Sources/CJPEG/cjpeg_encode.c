#include "cjpeg.h"
#include "output.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

typedef struct {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jmp_buf escape;
    cjpeg_message message;
    cjpeg_status failure;
    output target;
} encoder;

static void on_encoder_error(j_common_ptr common) {
    encoder *state = common->client_data;
    char text[JMSG_LENGTH_MAX];
    state->errors.format_message(common, text);
    snprintf(state->message.text, sizeof state->message.text, "%s", text);
    state->failure = state->errors.msg_code == JERR_OUT_OF_MEMORY ? CJPEG_NO_MEMORY : CJPEG_BAD_CALL;
    longjmp(state->escape, 1);
}

static void print_nothing(j_common_ptr common) { (void)common; }

static void ignore_message(j_common_ptr common, int level) {
    (void)common;
    (void)level;
}

cjpeg_status cjpeg_encode(const uint8_t *rows, uint32_t width, uint32_t height, cjpeg_colour colour, size_t stride,
                          int quality, uint8_t **bytes, size_t *count, cjpeg_message *why) {
    *bytes = NULL;
    *count = 0;
    memset(why, 0, sizeof *why);
    /* On the heap, so that nothing changed after setjmp lives in this frame. */
    encoder *state = calloc(1, sizeof *state);
    if (!state) {
        return CJPEG_NO_MEMORY;
    }
    struct jpeg_compress_struct *const jpeg = &state->jpeg;
    jpeg->err = jpeg_std_error(&state->errors);
    state->errors.error_exit = on_encoder_error;
    state->errors.emit_message = ignore_message;
    state->errors.output_message = print_nothing;
    jpeg->client_data = state;

    if (setjmp(state->escape)) {
        const cjpeg_status failure = state->failure;
        *why = state->message;
        jpeg_destroy_compress(jpeg);
        free(state->target.bytes);
        free(state);
        return failure;
    }
    jpeg_create_compress(jpeg);
    output_attach(&state->target, jpeg);
    jpeg->image_width = width;
    jpeg->image_height = height;
    jpeg->input_components = colour == CJPEG_GRAY ? 1 : 3;
    jpeg->in_color_space = colour == CJPEG_GRAY ? JCS_GRAYSCALE : JCS_EXT_BGR;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, quality, TRUE);
    jpeg_start_compress(jpeg, TRUE);
    while (jpeg->next_scanline < jpeg->image_height) {
        JSAMPROW row = (JSAMPROW)(uintptr_t)(rows + jpeg->next_scanline * stride);
        jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
    *bytes = state->target.bytes;
    *count = output_count(&state->target);
    jpeg_destroy_compress(jpeg);
    free(state);
    return CJPEG_OK;
}

void cjpeg_free(uint8_t *bytes) { free(bytes); }
