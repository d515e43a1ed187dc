/* floor FILE.rec: CPU time of decoding every JPEG of a RecordIO file in full with libjpeg-turbo, and of reading the
 * coefficients alone, which is Huffman decoding; one thread, as JSON.
 *
 * Nothing is clever here: accurate integer inverse DCT, fancy chroma upsampling and RGB are the library's defaults, and the
 * rows go to one buffer. Reading the file is not counted. Build with: cc -O2 -o floor floor.c -ljpeg */
#include "records.h"

#include <jpeglib.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define ROWS_A_CALL 16

static uint8_t *pixels;
static size_t pixels_capacity;

/* The library's own error handler ends the program at a damaged picture. */
static void decode(struct jpeg_decompress_struct *decoder, const uint8_t *bytes, size_t count) {
    jpeg_mem_src(decoder, (unsigned char *)bytes, count);
    jpeg_read_header(decoder, TRUE);
    decoder->out_color_space = JCS_RGB;
    jpeg_start_decompress(decoder);
    size_t stride = (size_t)decoder->output_width * 3;
    pixels = grown(pixels, &pixels_capacity, stride * (decoder->output_height + ROWS_A_CALL));
    while (decoder->output_scanline < decoder->output_height) {
        JSAMPROW rows[ROWS_A_CALL];
        for (int i = 0; i < ROWS_A_CALL; i++) rows[i] = pixels + stride * (decoder->output_scanline + i);
        jpeg_read_scanlines(decoder, rows, ROWS_A_CALL);
    }
    jpeg_finish_decompress(decoder);
}

static void read_coefficients(struct jpeg_decompress_struct *decoder, const uint8_t *bytes, size_t count) {
    jpeg_mem_src(decoder, (unsigned char *)bytes, count);
    jpeg_read_header(decoder, TRUE);
    jpeg_read_coefficients(decoder);
    jpeg_finish_decompress(decoder);
}

int main(int argc, char **argv) {
    record_reader reader = {.file = argc == 2 ? fopen(argv[1], "rb") : NULL};
    if (!reader.file) fail("usage: floor FILE.rec");
    struct jpeg_error_mgr errors;
    struct jpeg_decompress_struct decoder;
    decoder.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&decoder);

    long images = 0;
    double whole = 0, coefficients = 0;
    for (; next_jpeg(&reader); images++) {
        double start = cpu_seconds();
        decode(&decoder, reader.jpeg, reader.jpeg_count);
        double middle = cpu_seconds();
        read_coefficients(&decoder, reader.jpeg, reader.jpeg_count);
        coefficients += cpu_seconds() - middle;
        whole += middle - start;
    }
    if (images == 0) fail("the file holds no JPEG");
    jpeg_destroy_decompress(&decoder);
    printf("{\"images\": %ld, \"cpu_ms_per_image\": %.6f, \"coefficients_cpu_ms_per_image\": %.6f, "
           "\"library\": \"libjpeg-turbo " TEXT(LIBJPEG_TURBO_VERSION) "\"}\n",
           images, whole * 1e3 / (double)images, coefficients * 1e3 / (double)images);
    return 0;
}
