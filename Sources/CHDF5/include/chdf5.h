/* What Headrace reads of HDF5 files. Compiled in with the package trait HDF5; without it there is nothing behind this.
 * The library is not thread-safe: the caller makes one call at a time, over all files. */
#ifndef HEADRACE_CHDF5_H
#define HEADRACE_CHDF5_H

#include <stddef.h>
#include <stdint.h>

enum { CHDF5_MAX_RANK = 32, CHDF5_MESSAGE_BYTES = 256 };

typedef enum {
    CHDF5_BOOL,
    CHDF5_UNSIGNED,
    CHDF5_SIGNED,
    CHDF5_FLOAT /* IEEE, of the width given */
} chdf5_kind;

typedef struct {
    /* The library's handles. */
    int64_t file, dataset;
    chdf5_kind kind;
    uint32_t width; /* bytes of an element */
    int big_endian;
    uint32_t rank;
    uint64_t extents[CHDF5_MAX_RANK];
    /* Where the elements begin in the file when they lie there as they are, else UINT64_MAX. */
    uint64_t offset;
} chdf5_dataset;

/* Opens the dataset `name` of the file `path` for reading. Follows no link out of the file. 0, or -1 with a reason. */
int chdf5_open(const char *path, const char *name, chdf5_dataset *out, char message[CHDF5_MESSAGE_BYTES]);

/* Reads the elements whose index along `axis` is first ..< first + count, as they are stored, in C order. 0 or -1. */
int chdf5_read(const chdf5_dataset *, uint32_t axis, uint64_t first, uint64_t count, void *elements);

void chdf5_close(chdf5_dataset *);

#endif
