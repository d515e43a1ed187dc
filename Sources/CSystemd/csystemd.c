#include "csystemd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The journal would otherwise note this file and line as the origin of every entry. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

int csystemd_notify(const char *state) { return sd_notify(0, state); }

int csystemd_listen_count(void) { return sd_listen_fds(0); }

int csystemd_listen_name(int index, char *name, size_t capacity) {
    char **names = NULL;
    int count = sd_listen_fds_with_names(0, &names);
    if (count < 0) return count;
    int result = -EINVAL;
    if (index >= 0 && index < count && names != NULL) {
        size_t length = strlen(names[index]);
        result = -ENOSPC;
        if (length < capacity) {
            memcpy(name, names[index], length + 1);
            result = 0;
        }
    }
    if (names != NULL) {
        for (int i = 0; names[i] != NULL; i++) free(names[i]);
        free(names);
    }
    return result;
}

uint64_t csystemd_watchdog_microseconds(void) {
    uint64_t microseconds = 0;
    return sd_watchdog_enabled(0, &microseconds) > 0 ? microseconds : 0;
}

int csystemd_stderr_is_journal(void) {
    /* systemd.exec(5): $JOURNAL_STREAM is device:inode of the stream that leads to the journal. The variable is inherited,
     * so it counts only when standard error is still that stream. */
    const char *text = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat status;
    if (text == NULL || sscanf(text, "%llu:%llu", &device, &inode) != 2) return 0;
    if (fstat(STDERR_FILENO, &status) != 0) return 0;
    return (unsigned long long)status.st_dev == device && (unsigned long long)status.st_ino == inode;
}

int csystemd_journal_send(const char *fields, const size_t *offsets, int count) {
    struct iovec parts[64];
    if (count > 64) count = 64;
    for (int i = 0; i < count; i++) {
        parts[i].iov_base = (char *)fields + offsets[i];
        parts[i].iov_len = offsets[i + 1] - offsets[i];
    }
    return sd_journal_sendv(parts, count);
}
