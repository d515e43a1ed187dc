#ifndef CLINUX_H
#define CLINUX_H

/* Calls of Linux that the Glibc module leaves out. */

/* An unnamed file in memory that is closed on exec and may be sealed; `name` shows in /proc only.
 * Returns a descriptor, or a negative errno. */
int clinux_memory_file(const char *name);

#endif
