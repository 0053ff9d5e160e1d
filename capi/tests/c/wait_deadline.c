// A wait until a deadline is never too short, and a set event wins, even over a deadline in the past.

#include "test.h"

static struct EVENT event = FUTEX_EVENT_INIT;

static void wait_forever(void *unused) {
    (void)unused;
    CHECK(OP(wait_deadline)(&event, FUTEX_EVENT_FOREVER) == FUTEX_EVENT_RELEASED);
}

int main(void) {
    for (uint64_t timeout = 1; timeout <= 16 * MILLISECOND; timeout *= 16) {
        uint64_t deadline = futex_event_now() + timeout;
        CHECK(OP(wait_deadline)(&event, deadline) == FUTEX_EVENT_TIMED_OUT);
        CHECK(futex_event_now() >= deadline);
    }
    uint64_t past = futex_event_now();
    CHECK(OP(wait_deadline)(&event, past) == FUTEX_EVENT_TIMED_OUT);
    CHECK(OP(wait_deadline)(&event, 0) == FUTEX_EVENT_TIMED_OUT);

    OP(set)(&event);
    CHECK(OP(wait_deadline)(&event, past) == FUTEX_EVENT_RELEASED);
    CHECK(OP(is_set)(&event) == !takes());
    OP(clear)(&event);

    struct thread waiter;
    start_and_park(&waiter, wait_forever, NULL);
    CHECK(OP(set)(&event));
    join(&waiter);

    CHECK(OP(wait_deadline)(NULL, past) == FUTEX_EVENT_INVALID);
    CHECK(OP(wait_deadline)(misaligned(), FUTEX_EVENT_FOREVER) == FUTEX_EVENT_INVALID);
}
