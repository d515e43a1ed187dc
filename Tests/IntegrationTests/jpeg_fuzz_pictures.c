#include "jpeg_fuzz_pictures.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

static uint64_t state;

void random_begin(uint64_t seed) { state = seed; }

uint32_t random_below(uint32_t bound) {
    uint64_t mixed = state += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    return (uint32_t)((mixed ^ mixed >> 31) % bound);
}

static const int samplings[][2] = {{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}, {1, 4}, {4, 2}, {2, 4}};

static void choose_odd_sampling(struct jpeg_compress_struct *jpeg) {
    static const int divisors[][3] = {{1, 1, 1}, {1, 2, 2}, {1, 3, 3}, {1, 2, 4}};
    const int *across = divisors[random_below(4)], *down = divisors[random_below(4)];
    for (int i = 0; i < jpeg->num_components; i++) {
        jpeg->comp_info[i].h_samp_factor = across[random_below(3)];
        jpeg->comp_info[i].v_samp_factor = down[random_below(3)];
    }
}

static void choose_sampling(struct jpeg_compress_struct *jpeg) {
    const int *luma = samplings[random_below(random_below(4) ? 4 : 8)];
    for (int i = 0; i < jpeg->num_components; i++) {
        const bool is_full = i == 0 || i == 3;
        jpeg->comp_info[i].h_samp_factor = is_full ? luma[0] : 1;
        jpeg->comp_info[i].v_samp_factor = is_full ? luma[1] : 1;
    }
    /* Sometimes any factors that the library can decode, up to the most blocks that an MCU may have. */
    if (random_below(4) == 0) {
        choose_odd_sampling(jpeg);
    }
    /* Four components of large MCUs would have more blocks than there may be. */
    int blocks = 0;
    for (int i = 0; i < jpeg->num_components; i++) {
        blocks += jpeg->comp_info[i].h_samp_factor * jpeg->comp_info[i].v_samp_factor;
    }
    if (jpeg->num_components > 1 && blocks > 10) {
        for (int i = 0; i < jpeg->num_components; i++) {
            jpeg->comp_info[i].h_samp_factor = jpeg->comp_info[i].v_samp_factor = 1;
        }
    }
}

static void choose_scans(struct jpeg_compress_struct *jpeg, jpeg_scan_info scans[4]) {
    const uint32_t kind = random_below(16);
    if (kind == 0) {
        jpeg_simple_progression(jpeg);
    } else if (kind == 1) {
        for (int i = 0; i < jpeg->num_components; i++) {
            scans[i] = (jpeg_scan_info){.comps_in_scan = 1, .component_index = {i}, .Se = 63};
        }
        jpeg->scan_info = scans;
        jpeg->num_scans = jpeg->num_components;
    } else if (kind == 2) {
        jpeg->arith_code = TRUE;
        jpeg->optimize_coding = FALSE;
    }
}

/* Tables whose codes are all as long as can be, so that MCUs take the most bytes. */
static void choose_long_codes(struct jpeg_compress_struct *jpeg) {
    for (int i = 0; i < 2; i++) {
        JHUFF_TBL *const tables[2] = {jpeg->dc_huff_tbl_ptrs[i], jpeg->ac_huff_tbl_ptrs[i]};
        for (int kind = 0; kind < 2; kind++) {
            int count = 0;
            for (int length = 1; length <= 16; length++) {
                count += tables[kind]->bits[length];
                tables[kind]->bits[length] = 0;
            }
            tables[kind]->bits[16 - random_below(4)] = (UINT8)count;
        }
    }
    jpeg->optimize_coding = FALSE;
}

static void print_nothing(j_common_ptr jpeg) { (void)jpeg; }

picture make_picture(void) {
    const uint32_t limit = random_below(3) == 0 ? 300 : 80;
    const uint32_t width = 1 + random_below(limit), height = 1 + random_below(limit);
    static const J_COLOR_SPACE spaces[] = {JCS_GRAYSCALE, JCS_RGB, JCS_RGB, JCS_RGB, JCS_RGB, JCS_CMYK};
    static const int counts[] = {1, 3, 3, 3, 3, 4};
    const uint32_t space = random_below(6);
    const size_t row_bytes = (size_t)width * (size_t)counts[space];
    uint8_t *row = malloc(row_bytes);

    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors);
    /* Warnings of divisors that are not baseline. */
    errors.output_message = print_nothing;
    jpeg_create_compress(&jpeg);
    unsigned char *bytes = NULL;
    unsigned long count = 0;
    jpeg_mem_dest(&jpeg, &bytes, &count);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = counts[space];
    jpeg.in_color_space = spaces[space];
    jpeg_set_defaults(&jpeg);
    /* Low qualities have divisors of 16 bits. */
    jpeg_set_quality(&jpeg, 1 + (int)random_below(100), FALSE);
    choose_sampling(&jpeg);
    jpeg.optimize_coding = random_below(2) == 0;
    if (random_below(8) == 0) {
        choose_long_codes(&jpeg);
    }
    jpeg.restart_interval = random_below(2) ? 0 : 1 + random_below(random_below(2) ? 3 : 200);
    jpeg_scan_info scans[4];
    choose_scans(&jpeg, scans);
    jpeg_start_compress(&jpeg, TRUE);
    const uint32_t noise = random_below(3) == 0 ? 256 : 1 + random_below(40), slope = random_below(9);
    for (uint32_t y = 0; y < height; y++) {
        for (size_t i = 0; i < row_bytes; i++) {
            row[i] = (uint8_t)(slope * (y + i) / 4 + random_below(noise));
        }
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(row);
    return (picture){bytes, count};
}

/* A place in the scan rather than in the header, most of the time. */
static size_t random_place(const picture *p) {
    const size_t place = random_below((uint32_t)p->count);
    return place < 600 && random_below(8) ? random_below((uint32_t)p->count) : place;
}

/* A byte of a table or of a header: of a segment of its own choice, and near its start, where the counts are. */
static void break_segment(picture *p) {
    size_t starts[64], place = 2;
    uint32_t count = 0;
    while (count < 64 && place + 4 <= p->count && p->bytes[place] == 0xFF) {
        starts[count++] = place;
        place += 2 + ((size_t)p->bytes[place + 2] << 8 | p->bytes[place + 3]);
    }
    if (count == 0) {
        return;
    }
    const size_t start = starts[random_below(count)], target = start + 1 + random_below(random_below(2) ? 24 : 200);
    if (target >= p->count) {
        return;
    }
    switch (random_below(4)) {
    case 0:
        p->bytes[target] = (uint8_t)random_below(256);
        break;
    case 1:
        p->bytes[target] = (uint8_t)random_below(4);
        break;
    case 2: /* counts of codes that still sum up */
        p->bytes[target]++;
        p->bytes[target > start + 1 ? target - 1 : target + (target + 1 < p->count)]--;
        break;
    default: /* no codes, or no divisors */
        for (size_t i = target; i < p->count && i < target + 16; i++) {
            p->bytes[i] = 0;
        }
    }
}

/* The place of a restart marker, or 0. */
static size_t find_restart(const picture *p) {
    const size_t start = random_place(p);
    for (size_t i = 0; i + 1 < p->count; i++) {
        const size_t place = (start + i) % (p->count - 1);
        if (p->bytes[place] == 0xFF && (p->bytes[place + 1] & 0xF8) == 0xD0) {
            return place;
        }
    }
    return 0;
}

/* A marker with another number, one too few, or a segment of its own too many. */
static void break_restarts(picture *p) {
    const size_t place = find_restart(p);
    if (place == 0) {
        return;
    }
    switch (random_below(4)) {
    case 0:
        p->bytes[place + 1] = (uint8_t)(0xD0 + random_below(8));
        break;
    case 1:
        memmove(p->bytes + place, p->bytes + place + 2, p->count - place - 2);
        p->count -= 2;
        break;
    case 2: /* the segments up to another marker are missing: right numbers again when there are eight */
        for (size_t i = place + 2, markers = 0; i + 1 < p->count; i++) {
            markers += p->bytes[i] == 0xFF && (p->bytes[i + 1] & 0xF8) == 0xD0;
            if (markers == 8) {
                memmove(p->bytes + place, p->bytes + i, p->count - i);
                p->count -= i - place;
                break;
            }
        }
        break;
    default: {
        const uint8_t number = p->bytes[place + 1];
        p->bytes = realloc(p->bytes, p->count + 2);
        memmove(p->bytes + place + 2, p->bytes + place, p->count - place);
        p->count += 2;
        p->bytes[place] = 0xFF;
        p->bytes[place + 1] = (uint8_t)(0xD0 + (number + 1) % 8);
    }
    }
}

void break_picture(picture *p) {
    for (uint32_t i = 0; i <= random_below(3); i++) {
        if (p->count < 8) {
            return;
        }
        const size_t place = random_place(p);
        const uint32_t length = 1 + random_below(random_below(4) ? 4 : 400);
        const size_t rest = p->count - place, end = length < rest ? place + length : p->count;
        static const uint8_t markers[] = {0x00, 0xD9, 0xD0, 0xD1, 0xD7, 0xFF, 0xDA, 0xC4, 0xFE};
        switch (random_below(9)) {
        case 0:
            p->bytes[place] = (uint8_t)random_below(256);
            break;
        case 1:
            p->bytes[place] ^= (uint8_t)(1 << random_below(8));
            break;
        case 2:
            p->count = place;
            break;
        case 3: /* bytes missing */
            memmove(p->bytes + place, p->bytes + end, p->count - end);
            p->count -= end - place;
            break;
        case 4: /* bytes twice */
            p->bytes = realloc(p->bytes, p->count + (end - place));
            memmove(p->bytes + end, p->bytes + place, rest);
            p->count += end - place;
            break;
        case 5:
            p->bytes[place] = 0xFF;
            if (rest > 1) {
                p->bytes[place + 1] = markers[random_below(sizeof markers)];
            }
            break;
        case 6:
            break_segment(p);
            break;
        case 7:
            break_restarts(p);
            break;
        default: /* something in front of the end marker */
            p->bytes = realloc(p->bytes, p->count + 2);
            memmove(p->bytes + p->count, p->bytes + p->count - 2, 2);
            p->bytes[p->count - 2] = random_below(2) ? 0xFF : (uint8_t)random_below(256);
            p->bytes[p->count - 1] = random_below(2) ? 0xFF : 0;
            p->count += 2;
        }
    }
}
