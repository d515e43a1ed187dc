#include "entropy.h"

#include <stdlib.h>
#include <string.h>

#include <jerror.h>

/* Returns in every case but one: `read_mcu`, which is not C, has come back by then, so `give_up` leaves frames of C only. */
static boolean decode_mcu(j_decompress_ptr jpeg, JBLOCKROW *blocks) {
    entropy_hook *const hook = (entropy_hook *)(void *)jpeg->entropy;
    switch (hook->functions.read_mcu(hook->reader, (int16_t *const *)(void *)blocks)) {
    case CJPEG_MCU_READ:
        return TRUE;
    case CJPEG_SCAN_READ: {
        /* The library goes on at the marker. It has not moved since the scan began. */
        const size_t left = hook->functions.bytes_left(hook->reader);
        jpeg->src->next_input_byte += jpeg->src->bytes_in_buffer - left;
        jpeg->src->bytes_in_buffer = left;
        return TRUE;
    }
    default:
        hook->give_up(jpeg);
        return FALSE;
    }
}

static void start_pass(j_decompress_ptr jpeg) {
    /* There is one scan, and the library has begun it. */
    ((entropy_hook *)(void *)jpeg->entropy)->give_up(jpeg);
}

/* Whether the library that this process runs with is one whose insides are known. */
static bool knows_library(j_decompress_ptr jpeg) {
#if defined(LIBJPEG_TURBO_VERSION_NUMBER) && LIBJPEG_TURBO_VERSION_NUMBER >= 2001000
    /* The header says what was there at build time, and the library has checked that its structures are the same. This
     * text belongs to the library that is loaded now. */
    static const char start[] = "Copyright (C) 1991-", end[] = " The libjpeg-turbo Project";
    const struct jpeg_error_mgr *const errors = jpeg->err;
    if (errors->last_jpeg_message < JMSG_COPYRIGHT) {
        return false;
    }
    const char *const text = errors->jpeg_message_table[JMSG_COPYRIGHT];
    if (!text || strncmp(text, start, sizeof start - 1) != 0) {
        return false;
    }
    /* Versions 2.1 to 3.2. */
    char *rest;
    const long year = strtol(text + sizeof start - 1, &rest, 10);
    return year >= 2021 && year <= 2026 && strncmp(rest, end, sizeof end - 1) == 0;
#else
    (void)jpeg;
    return false;
#endif
}

static bool is_of_the_kind(j_decompress_ptr jpeg) {
    return !jpeg->arith_code && !jpeg->progressive_mode && !jpeg_has_multiple_scans(jpeg) && jpeg->data_precision == 8
           && jpeg->Ss == 0 && jpeg->Se == 63 && jpeg->Ah == 0 && jpeg->Al == 0
           && jpeg->blocks_in_MCU >= 1 && jpeg->blocks_in_MCU <= CJPEG_MAX_BLOCKS_IN_MCU
           && jpeg->comps_in_scan >= 1 && jpeg->comps_in_scan <= CJPEG_MAX_COMPONENTS_IN_SCAN
           && jpeg->unread_marker == 0;
}

/* Without `counts` when the file has no such table. */
static cjpeg_codes find_codes(JHUFF_TBL *const *tables, int number) {
    const JHUFF_TBL *const table = number >= 0 && number < CJPEG_CODE_TABLES ? tables[number] : NULL;
    return table ? (cjpeg_codes){(uint8_t)number, table->bits, table->huffval} : (cjpeg_codes){0};
}

/* False when codes are missing. */
static bool describe_blocks(j_decompress_ptr jpeg, cjpeg_block *blocks) {
    for (int i = 0; i < jpeg->blocks_in_MCU; i++) {
        const int place = jpeg->MCU_membership[i];
        const jpeg_component_info *const component = jpeg->cur_comp_info[place];
        blocks[i] = (cjpeg_block){.dc = find_codes(jpeg->dc_huff_tbl_ptrs, component->dc_tbl_no),
                                  .ac = find_codes(jpeg->ac_huff_tbl_ptrs, component->ac_tbl_no),
                                  .component = (uint8_t)place,
                                  .is_needed = component->component_needed};
        if (!blocks[i].dc.counts || !blocks[i].ac.counts) {
            return false;
        }
    }
    return true;
}

bool entropy_take_over(entropy_hook *hook, j_decompress_ptr jpeg, entropy_giving_up give_up) {
    cjpeg_block blocks[CJPEG_MAX_BLOCKS_IN_MCU];
    if (!hook->functions.create || !knows_library(jpeg) || !is_of_the_kind(jpeg) || !describe_blocks(jpeg, blocks)) {
        return false;
    }
    const cjpeg_scan scan = {.bytes = jpeg->src->next_input_byte,
                             .count = jpeg->src->bytes_in_buffer,
                             .blocks = blocks,
                             .blocks_in_mcu = (uint32_t)jpeg->blocks_in_MCU,
                             .columns = jpeg->MCUs_per_row,
                             .rows = jpeg->MCU_rows_in_scan,
                             .restart_interval = jpeg->restart_interval};
    if (!hook->reader) {
        hook->reader = hook->functions.create();
    }
    if (!hook->reader || !hook->functions.begin(hook->reader, &scan)) {
        return false;
    }
    hook->start_pass = start_pass;
    hook->decode_mcu = decode_mcu;
    hook->give_up = give_up;
    jpeg->entropy = (struct jpeg_entropy_decoder *)(void *)hook;
    return true;
}

void entropy_close(entropy_hook *hook) {
    if (hook->reader) {
        hook->functions.destroy(hook->reader);
        hook->reader = NULL;
    }
}
