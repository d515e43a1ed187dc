/* floor FILE.rec: CPU time of decoding every JPEG of a RecordIO file in full with libjpeg-turbo, and of reading the
 * coefficients alone, which is Huffman decoding; one thread, as JSON.
 *
 * Nothing is clever here: accurate integer inverse DCT, fancy chroma upsampling and RGB are the library's defaults, and the
 * rows go to one buffer. Reading the file is not counted. Build with: cc -O2 -o floor floor.c -ljpeg */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jpeglib.h>

#define MAGIC 0xced7230au
/* Flag, label, id and id2 of an image record. */
#define IMAGE_HEADER 24
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

static double cpu_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(const char *why) {
    fprintf(stderr, "floor: %s\n", why);
    exit(1);
}

static void *grown(void *buffer, size_t *capacity, size_t wanted) {
    if (wanted <= *capacity) return buffer;
    *capacity = wanted * 2;
    buffer = realloc(buffer, *capacity);
    if (!buffer) fail("no memory");
    return buffer;
}

static uint8_t *record;
static size_t record_capacity, record_bytes;

/* Reads the next record into `record`, its parts joined by the magic number that was taken out between them.
 * Returns 0 at the end of the file. */
static int read_record(FILE *file) {
    record_bytes = 0;
    for (;;) {
        uint32_t head[2];
        size_t read = fread(head, 1, sizeof head, file);
        if (read == 0 && record_bytes == 0) return 0;
        if (read != sizeof head || head[0] != MAGIC) fail("the file is damaged, or not a RecordIO file");
        uint32_t part = head[1] >> 29;
        size_t length = head[1] & 0x1fffffff, padded = (length + 3) & ~(size_t)3;
        record = grown(record, &record_capacity, record_bytes + sizeof head[0] + padded);
        if (part == 2 || part == 3) {
            memcpy(record + record_bytes, head, sizeof head[0]);
            record_bytes += sizeof head[0];
        }
        if (fread(record + record_bytes, 1, padded, file) != padded) fail("the file ends within a record");
        record_bytes += length;
        if (part == 0 || part == 3) return 1;
    }
}

static uint8_t *pixels;
static size_t pixels_capacity;

/* Both begin as every user of the library does; its error handler ends the program at a damaged picture. */
static void decode(struct jpeg_decompress_struct *decoder, const uint8_t *bytes, size_t count) {
    jpeg_mem_src(decoder, (unsigned char *)bytes, count);
    jpeg_read_header(decoder, TRUE);
    decoder->out_color_space = JCS_RGB;
    jpeg_start_decompress(decoder);
    size_t stride = (size_t)decoder->output_width * 3;
    pixels = grown(pixels, &pixels_capacity, stride * (decoder->output_height + 16));
    while (decoder->output_scanline < decoder->output_height) {
        JSAMPROW rows[16];
        for (int i = 0; i < 16; i++) rows[i] = pixels + stride * (decoder->output_scanline + i);
        JDIMENSION left = decoder->output_height - decoder->output_scanline;
        jpeg_read_scanlines(decoder, rows, left < 16 ? left : 16);
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
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file) fail("usage: floor FILE.rec");
    struct jpeg_error_mgr errors;
    struct jpeg_decompress_struct decoder;
    decoder.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&decoder);

    long images = 0;
    double whole = 0, coefficients = 0;
    while (read_record(file)) {
        if (record_bytes < IMAGE_HEADER) fail("a record is too short for an image's");
        uint32_t label_count;
        memcpy(&label_count, record, sizeof label_count);
        size_t skipped = IMAGE_HEADER + (size_t)label_count * sizeof(float);
        /* Files may hold records of other kinds, such as InsightFace's of identities. */
        if (record_bytes < skipped + 2 || record[skipped] != 0xff || record[skipped + 1] != 0xd8) continue;
        double start = cpu_seconds();
        decode(&decoder, record + skipped, record_bytes - skipped);
        double middle = cpu_seconds();
        read_coefficients(&decoder, record + skipped, record_bytes - skipped);
        coefficients += cpu_seconds() - middle;
        whole += middle - start;
        images++;
    }
    if (images == 0) fail("the file holds no JPEG");
    jpeg_destroy_decompress(&decoder);
    printf("{\"images\": %ld, \"cpu_ms_per_image\": %.6f, \"coefficients_cpu_ms_per_image\": %.6f, "
           "\"library\": \"libjpeg-turbo " TEXT(LIBJPEG_TURBO_VERSION) "\"}\n",
           images, whole * 1e3 / (double)images, coefficients * 1e3 / (double)images);
    return 0;
}
