#ifndef CLINUX_H
#define CLINUX_H

#include <stdint.h>

/* Calls of Linux that the Glibc module leaves out. */

/* An unnamed file in memory that is closed on exec and may be sealed; `name` shows in /proc only.
 * Returns a descriptor, or a negative errno. */
int clinux_memory_file(const char *name);

/* An unnamed file in `directory`, open for reading and writing, closed on exec, its owner's alone.
 * Returns a descriptor, or a negative errno: -EOPNOTSUPP or -EISDIR where there are none. */
int clinux_unnamed_file(const char *directory);

/* Gives the blocks of a part of a file back to the file system; the part then reads as zeros, and the file stays as long.
 * Returns 0, or a negative errno: -EOPNOTSUPP where that is impossible. */
int clinux_punch_hole(int descriptor, int64_t offset, int64_t length);

/* Opens `path` with `flags` of open(2), and fails when any part of it is a symbolic link.
 * Returns a descriptor, or a negative errno: -ELOOP for a link. */
int clinux_open_without_links(const char *path, int flags);

#endif
