/* Compares the decoder of Sources/CJPEG with the library alone: jpeg_fuzz ROUNDS SEED [FILE…]
 *
 * Each round makes a JPEG of random size, sampling, tables and restart interval (or takes one of the files), decodes it
 * whole and in random windows both ways, then breaks it and does so again. Equal means: the same verdict, the same
 * message, the same pixels. A window may be accepted of a picture that is damaged; never the other way round.
 * Then it rewrites the picture, whole and broken, with other restart markers. What is rewritten has the same pixels, and
 * goes through the same again.
 * Exits with 1 at the first difference, and leaves the picture in jpeg_fuzz.jpg. */
#include "cjpeg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

static uint64_t state;

static uint32_t random_below(uint32_t bound) {
    uint64_t mixed = state += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    return (uint32_t)((mixed ^ mixed >> 31) % bound);
}

typedef struct {
    uint8_t *bytes;
    size_t count;
} picture;

static uint64_t round_number, fast_count, window_count, fast_window_count, accepted_count, broken_count,
    rewritten_count;

static void give_up(const picture *p, const char *what) {
    FILE *file = fopen("jpeg_fuzz.jpg", "wb");
    if (file) {
        fwrite(p->bytes, 1, p->count, file);
        fclose(file);
    }
    printf("round %llu: %s\n", (unsigned long long)round_number, what);
    exit(1);
}

/* MARK: pictures */

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

static picture make_picture(void) {
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

static void break_picture(picture *p) {
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

/* MARK: comparison */

typedef struct {
    cjpeg_status status;
    cjpeg_message why;
    cjpeg_info info;
    uint8_t *pixels;
} outcome;

typedef enum { FAST, LIBRARY, TOLERANT, TOLERANT_FIRST } way;

static outcome decode(cjpeg_decoder *decoder, const picture *p, cjpeg_colour colour, const cjpeg_window *window,
                      way how) {
    const cjpeg_options options = {.max_pixels = 1 << 20, .max_scans = 50, .library_only = how == LIBRARY,
                                   .tolerate_damage = how >= TOLERANT};
    outcome result = {0};
    /* Exactly as large as it is, so that a read behind it is noticed. */
    uint8_t *bytes = malloc(p->count ? p->count : 1);
    memcpy(bytes, p->bytes, p->count);
    result.status = cjpeg_begin(decoder, bytes, p->count, &options, &result.info, &result.why);
    if (result.status == CJPEG_OK) {
        const size_t stride = (window ? window->width : result.info.width) * (size_t)colour;
        const size_t capacity = stride * (window ? window->height : result.info.height);
        result.pixels = malloc(capacity);
        memset(result.pixels, how == FAST || how == TOLERANT ? 0xAA : 0x55, capacity);
        result.status = cjpeg_decode(decoder, colour, window, result.pixels, capacity, stride, &result.why);
    }
    free(bytes);
    return result;
}

static cjpeg_window random_window(const cjpeg_info *info) {
    cjpeg_window window;
    window.x = random_below(info->width);
    window.y = random_below(info->height);
    window.width = 1 + random_below(info->width - window.x);
    window.height = 1 + random_below(info->height - window.y);
    /* Few columns at an edge are what upsampling gets wrong first. */
    if (random_below(3) == 0) {
        window.width = 1 + random_below(info->width < 4 ? info->width : 4);
        window.x = random_below(2) ? 0 : info->width - window.width;
    }
    return window;
}

static void compare_window(cjpeg_decoder *decoder, const picture *p, cjpeg_colour colour, const outcome *whole,
                           cjpeg_window window) {
    outcome part = decode(decoder, p, colour, &window, FAST);
    window_count++;
    fast_window_count += part.status == CJPEG_OK && cjpeg_was_fast(decoder);
    if (part.status != CJPEG_OK && whole->status == CJPEG_OK) {
        give_up(p, "a window of a good picture is refused");
    }
    if (part.status != CJPEG_OK && (part.status != whole->status || strcmp(part.why.text, whole->why.text) != 0)) {
        give_up(p, "a window is refused for another reason");
    }
    for (uint32_t y = 0; y < window.height && part.status == CJPEG_OK && whole->status == CJPEG_OK; y++) {
        const size_t row_bytes = window.width * (size_t)colour;
        const size_t place = ((size_t)(window.y + y) * whole->info.width + window.x) * (size_t)colour;
        if (memcmp(part.pixels + y * row_bytes, whole->pixels + place, row_bytes) != 0) {
            printf("%u x %u, window %u %u %u %u, row %u: ", whole->info.width, whole->info.height, window.x, window.y,
                   window.width, window.height, y);
            give_up(p, "a window differs");
        }
    }
    free(part.pixels);
}

/* Every range of columns once, and every range of rows. */
static void compare_ranges(cjpeg_decoder *decoder, const picture *p, cjpeg_colour colour, const outcome *whole) {
    for (uint32_t x = 0; x < whole->info.width; x++) {
        for (uint32_t width = 1; width <= whole->info.width - x; width++) {
            cjpeg_window window = random_window(&whole->info);
            window.x = x;
            window.width = width;
            compare_window(decoder, p, colour, whole, window);
        }
    }
    for (uint32_t y = 0; y < whole->info.height; y++) {
        for (uint32_t height = 1; height <= whole->info.height - y; height++) {
            cjpeg_window window = random_window(&whole->info);
            window.y = y;
            window.height = height;
            compare_window(decoder, p, colour, whole, window);
        }
    }
}

/* What there is of a damaged picture: every pixel is written, and the same every time. */
static void compare_tolerated(cjpeg_decoder *decoder, const picture *p, cjpeg_colour colour) {
    outcome first = decode(decoder, p, colour, NULL, TOLERANT_FIRST), second = decode(decoder, p, colour, NULL, TOLERANT);
    if (first.status != second.status || strcmp(first.why.text, second.why.text) != 0) {
        give_up(p, "another verdict where damage is tolerated");
    }
    const size_t count = (size_t)first.info.width * first.info.height * (size_t)colour;
    if (first.status == CJPEG_OK && memcmp(first.pixels, second.pixels, count) != 0) {
        give_up(p, "other pixels where damage is tolerated");
    }
    free(first.pixels);
    free(second.pixels);
}

static void compare(cjpeg_decoder *decoder, const picture *p, int windows) {
    const cjpeg_colour colour = random_below(4) ? CJPEG_BGR : CJPEG_GRAY;
    outcome theirs = decode(decoder, p, colour, NULL, LIBRARY);
    outcome ours = decode(decoder, p, colour, NULL, FAST);
    const bool was_fast = cjpeg_was_fast(decoder);
    fast_count += ours.status == CJPEG_OK && was_fast;
    accepted_count += theirs.status == CJPEG_OK;
    if (theirs.status != ours.status || strcmp(theirs.why.text, ours.why.text) != 0) {
        printf("%d (%s), library %d (%s): ", ours.status, ours.why.text, theirs.status, theirs.why.text);
        give_up(p, "another verdict");
    }
    const size_t count = (size_t)theirs.info.width * theirs.info.height * (size_t)colour;
    if (theirs.status == CJPEG_OK && memcmp(theirs.pixels, ours.pixels, count) != 0) {
        give_up(p, "other pixels");
    }
    for (int i = 0; i < windows && theirs.pixels; i++) {
        compare_window(decoder, p, colour, &theirs, random_window(&theirs.info));
    }
    if (theirs.status == CJPEG_OK && theirs.info.width <= 80 && random_below(64) == 0 && windows == 4) {
        compare_ranges(decoder, p, colour, &theirs);
    }
    compare_tolerated(decoder, p, colour);
    free(theirs.pixels);
    free(ours.pixels);
}

/* Rewrites the picture, compares both, and returns the new one, which has no bytes when the picture is refused. */
static picture rewrite(cjpeg_decoder *decoder, const picture *p) {
    const cjpeg_options options = {.max_pixels = 1 << 20, .max_scans = 50};
    cjpeg_restarts restarts = {0};
    switch (random_below(4)) {
    case 0:
        break;
    case 1:
        restarts.rows = 1 + random_below(random_below(4) ? 3 : UINT32_MAX);
        break;
    default:
        restarts.bytes = 1 + random_below(random_below(4) ? 300 : UINT32_MAX);
    }
    picture result = {0};
    cjpeg_message why = {0};
    /* Exactly as large as it is, as in `decode`. */
    uint8_t *copy = malloc(p->count ? p->count : 1);
    memcpy(copy, p->bytes, p->count);
    const cjpeg_status status =
        cjpeg_optimize(decoder, copy, p->count, &options, &restarts, &result.bytes, &result.count, &why);
    free(copy);
    if ((status == CJPEG_OK) != (result.bytes != NULL) || (status == CJPEG_OK) != (why.text[0] == 0)) {
        give_up(p, "a rewriting that is neither refused nor done");
    }
    outcome before = decode(decoder, p, CJPEG_BGR, NULL, LIBRARY);
    /* Arithmetic coding is left as it is, and what a baseline scan cannot hold. */
    if (before.status == CJPEG_OK && status != CJPEG_OK && status != CJPEG_UNSUPPORTED) {
        give_up(p, "a good picture cannot be rewritten");
    }
    if (before.status == CJPEG_OK && status == CJPEG_OK) {
        outcome after = decode(decoder, &result, CJPEG_BGR, NULL, FAST);
        const size_t count = (size_t)before.info.width * before.info.height * CJPEG_BGR;
        if (after.status != CJPEG_OK || memcmp(before.pixels, after.pixels, count) != 0) {
            give_up(p, "other pixels when it is rewritten");
        }
        rewritten_count++;
        free(after.pixels);
    }
    free(before.pixels);
    return result;
}

static picture read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(2);
    }
    picture p = {.count = (size_t)ftell(file)};
    rewind(file);
    p.bytes = malloc(p.count);
    if (fread(p.bytes, 1, p.count, file) != p.count) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return p;
}

static void compare_broken(cjpeg_decoder *decoder, const picture *p, int times) {
    for (int i = 0; i < times; i++) {
        picture broken = {malloc(p->count), p->count};
        memcpy(broken.bytes, p->bytes, p->count);
        break_picture(&broken);
        compare(decoder, &broken, 2);
        free(rewrite(decoder, &broken).bytes);
        broken_count++;
        free(broken.bytes);
    }
}

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: %s ROUNDS SEED [FILE…]\n", arguments[0]);
        return 2;
    }
    const uint64_t rounds = strtoull(arguments[1], NULL, 10);
    state = strtoull(arguments[2], NULL, 10);
    cjpeg_decoder *decoder = cjpeg_decoder_create();
    for (; round_number < rounds; round_number++) {
        picture p = count > 3 ? read_file(arguments[3 + random_below((uint32_t)count - 3)]) : make_picture();
        compare(decoder, &p, 4);
        picture other = rewrite(decoder, &p);
        compare_broken(decoder, &p, 4);
        if (other.bytes) {
            compare(decoder, &other, 4);
            compare_broken(decoder, &other, 2);
        }
        free(other.bytes);
        free(p.bytes);
    }
    cjpeg_decoder_destroy(decoder);
    printf("%llu rounds: %llu of %llu accepted decodes were fast, %llu broken pictures, %llu of %llu windows fast, "
           "%llu rewritten\n",
           (unsigned long long)rounds, (unsigned long long)fast_count, (unsigned long long)accepted_count,
           (unsigned long long)broken_count, (unsigned long long)fast_window_count, (unsigned long long)window_count,
           (unsigned long long)rewritten_count);
    /* Were the library always asked, the comparison would show nothing. */
    return fast_count > rounds / 2 && fast_window_count > rounds && rewritten_count > rounds / 2 ? 0 : 1;
}
