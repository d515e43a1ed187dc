#include "output.h"

#include <stdlib.h>

#include <jerror.h>

/* The library's own memory target loses track of its buffer when an error follows a growth. */
static boolean grow(j_compress_ptr jpeg) {
    output *const to = (output *)(void *)jpeg->dest;
    const size_t used = to->capacity;
    const size_t capacity = used ? used * 2 : 1 << 16;
    uint8_t *const bytes = realloc(to->bytes, capacity);
    if (!bytes) {
        ERREXIT1(jpeg, JERR_OUT_OF_MEMORY, 0);
    }
    to->bytes = bytes;
    to->capacity = capacity;
    to->target.next_output_byte = bytes + used;
    to->target.free_in_buffer = capacity - used;
    return TRUE;
}

static void begin(j_compress_ptr jpeg) { grow(jpeg); }

static void end(j_compress_ptr jpeg) { (void)jpeg; }

void output_attach(output *to, j_compress_ptr jpeg) {
    to->target.init_destination = begin;
    to->target.empty_output_buffer = grow;
    to->target.term_destination = end;
    jpeg->dest = &to->target;
}

size_t output_count(const output *to) { return to->capacity - to->target.free_in_buffer; }
