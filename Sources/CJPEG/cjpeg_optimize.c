#include "decoder.h"
#include "output.h"

#include <stdlib.h>

#include <jerror.h>

/* The rewritten picture in the making. */
typedef struct {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    output target;
    cjpeg_decoder *decoder;
} rewriting;

/* The decoder has the one return point. Baseline data cannot hold every coefficient that a progressive picture can. */
static void on_rewriting_error(j_common_ptr common) {
    rewriting *const state = common->client_data;
    char text[JMSG_LENGTH_MAX];
    state->errors.format_message(common, text);
    const bool is_memory = state->errors.msg_code == JERR_OUT_OF_MEMORY;
    decoder_fail(state->decoder, is_memory ? CJPEG_NO_MEMORY : CJPEG_UNSUPPORTED, text);
}

/* Divisors of 16 bits are worth a message to the library, and nothing to anybody else. */
static void ignore_message(j_common_ptr common, int level) {
    (void)common;
    (void)level;
}

/* Writes the segments that were kept as they were, in their order. */
static void write_markers(const struct jpeg_decompress_struct *source, j_compress_ptr target) {
    for (jpeg_saved_marker_ptr marker = source->marker_list; marker; marker = marker->next) {
        jpeg_write_marker(target, marker->marker, marker->data, marker->data_length);
    }
}

/* Where a progressive picture ends before its last refinement, decoders smooth it. As baseline they would not. */
static bool is_complete(const struct jpeg_decompress_struct *jpeg) {
    for (int i = 0; jpeg->progressive_mode && i < jpeg->num_components; i++) {
        for (int place = 0; place < DCTSIZE2; place++) {
            if (jpeg->coef_bits[i][place] != 0) {
                return false;
            }
        }
    }
    return true;
}

/* In MCUs, as the rewritten picture has them; 0 for none. */
static unsigned int restart_interval(const cjpeg_decoder *decoder, const cjpeg_restarts *restarts) {
    const struct jpeg_decompress_struct *const source = &decoder->jpeg;
    const jpeg_component_info *const component = source->comp_info;
    uint64_t columns = component->width_in_blocks, rows = component->height_in_blocks;
    /* One component alone has MCUs of one block. */
    if (source->num_components > 1) {
        const uint64_t mcu_width = DCTSIZE * (uint64_t)source->max_h_samp_factor;
        columns = (source->image_width + mcu_width - 1) / mcu_width;
        rows = source->total_iMCU_rows;
    }
    const uint64_t mcus_of_bytes = (restarts->bytes * columns * rows + decoder->count - 1) / decoder->count;
    const uint64_t wanted = restarts->rows > 0 ? columns * restarts->rows : mcus_of_bytes;
    /* Which has 16 bits in a file. */
    return wanted < 0xFFFF ? (unsigned int)wanted : 0xFFFF;
}

static void rewrite(cjpeg_decoder *decoder, rewriting *state, const cjpeg_restarts *restarts) {
    struct jpeg_decompress_struct *const source = &decoder->jpeg;
    struct jpeg_compress_struct *const target = &state->jpeg;
    target->err = jpeg_std_error(&state->errors);
    state->errors.error_exit = on_rewriting_error;
    state->errors.emit_message = ignore_message;
    target->client_data = state;
    jpeg_create_compress(target);
    output_attach(&state->target, target);

    jvirt_barray_ptr *const coefficients = jpeg_read_coefficients(source);
    if (!coefficients) {
        decoder_fail(decoder, CJPEG_TRUNCATED, "the file ends before the last scan");
    }
    if (!is_complete(source)) {
        decoder_fail(decoder, CJPEG_UNSUPPORTED, "a progressive picture that lacks scans");
    }
    jpeg_copy_critical_parameters(source, target);
    /* The library would make these anew. Which of them there are tells what the components mean, so they stay. */
    target->write_JFIF_header = FALSE;
    target->write_Adobe_marker = FALSE;
    target->optimize_coding = TRUE;
    target->restart_interval = restart_interval(decoder, restarts);
    jpeg_write_coefficients(target, coefficients);
    write_markers(source, target);
    jpeg_finish_compress(target);
    /* Reads to the end marker, so that left-over data is noticed. */
    jpeg_finish_decompress(source);
}

cjpeg_status cjpeg_optimize(cjpeg_decoder *decoder, const uint8_t *bytes, size_t count, const cjpeg_options *options,
                            const cjpeg_restarts *restarts, uint8_t **rewritten, size_t *rewritten_count,
                            cjpeg_message *why) {
    *rewritten = NULL;
    *rewritten_count = 0;
    cjpeg_info info;
    if (decoder) {
        decoder->keeps_markers = true;
    }
    const cjpeg_status status = cjpeg_begin(decoder, bytes, count, options, &info, why);
    if (decoder) {
        decoder->keeps_markers = false;
    }
    if (status != CJPEG_OK) {
        return status;
    }
    rewriting *const state = calloc(1, sizeof *state);
    if (!state) {
        decoder_close(decoder);
        return CJPEG_NO_MEMORY;
    }
    state->decoder = decoder;
    if (setjmp(decoder->escape)) {
        /* Harmless to one that has not been created, all of which is zero. */
        jpeg_destroy_compress(&state->jpeg);
        free(state->target.bytes);
        free(state);
        return decoder_failed(decoder, why);
    }
    if (decoder->jpeg.arith_code) {
        decoder_fail(decoder, CJPEG_UNSUPPORTED, "arithmetic coding has no Huffman tables");
    }
    rewrite(decoder, state, restarts);
    *rewritten = state->target.bytes;
    *rewritten_count = output_count(&state->target);
    jpeg_destroy_compress(&state->jpeg);
    free(state);
    decoder_close(decoder);
    return CJPEG_OK;
}
