// Sets an event that another program waits for: signal FILE.

#define _POSIX_C_SOURCE 200809L
#include "mapping.h"

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: signal FILE\n");
        return 2;
    }
    puts(futex_event_shared_set(map(arguments[1], 0)) ? "Set" : "It was set already");
    return 0;
}
