// The clock advances, never goes back, and keeps the system clock's pace.

#include "test.h"

int main(void) {
    uint64_t last = futex_event_now(), begun = last;
    for (int i = 0; i < 100000; i++) {
        uint64_t now = futex_event_now();
        CHECK(now >= last);
        last = now;
    }
    pause_for(10 * MILLISECOND);
    CHECK(futex_event_now() - begun >= 10 * MILLISECOND);
#ifdef __linux__
    struct timespec time;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &time) == 0);
    uint64_t monotonic = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
    CHECK(futex_event_now() >= monotonic);
    CHECK(futex_event_now() - monotonic < LONG);
#endif
}
