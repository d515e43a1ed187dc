#ifndef CSYSTEMD_H
#define CSYSTEMD_H

#include <stddef.h>
#include <stdint.h>

/* What the daemon needs of libsystemd, with types that Swift imports well. Nothing here fails when the process was not
 * started by systemd: the calls then do nothing and say so. */

/* Sends a state such as "READY=1\nSTATUS=serving" to the service manager.
 * Returns 1 when it was sent, 0 without a service manager, a negative errno otherwise. */
int csystemd_notify(const char *state);

/* Sockets handed over by socket activation: their number, or a negative errno. They are descriptors 3, 4, ...; the
 * variables of the environment that announce them stay, because a reload of the process image may want them. */
int csystemd_listen_count(void);

/* Copies the name (FileDescriptorName=) of the index-th socket into name, NUL-terminated. Returns 0, or a negative errno:
 * -EINVAL when there is no such socket, -ENOSPC when the name does not fit. */
int csystemd_listen_name(int index, char *name, size_t capacity);

/* Microseconds within which the service manager wants to hear of us, or 0 when it does not. */
uint64_t csystemd_watchdog_microseconds(void);

/* 1 when standard error is connected to the journal, so that the native protocol keeps fields apart. */
int csystemd_stderr_is_journal(void);

/* One log entry: count fields of the form NAME=value, field i being fields[offsets[i]] to fields[offsets[i + 1]].
 * offsets has count + 1 elements. At most 64 fields are sent. Returns 0 or a negative errno. */
int csystemd_journal_send(const char *fields, const size_t *offsets, int count);

#endif
