#include "chdf5.h"

#ifdef HEADRACE_HDF5

#include <stdio.h>
#include <string.h>

#if __has_include(<hdf5/serial/hdf5.h>)
#include <hdf5/serial/hdf5.h> /* Debian */
#else
#include <hdf5.h>
#endif

enum { CHUNK_CACHE_BYTES = 32 << 20 };

static int fail(char *message, const char *reason)
{
    snprintf(message, CHDF5_MESSAGE_BYTES, "%s", reason);
    return -1;
}

/* Every part of `name` must be a hard link: others may lead to any file of the machine. */
static int check_links(hid_t file, const char *name, char *message)
{
    char prefix[1024];
    size_t length = strlen(name);
    if (length == 0 || length >= sizeof prefix) return fail(message, "names no dataset");
    for (size_t end = 1; end <= length; end++) {
        if (end < length && name[end] != '/') continue;
        if (name[end - 1] == '/') continue;
        memcpy(prefix, name, end);
        prefix[end] = 0;
        H5L_info_t info;
        if (H5Lexists(file, prefix, H5P_DEFAULT) <= 0) return fail(message, "has no dataset of that name");
        if (H5Lget_info(file, prefix, &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_HARD)
            return fail(message, "reaches the dataset over a link, which is not followed");
    }
    return 0;
}

/* A float of IEEE's layout: any other has the same class and size. */
static int is_ieee(hid_t type, size_t size)
{
    size_t sign, exponent_at, exponent, mantissa_at, mantissa;
    if (H5Tget_fields(type, &sign, &exponent_at, &exponent, &mantissa_at, &mantissa) < 0) return 0;
    size_t expected = size == 2 ? 5 : size == 4 ? 8 : 11;
    return mantissa_at == 0 && mantissa == 8 * size - 1 - expected && exponent_at == mantissa && exponent == expected
        && sign == 8 * size - 1 && H5Tget_norm(type) == H5T_NORM_IMPLIED
        && H5Tget_ebias(type) == ((size_t)1 << (expected - 1)) - 1;
}

static int read_type(hid_t type, chdf5_dataset *out, char *message)
{
    size_t size = H5Tget_size(type);
    H5T_order_t order = H5T_ORDER_LE;
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        out->kind = H5Tget_sign(type) == H5T_SGN_NONE ? CHDF5_UNSIGNED : CHDF5_SIGNED;
        order = H5Tget_order(type);
        if (size != 1 && size != 2 && size != 4 && size != 8) return fail(message, "has integers of another size than 1, 2, 4 or 8 bytes");
        if (H5Tget_precision(type) != 8 * size) return fail(message, "has integers with unused bits");
        break;
    case H5T_FLOAT:
        out->kind = CHDF5_FLOAT;
        order = H5Tget_order(type);
        if ((size != 2 && size != 4 && size != 8) || !is_ieee(type, size)) return fail(message, "has floats that are not IEEE's");
        break;
    case H5T_ENUM:
        /* As h5py writes booleans. */
        out->kind = CHDF5_BOOL;
        if (size != 1 || H5Tget_nmembers(type) != 2) return fail(message, "has elements of an enumeration");
        break;
    default: return fail(message, "has elements that are no numbers");
    }
    if (size > 1 && order != H5T_ORDER_LE && order != H5T_ORDER_BE) return fail(message, "has elements of a strange byte order");
    out->width = (uint32_t)size;
    out->big_endian = size > 1 && order == H5T_ORDER_BE;
    return 0;
}

static int read_layout(hid_t dataset, chdf5_dataset *out, char *message)
{
    hid_t creation = H5Dget_create_plist(dataset);
    if (creation < 0) return fail(message, "cannot be read");
    H5D_layout_t layout = H5Pget_layout(creation);
    int externals = H5Pget_external_count(creation);
    H5Pclose(creation);
    if (externals != 0 || (layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED && layout != H5D_COMPACT))
        return fail(message, "has its elements in another file");
    out->offset = UINT64_MAX;
    if (layout == H5D_CONTIGUOUS) {
        haddr_t offset = H5Dget_offset(dataset);
        if (offset != HADDR_UNDEF) out->offset = offset;
    }
    return 0;
}

static int read_shape(hid_t dataset, chdf5_dataset *out, char *message)
{
    hid_t space = H5Dget_space(dataset);
    hsize_t extents[CHDF5_MAX_RANK];
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    int fits = rank >= 0 && rank <= CHDF5_MAX_RANK && H5Sget_simple_extent_dims(space, extents, NULL) == rank;
    if (space >= 0) H5Sclose(space);
    if (!fits) return fail(message, "has more axes than an array may have");
    out->rank = (uint32_t)rank;
    for (int axis = 0; axis < rank; axis++) out->extents[axis] = extents[axis];
    return 0;
}

int chdf5_open(const char *path, const char *name, chdf5_dataset *out, char message[CHDF5_MESSAGE_BYTES])
{
    memset(out, 0, sizeof *out);
    out->file = out->dataset = -1;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    /* A file that names a filter must not have this process load it. */
    H5PLset_loading_state(0);
    out->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (out->file < 0) return fail(message, "is no HDF5 file, or a damaged one");
    int status = check_links(out->file, name, message);
    if (status == 0) {
        hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
        H5Pset_chunk_cache(access, H5D_CHUNK_CACHE_NSLOTS_DEFAULT, CHUNK_CACHE_BYTES, H5D_CHUNK_CACHE_W0_DEFAULT);
        out->dataset = H5Dopen2(out->file, name, access);
        H5Pclose(access);
        if (out->dataset < 0) status = fail(message, "has no dataset of that name");
    }
    if (status == 0) {
        hid_t type = H5Dget_type(out->dataset);
        status = type < 0 ? fail(message, "cannot be read") : read_type(type, out, message);
        if (type >= 0) H5Tclose(type);
    }
    /* In front of the shape, for which the library would open the files that a dataset has its elements in. */
    if (status == 0) status = read_layout(out->dataset, out, message);
    if (status == 0) status = read_shape(out->dataset, out, message);
    if (status != 0) chdf5_close(out);
    return status;
}

int chdf5_read(const chdf5_dataset *from, uint32_t axis, uint64_t first, uint64_t count, void *elements)
{
    hsize_t start[CHDF5_MAX_RANK], extents[CHDF5_MAX_RANK];
    for (uint32_t i = 0; i < from->rank; i++) {
        start[i] = i == axis ? first : 0;
        extents[i] = i == axis ? count : from->extents[i];
    }
    hid_t source = H5Dget_space(from->dataset);
    hid_t type = H5Dget_type(from->dataset);
    hid_t target = H5Screate_simple((int)from->rank, extents, NULL);
    int status = -1;
    if (source >= 0 && type >= 0 && target >= 0
        && H5Sselect_hyperslab(source, H5S_SELECT_SET, start, NULL, extents, NULL) >= 0
        && H5Dread(from->dataset, type, target, source, H5P_DEFAULT, elements) >= 0)
        status = 0;
    if (target >= 0) H5Sclose(target);
    if (type >= 0) H5Tclose(type);
    if (source >= 0) H5Sclose(source);
    return status;
}

void chdf5_close(chdf5_dataset *dataset)
{
    if (dataset->dataset >= 0) H5Dclose(dataset->dataset);
    if (dataset->file >= 0) H5Fclose(dataset->file);
    dataset->file = dataset->dataset = -1;
}

#endif
