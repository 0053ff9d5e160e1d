// A set releases all waiters, or one of them. It returns whether it changed the event, and publishes what was done before.

#include "test.h"

static struct EVENT event = FUTEX_EVENT_INIT;
static int payload;
static atomic_int released;

static void wait_and_look(void *unused) {
    (void)unused;
    CHECK(OP(wait)(&event) == FUTEX_EVENT_RELEASED);
    CHECK(payload == 42);
    atomic_fetch_add(&released, 1);
}

int main(void) {
    CHECK(OP(set)(&event));
    CHECK(!OP(set)(&event));
    CHECK(OP(clear)(&event));

    struct thread waiters[WAITERS];
    for (int i = 0; i < WAITERS; i++) {
        start_and_park(&waiters[i], wait_and_look, NULL);
    }
    payload = 42;
    int sets = takes() ? WAITERS : 1;
    for (int i = 0; i < sets; i++) {
        CHECK(OP(set)(&event));
    }
    for (int i = 0; i < WAITERS; i++) {
        join(&waiters[i]);
    }
    CHECK(released == WAITERS);
    CHECK(OP(is_set)(&event) == !takes());

    CHECK(!OP(set)(NULL));
    CHECK(!OP(set)(misaligned()));
}
