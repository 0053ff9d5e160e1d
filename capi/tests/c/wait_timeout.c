// A wait with a timeout is never too short, and a set event wins.

#include "test.h"

static struct EVENT event = FUTEX_EVENT_INIT;

static void wait_forever(void *unused) {
    (void)unused;
    CHECK(OP(wait_timeout)(&event, FUTEX_EVENT_FOREVER) == FUTEX_EVENT_RELEASED);
}

static void wait_long(void *unused) {
    (void)unused;
    // Nearly the longest timeout.
    CHECK(OP(wait_timeout)(&event, FUTEX_EVENT_FOREVER - 1) == FUTEX_EVENT_RELEASED);
}

int main(void) {
    static const uint64_t timeouts[] = {0, 1, 1500, 1000000, 20000000, 1100000000};
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        uint64_t begun = futex_event_now();
        CHECK(OP(wait_timeout)(&event, timeouts[i]) == FUTEX_EVENT_TIMED_OUT);
        CHECK(futex_event_now() - begun >= timeouts[i]);
    }

    OP(set)(&event);
    CHECK(OP(wait_timeout)(&event, 0) == FUTEX_EVENT_RELEASED);
    OP(set)(&event);
    CHECK(OP(wait_timeout)(&event, LONG) == FUTEX_EVENT_RELEASED);
    OP(clear)(&event);

    struct thread waiters[2];
    start_and_park(&waiters[0], wait_forever, NULL);
    start_and_park(&waiters[1], wait_long, NULL);
    CHECK(OP(set)(&event));
    CHECK(OP(set)(&event) == takes());
    join(&waiters[0]);
    join(&waiters[1]);

    CHECK(OP(wait_timeout)(NULL, 0) == FUTEX_EVENT_INVALID);
    CHECK(OP(wait_timeout)(misaligned(), LONG) == FUTEX_EVENT_INVALID);
}
