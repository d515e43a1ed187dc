/* decode_stages FILE.rec: CPU time of Headrace's JPEG decoder on every picture of a RecordIO file, one thread, as JSON: whole
 * pictures, whole pictures with the library's Huffman decoder, and the windows of a random-resized-crop. `floor` measures the
 * library alone. decode_stages.py builds and runs both. */
#include "records.h"

#include <math.h>

#include "cjpeg.h"
#include "jpeg_entropy.h"

static uint8_t *pixels;
static size_t pixels_capacity;
static uint64_t state = 1;

static double random_unit(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) / 9007199254740992.0;
}

/* Area 0.08 to 1 of the picture, aspect ratio 3/4 to 4/3; the whole picture when ten do not fit. */
static cjpeg_window random_window(uint32_t width, uint32_t height) {
    for (int attempt = 0; attempt < 10; attempt++) {
        double area = (0.08 + 0.92 * random_unit()) * width * height, ratio = 0.75 + (4.0 / 3 - 0.75) * random_unit();
        cjpeg_window window = {.width = (uint32_t)sqrt(area * ratio), .height = (uint32_t)sqrt(area / ratio)};
        if (window.width < 1 || window.height < 1 || window.width > width || window.height > height) continue;
        window.x = (uint32_t)(random_unit() * (width - window.width + 1));
        window.y = (uint32_t)(random_unit() * (height - window.height + 1));
        return window;
    }
    return (cjpeg_window){0, 0, width, height};
}

/* CPU seconds. */
static double decode(cjpeg_decoder *decoder, const record_reader *reader, bool library_only, bool is_window) {
    cjpeg_options options = {.max_pixels = UINT64_C(1) << 29, .max_scans = 100, .library_only = library_only};
    cjpeg_info info;
    cjpeg_message why;
    double start = cpu_seconds();
    if (cjpeg_begin(decoder, reader->jpeg, reader->jpeg_count, &options, &info, &why) != CJPEG_OK) fail(why.text);
    cjpeg_window window = {0, 0, info.width, info.height};
    if (is_window) window = random_window(info.width, info.height);
    size_t stride = (size_t)window.width * 3;
    pixels = grown(pixels, &pixels_capacity, stride * window.height);
    if (cjpeg_decode(decoder, CJPEG_BGR, &window, pixels, pixels_capacity, stride, &why) != CJPEG_OK) fail(why.text);
    return cpu_seconds() - start;
}

int main(int argc, char **argv) {
    record_reader reader = {.file = argc == 2 ? fopen(argv[1], "rb") : NULL};
    if (!reader.file) fail("usage: decode_stages FILE.rec");
    cjpeg_entropy entropy;
    jpeg_entropy(&entropy);
    cjpeg_decoder *decoder = cjpeg_decoder_create(&entropy);
    if (!decoder) fail("no memory");
    long images = 0, fast = 0;
    double whole = 0, library = 0, window = 0;
    for (; next_jpeg(&reader); images++) {
        library += decode(decoder, &reader, true, false);
        whole += decode(decoder, &reader, false, false);
        fast += cjpeg_was_fast(decoder);
        window += decode(decoder, &reader, false, true);
    }
    if (images == 0) fail("the file holds no JPEG");
    cjpeg_decoder_destroy(decoder);
    double scale = 1e3 / (double)images;
    printf("{\"images\": %ld, \"images_without_the_librarys_huffman_decoder\": %ld, \"whole_cpu_ms_per_image\": %.6f, "
           "\"whole_with_the_librarys_huffman_decoder_cpu_ms_per_image\": %.6f, "
           "\"random_resized_crop_cpu_ms_per_image\": %.6f}\n",
           images, fast, whole * scale, library * scale, window * scale);
    return 0;
}
