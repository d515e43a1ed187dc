#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <sys/mman.h>

int clinux_memory_file(const char *name) {
    int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return descriptor >= 0 ? descriptor : -errno;
}
