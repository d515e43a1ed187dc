/* What the C programs here share: reading the JPEGs of a RecordIO file, and the clock. */
#ifndef HEADRACE_BENCHMARK_RECORDS_H
#define HEADRACE_BENCHMARK_RECORDS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RECORD_MAGIC 0xced7230au
/* Flag, label, id and id2 of an image record. */
#define IMAGE_HEADER_BYTES 24

/* CPU time of this thread. */
static double cpu_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static _Noreturn void fail(const char *why) {
    fprintf(stderr, "%s\n", why);
    exit(1);
}

/* `buffer` with room for at least `wanted` bytes. */
static void *grown(void *buffer, size_t *capacity, size_t wanted) {
    if (wanted <= *capacity) return buffer;
    *capacity = wanted * 2;
    buffer = realloc(buffer, *capacity);
    if (!buffer) fail("no memory");
    return buffer;
}

typedef struct {
    FILE *file;
    uint8_t *record;
    size_t capacity, count;
    /* The picture within the last record. */
    const uint8_t *jpeg;
    size_t jpeg_count;
} record_reader;

/* Reads the next record, its parts joined by the magic number that was taken out between them. 0 at the end of the file. */
static int read_record(record_reader *reader) {
    reader->count = 0;
    for (;;) {
        uint32_t head[2];
        size_t read = fread(head, 1, sizeof head, reader->file);
        if (read == 0 && reader->count == 0) return 0;
        if (read != sizeof head || head[0] != RECORD_MAGIC) fail("the file is damaged, or not a RecordIO file");
        uint32_t part = head[1] >> 29;
        size_t length = head[1] & 0x1fffffff, padded = (length + 3) & ~(size_t)3;
        reader->record = grown(reader->record, &reader->capacity, reader->count + sizeof head[0] + padded);
        if (part == 2 || part == 3) {
            memcpy(reader->record + reader->count, head, sizeof head[0]);
            reader->count += sizeof head[0];
        }
        if (fread(reader->record + reader->count, 1, padded, reader->file) != padded) fail("the file ends within a record");
        reader->count += length;
        if (part == 0 || part == 3) return 1;
    }
}

/* Goes to the next JPEG. Records of other kinds, such as InsightFace's of identities, are passed over. 0 at the end. */
static int next_jpeg(record_reader *reader) {
    while (read_record(reader)) {
        uint32_t label_count;
        if (reader->count < IMAGE_HEADER_BYTES) continue;
        memcpy(&label_count, reader->record, sizeof label_count);
        size_t skipped = IMAGE_HEADER_BYTES + (size_t)label_count * sizeof(float);
        if (reader->count < skipped + 2) continue;
        reader->jpeg = reader->record + skipped;
        reader->jpeg_count = reader->count - skipped;
        if (reader->jpeg[0] == 0xff && reader->jpeg[1] == 0xd8) return 1;
    }
    return 0;
}

#endif
