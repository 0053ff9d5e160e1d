// A clear undoes a set, but never strands a thread that the set has released.

#include "test.h"

static struct EVENT event = FUTEX_EVENT_INIT;

static void wait(void *unused) {
    (void)unused;
    CHECK(OP(wait)(&event) == FUTEX_EVENT_RELEASED);
}

int main(void) {
    CHECK(!OP(clear)(&event));
    OP(set)(&event);
    CHECK(OP(clear)(&event));
    CHECK(!OP(is_set)(&event));

    for (int round = 0; round < 100; round++) {
        struct thread waiter;
        start_and_park(&waiter, wait, NULL);
        CHECK(OP(set)(&event));
        // Mostly before the waiter has run.
        OP(clear)(&event);
        join(&waiter);
        CHECK(!OP(is_set)(&event));
    }

    CHECK(!OP(clear)(NULL));
    CHECK(!OP(clear)(misaligned()));
}
