/* Compares the decoder of Sources/CJPEG and Sources/ImageCodec/JPEG/Entropy with the library alone:
 *
 *   jpeg_fuzz ROUNDS SEED [FILE…]
 *
 * Built with FOR_LIBFUZZER, libFuzzer chooses the pictures, by which code they reach; see there.
 *
 * Half of the rounds decode approximately, and reduced by 1, 2, 4 or 8.
 *
 * Each round makes a JPEG of random size, sampling, tables and restart interval (or takes one of the files), decodes it
 * whole and in random windows both ways, then breaks it and does so again. Equal means: the same verdict, the same
 * message, the same pixels. A window may be accepted of a picture that is damaged; never the other way round.
 * Then it rewrites the picture, whole and broken, with other restart markers. What is rewritten has the same pixels, and
 * goes through the same again.
 * Exits with 1 at the first difference, and leaves the picture in jpeg_fuzz.jpg. */
#include "cjpeg.h"
#include "jpeg_entropy.h"
#include "jpeg_fuzz_pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libFuzzer likes small files of large pictures, and each is decoded a dozen times. */
#ifdef FOR_LIBFUZZER
#define MOST_PIXELS (1 << 16)
#else
#define MOST_PIXELS (1 << 20)
#endif

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

typedef struct {
    cjpeg_status status;
    cjpeg_message why;
    cjpeg_info info;
    uint8_t *pixels;
} outcome;

/* How all pictures of a round are decoded. */
static bool is_approximate;
static uint32_t reduction = 1;

typedef enum { FAST, LIBRARY, TOLERANT, TOLERANT_FIRST } way;

static outcome decode(cjpeg_decoder *decoder, const picture *p, cjpeg_colour colour, const cjpeg_window *window,
                      way how) {
    const cjpeg_options options = {.max_pixels = MOST_PIXELS, .max_scans = 50, .library_only = how == LIBRARY,
                                   .tolerate_damage = how >= TOLERANT, .approximate = is_approximate,
                                   .reduction = reduction};
    outcome result = {0};
    /* Exactly as large as it is, so that a read behind it is noticed. */
    uint8_t *bytes = malloc(p->count ? p->count : 1);
    memcpy(bytes, p->bytes, p->count);
    result.status = cjpeg_begin(decoder, bytes, p->count, &options, &result.info, &result.why);
    result.info.width = (result.info.width + reduction - 1) / reduction;
    result.info.height = (result.info.height + reduction - 1) / reduction;
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
static picture rewrite(cjpeg_decoder *decoder, const picture *p, bool is_broken) {
    const cjpeg_options options = {.max_pixels = MOST_PIXELS, .max_scans = 50};
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
    if (before.status == CJPEG_OK && !is_broken && status != CJPEG_OK && status != CJPEG_UNSUPPORTED) {
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
        free(rewrite(decoder, &broken, true).bytes);
        broken_count++;
        free(broken.bytes);
    }
}

static cjpeg_decoder *create_decoder(void) {
    cjpeg_entropy entropy;
    jpeg_entropy(&entropy);
    return cjpeg_decoder_create(&entropy);
}

static void choose_precision(void) {
    is_approximate = random_below(2);
    reduction = is_approximate ? 1u << random_below(4) : 1;
}

#ifdef FOR_LIBFUZZER

/* An input is a seed for what is chosen by chance, and a picture. */
#define SEED_BYTES sizeof(uint64_t)

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t capacity);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t capacity, unsigned int seed);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* Few changes of single bytes leave a JPEG: so there are whole pictures too, and such as are broken with understanding. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t capacity, unsigned int seed) {
    random_begin(seed);
    const uint32_t kind = random_below(16);
    if (count > SEED_BYTES && kind > 8) {
        return LLVMFuzzerMutate(bytes, count, capacity);
    }
    picture p = {0};
    if (count <= SEED_BYTES || kind == 0) {
        p = make_picture();
    } else {
        p.count = count - SEED_BYTES;
        p.bytes = malloc(p.count);
        memcpy(p.bytes, bytes + SEED_BYTES, p.count);
        break_picture(&p);
    }
    if (p.count <= capacity - SEED_BYTES) {
        memset(bytes, 0, SEED_BYTES);
        memcpy(bytes, &seed, sizeof seed);
        memcpy(bytes + SEED_BYTES, p.bytes, p.count);
        count = SEED_BYTES + p.count;
    }
    free(p.bytes);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    static cjpeg_decoder *decoder;
    if (count <= SEED_BYTES) {
        return 0;
    }
    if (!decoder) {
        decoder = create_decoder();
    }
    uint64_t seed;
    memcpy(&seed, bytes, SEED_BYTES);
    random_begin(seed);
    choose_precision();
    picture p = {malloc(count - SEED_BYTES), count - SEED_BYTES};
    memcpy(p.bytes, bytes + SEED_BYTES, p.count);
    /* Four windows may become thousands: see `compare`. */
    compare(decoder, &p, 3);
    picture other = rewrite(decoder, &p, true);
    if (other.bytes) {
        compare(decoder, &other, 2);
    }
    free(other.bytes);
    free(p.bytes);
    round_number++;
    return 0;
}

#else

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: %s ROUNDS SEED [FILE…]\n", arguments[0]);
        return 2;
    }
    const uint64_t rounds = strtoull(arguments[1], NULL, 10);
    random_begin(strtoull(arguments[2], NULL, 10));
    cjpeg_decoder *decoder = create_decoder();
    for (; round_number < rounds; round_number++) {
        choose_precision();
        picture p = count > 3 ? read_file(arguments[3 + random_below((uint32_t)count - 3)]) : make_picture();
        compare(decoder, &p, 4);
        picture other = rewrite(decoder, &p, false);
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

#endif
