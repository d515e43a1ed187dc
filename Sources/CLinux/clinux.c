#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int clinux_memory_file(const char *name) {
    int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return descriptor >= 0 ? descriptor : -errno;
}

int clinux_unnamed_file(const char *directory) {
    int descriptor = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return descriptor >= 0 ? descriptor : -errno;
}

int clinux_punch_hole(int descriptor, int64_t offset, int64_t length) {
    int result = fallocate(descriptor, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, offset, length);
    return result == 0 ? 0 : -errno;
}

/* For kernels, and sandboxes, without openat2: what was opened must be what the path says. */
static int open_and_compare(const char *path, int flags) {
    char link[32], target[PATH_MAX];
    int descriptor = open(path, flags | O_NOFOLLOW);
    if (descriptor < 0) return -errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, target, sizeof target);
    if (length == (ssize_t)strlen(path) && memcmp(target, path, (size_t)length) == 0) return descriptor;
    close(descriptor);
    return -ELOOP;
}

int clinux_open_without_links(const char *path, int flags) {
    struct open_how how = {.flags = (uint64_t)flags, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    long descriptor = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    if (descriptor >= 0) return (int)descriptor;
    /* Older sandboxes answer calls that they do not know with EPERM. */
    return errno == ENOSYS || errno == EPERM ? open_and_compare(path, flags) : -errno;
}
