// Waits for an event that another program sets: await FILE. The file is created if it is missing.

#define _POSIX_C_SOURCE 200809L
#include "mapping.h"

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: await FILE\n");
        return 2;
    }
    struct futex_event_shared *event = map(arguments[1], O_CREAT);
    puts("Waiting");
    fflush(stdout);
    if (futex_event_shared_wait_timeout(event, UINT64_C(60000000000)) != FUTEX_EVENT_RELEASED) {
        fprintf(stderr, "await: no process set the event\n");
        return 1;
    }
    futex_event_shared_clear(event);
    puts("Released");
    return 0;
}
