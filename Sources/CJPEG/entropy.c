#include "entropy.h"

#include "entropy_block.h"

#include <stdlib.h>
#include <string.h>

#include <jerror.h>

/* A code and its value bits take at most 16 + 15 bits, a block has at most 64 of them, an MCU at most 10 blocks. */
#define MCU_MAX_BYTES (D_MAX_BLOCKS_IN_MCU * 64 * 31 / 8)
/* Loads read 8 bytes at a time. */
#define LOAD_BYTES 8
#define PADDING_BYTES (MCU_MAX_BYTES + 4 * LOAD_BYTES)
/* Scan data is unstuffed in stretches of this many bytes, which stay in the first-level cache. */
#define STRETCH_BYTES 16384

struct entropy_decoder {
    /* The library's view of an entropy decoder begins with these two, in all its versions. What follows there differs;
     * it only ever reads a flag that says that data ended early, and finds it false. */
    void (*start_pass)(j_decompress_ptr jpeg);
    boolean (*decode_mcu)(j_decompress_ptr jpeg, JBLOCKROW *blocks);
    void *reserved[16];

    entropy_giving_up give_up;
    block_plan blocks[D_MAX_BLOCKS_IN_MCU];
    int block_count;
    uint32_t predictions[MAX_COMPS_IN_SCAN];

    JDIMENSION column; /* of the next MCU */
    JDIMENSION columns;
    JDIMENSION first_column; /* of those whose coefficients are wanted */
    JDIMENSION last_column;
    uint64_t mcus;
    uint64_t mcus_left;
    uint64_t mcus_passed; /* unwanted ones at the end of those that were asked for, which the reader has not passed yet */
    uint32_t restart_interval;
    uint32_t restart_left;  /* MCUs until the next restart marker */
    uint32_t restart_count; /* markers met */

    /* The scan, where it has not been unstuffed. */
    const uint8_t *source;
    const uint8_t *source_end;
    bool is_segment_read; /* the source stands at a marker, or at its end */

    /* The reservoir: `count` bits at the top of `bits` are those in front of `next`. */
    uint64_t bits;
    uint32_t count;
    const uint8_t *next;
    const uint8_t *end; /* behind the last unstuffed byte */
    ptrdiff_t limit;    /* an MCU that begins this far into the stretch, or before, needs no check */
    uint8_t stretch[STRETCH_BYTES + PADDING_BYTES];

    code_table tables[2][NUM_HUFF_TBLS];
};

/* MARK: bytes */

/* Unstuffs more of the segment behind what has not been read yet. The reader is not beyond the end. */
static void fill(entropy_decoder *decoder) {
    const size_t left = (size_t)(decoder->end - decoder->next);
    memmove(decoder->stretch, decoder->next, left);
    uint8_t *target = decoder->stretch + left;
    uint8_t *const target_end = decoder->stretch + STRETCH_BYTES;
    const uint8_t *source = decoder->source;
    while (target < target_end && !decoder->is_segment_read) {
        const size_t room = (size_t)(target_end - target), rest = (size_t)(decoder->source_end - source);
        const size_t most = room < rest ? room : rest;
        const uint8_t *const escape = memchr(source, 0xFF, most);
        const size_t run = escape ? (size_t)(escape - source) : most;
        memcpy(target, source, run);
        target += run;
        source += run;
        if (escape && rest - run >= 2 && source[1] == 0) {
            *target++ = 0xFF;
            source += 2;
        } else {
            decoder->is_segment_read = escape || run == rest;
        }
    }
    decoder->source = source;
    decoder->next = decoder->stretch;
    decoder->end = target;
    decoder->limit = target - decoder->stretch - (MCU_MAX_BYTES + LOAD_BYTES);
}

static void begin_segment(entropy_decoder *decoder) {
    decoder->is_segment_read = false;
    decoder->next = decoder->end = decoder->stretch;
    fill(decoder);
    /* Look-ups come before refills, so the first needs bits. */
    reservoir r = {0, 0, decoder->next};
    refill(&r);
    decoder->bits = r.bits;
    decoder->count = r.count;
    decoder->next = r.next;
    memset(decoder->predictions, 0, sizeof decoder->predictions);
}

/* Unread bits of the segment that have been unstuffed; negative when reading went beyond them. */
static int64_t bits_left(const entropy_decoder *decoder) {
    return (decoder->end - decoder->next) * 8 + (int64_t)decoder->count;
}

static inline bool is_far_from_end(const entropy_decoder *decoder) {
    return decoder->next - decoder->stretch <= decoder->limit;
}

/* The segment has no data left but the bits that fill its last byte. */
static bool is_segment_done(entropy_decoder *decoder) {
    if (!decoder->is_segment_read) {
        fill(decoder);
    }
    const int64_t left = bits_left(decoder);
    return decoder->is_segment_read && left >= 0 && left < 8;
}

static bool decode_blocks(entropy_decoder *decoder, JBLOCKROW *blocks) {
    reservoir r = {decoder->bits, decoder->count, decoder->next};
    bool is_good = true;
    for (int i = 0; i < decoder->block_count && is_good; i++) {
        const block_plan *const plan = &decoder->blocks[i];
        uint32_t *const prediction = &decoder->predictions[plan->component];
        is_good = blocks && plan->is_needed ? decode_block(&r, plan, prediction, *blocks[i])
                                            : pass_block(&r, plan, prediction);
    }
    decoder->bits = r.bits;
    decoder->count = r.count;
    decoder->next = r.next;
    return is_good;
}

/* MARK: MCUs */

/* Behind the scan comes the end of the image, or nothing. What else may stand there is the library's to judge, which
 * begins anew: in a window it would report other damage than in the whole picture. */
static bool is_scan_done(entropy_decoder *decoder) {
    if (!is_segment_done(decoder)) {
        return false;
    }
    const size_t rest = (size_t)(decoder->source_end - decoder->source);
    return rest == 0 || (rest >= 2 && decoder->source[1] == JPEG_EOI);
}

static bool restart(entropy_decoder *decoder) {
    const uint32_t number = decoder->restart_count++ % 8;
    if (!is_segment_done(decoder) || decoder->source_end - decoder->source < 2
        || decoder->source[1] != JPEG_RST0 + number) {
        return false;
    }
    decoder->source += 2;
    decoder->restart_left = decoder->restart_interval;
    begin_segment(decoder);
    return true;
}

/* Reads one MCU, whose coefficients nobody wants when `blocks` is NULL. */
static bool read_mcu(entropy_decoder *decoder, JBLOCKROW *blocks) {
    if (decoder->restart_interval > 0) {
        if (decoder->restart_left == 0 && !restart(decoder)) {
            return false;
        }
        decoder->restart_left--;
    }
    if (!is_far_from_end(decoder) && !decoder->is_segment_read) {
        fill(decoder);
    }
    return decode_blocks(decoder, blocks) && (is_far_from_end(decoder) || bits_left(decoder) >= 0);
}

/* Goes behind the next `count` restart markers. What lies between them is not looked at. */
static bool skip_segments(entropy_decoder *decoder, uint64_t count) {
    const uint8_t *source = decoder->source, *const end = decoder->source_end;
    while (count > 0) {
        source = memchr(source, 0xFF, (size_t)(end - source));
        if (!source || end - source < 2) {
            return false;
        }
        if (source[1] != 0) {
            if (source[1] != JPEG_RST0 + decoder->restart_count % 8) {
                return false;
            }
            decoder->restart_count++;
            count--;
        }
        source += 2;
    }
    decoder->source = source;
    return true;
}

/* Passes the MCUs that were asked for in vain: whole segments by their markers, the rest one by one. */
static bool catch_up(entropy_decoder *decoder) {
    if (decoder->mcus_passed >= decoder->restart_left) {
        const uint64_t behind = decoder->mcus_passed - decoder->restart_left;
        if (!skip_segments(decoder, 1 + behind / decoder->restart_interval)) {
            return false;
        }
        decoder->mcus_passed = behind % decoder->restart_interval;
        decoder->restart_left = decoder->restart_interval;
        begin_segment(decoder);
    }
    for (; decoder->mcus_passed > 0; decoder->mcus_passed--) {
        if (!read_mcu(decoder, NULL)) {
            return false;
        }
    }
    return true;
}

/* Goes to the marker behind the scan, whose last MCUs nobody wanted. */
static bool skip_to_end(entropy_decoder *decoder) {
    const uint64_t markers = (decoder->mcus - 1) / decoder->restart_interval;
    if (!skip_segments(decoder, markers - decoder->restart_count)) {
        return false;
    }
    const uint8_t *source = decoder->source, *const end = decoder->source_end;
    do {
        source = memchr(source, 0xFF, (size_t)(end - source));
        if (!source || end - source < 2) {
            return false;
        }
        decoder->source = source;
        source += 2;
    } while (source[-1] == 0);
    /* What else may stand here is the library's to judge. */
    return decoder->source[1] == JPEG_EOI;
}

static bool next_mcu(entropy_decoder *decoder, JBLOCKROW *blocks) {
    if (decoder->mcus_left == 0) {
        return false;
    }
    const bool is_wanted = blocks && decoder->column >= decoder->first_column && decoder->column <= decoder->last_column;
    decoder->column = decoder->column + 1 < decoder->columns ? decoder->column + 1 : 0;
    decoder->mcus_left--;
    /* With restart markers there may be no need to read it: the next that is wanted tells. */
    if (!is_wanted && decoder->restart_interval > 0) {
        decoder->mcus_passed++;
        return true;
    }
    return (decoder->mcus_passed == 0 || catch_up(decoder)) && read_mcu(decoder, is_wanted ? blocks : NULL);
}

static boolean decode_mcu(j_decompress_ptr jpeg, JBLOCKROW *blocks) {
    entropy_decoder *const decoder = (entropy_decoder *)(void *)jpeg->entropy;
    if (!next_mcu(decoder, blocks)) {
        decoder->give_up(jpeg);
    }
    if (decoder->mcus_left == 0) {
        if (!(decoder->mcus_passed > 0 ? skip_to_end(decoder) : is_scan_done(decoder))) {
            decoder->give_up(jpeg);
        }
        /* The library goes on at the marker. */
        jpeg->src->next_input_byte = decoder->source;
        jpeg->src->bytes_in_buffer = (size_t)(decoder->source_end - decoder->source);
    }
    return TRUE;
}

static void start_pass(j_decompress_ptr jpeg) {
    /* There is one scan, and the library has begun it. */
    ((entropy_decoder *)(void *)jpeg->entropy)->give_up(jpeg);
}

/* MARK: taking over */

entropy_decoder *entropy_create(void) { return calloc(1, sizeof(entropy_decoder)); }

void entropy_destroy(entropy_decoder *decoder) { free(decoder); }

bool entropy_knows_library(j_decompress_ptr jpeg) {
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

bool entropy_take_over(entropy_decoder *decoder, j_decompress_ptr jpeg, entropy_giving_up give_up) {
    if (jpeg->arith_code || jpeg->progressive_mode || jpeg_has_multiple_scans(jpeg) || jpeg->data_precision != 8
        || jpeg->Ss != 0 || jpeg->Se != 63 || jpeg->Ah != 0 || jpeg->Al != 0
        || jpeg->blocks_in_MCU < 1 || jpeg->blocks_in_MCU > D_MAX_BLOCKS_IN_MCU
        || jpeg->unread_marker != 0) {
        return false;
    }
    for (int i = 0; i < jpeg->comps_in_scan; i++) {
        const jpeg_component_info *const component = jpeg->cur_comp_info[i];
        const int numbers[2] = {component->dc_tbl_no, component->ac_tbl_no};
        for (int kind = 0; kind < 2; kind++) {
            const int number = numbers[kind];
            if (number < 0 || number >= NUM_HUFF_TBLS) {
                return false;
            }
            const JHUFF_TBL *const source = kind ? jpeg->ac_huff_tbl_ptrs[number] : jpeg->dc_huff_tbl_ptrs[number];
            if (!source || !code_table_make(&decoder->tables[kind][number], source, kind)) {
                return false;
            }
        }
    }
    decoder->block_count = jpeg->blocks_in_MCU;
    for (int i = 0; i < jpeg->blocks_in_MCU; i++) {
        const int place = jpeg->MCU_membership[i];
        const jpeg_component_info *const component = jpeg->cur_comp_info[place];
        decoder->blocks[i] = (block_plan){.dc = &decoder->tables[0][component->dc_tbl_no],
                                          .ac = &decoder->tables[1][component->ac_tbl_no],
                                          .component = (uint8_t)place,
                                          .is_needed = component->component_needed};
    }
    decoder->start_pass = start_pass;
    decoder->decode_mcu = decode_mcu;
    decoder->give_up = give_up;
    decoder->column = 0;
    decoder->columns = jpeg->MCUs_per_row;
    decoder->first_column = 0;
    decoder->last_column = jpeg->MCUs_per_row - 1;
    decoder->mcus = decoder->mcus_left = (uint64_t)jpeg->MCUs_per_row * jpeg->MCU_rows_in_scan;
    decoder->mcus_passed = 0;
    decoder->restart_interval = decoder->restart_left = jpeg->restart_interval;
    decoder->restart_count = 0;
    decoder->source = jpeg->src->next_input_byte;
    decoder->source_end = decoder->source + jpeg->src->bytes_in_buffer;
    begin_segment(decoder);
    jpeg->entropy = (struct jpeg_entropy_decoder *)(void *)decoder;
    return true;
}

void entropy_limit_columns(entropy_decoder *decoder, JDIMENSION first, JDIMENSION last) {
    decoder->first_column = first;
    decoder->last_column = last;
}

bool entropy_rest_looks_whole(const entropy_decoder *decoder) {
    const uint8_t *source = decoder->source, *const end = decoder->source_end;
    uint64_t bytes = (uint64_t)(decoder->end - decoder->stretch), markers = decoder->restart_count;
    for (;;) {
        const uint8_t *const escape = memchr(source, 0xFF, (size_t)(end - source));
        if (!escape || end - escape < 2) {
            return false;
        }
        bytes += (uint64_t)(escape - source);
        source = escape + 2;
        if (escape[1] == 0) {
            bytes++;
        } else if (escape[1] == JPEG_EOI) {
            break;
        } else if (escape[1] != JPEG_RST0 + markers++ % 8) {
            return false;
        }
    }
    const uint64_t expected = decoder->restart_interval > 0 ? (decoder->mcus - 1) / decoder->restart_interval : 0;
    const uint64_t mcus = decoder->mcus_passed + decoder->mcus_left;
    /* A block has two codes at least. */
    return markers == expected && bytes * 4 >= mcus * (uint64_t)decoder->block_count;
}
