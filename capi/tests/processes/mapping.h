// An event in the first four bytes of a file, as the examples `shared_file_wait` and `shared_file_set` of the Rust package have it.

#ifndef MAPPING_H
#define MAPPING_H

#include "futex_event.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// The event in the file; `flags` are for `open`. The mapping stays until the program ends.
static inline struct futex_event_shared *map(const char *path, int flags) {
    struct stat status;
    int file = open(path, O_RDWR | flags, 0600);
    if (file < 0 || fstat(file, &status) != 0) {
        perror(path);
        exit(1);
    }
    // Zeros are an event that is not set.
    if (status.st_size == 0 && (flags & O_CREAT) && ftruncate(file, 4) != 0) {
        perror(path);
        exit(1);
    }
    void *memory = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) {
        perror(path);
        exit(1);
    }
    close(file);
    return memory;
}

#endif
