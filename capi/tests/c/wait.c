// A wait ends when the event is set, and not before, whatever signals come. Two threads take turns, each of which may use
// `turns` only while it is its own.

#include "test.h"

enum { ROUNDS = 2000 };

static struct EVENT ping = FUTEX_EVENT_INIT, pong = FUTEX_EVENT_INIT, late = FUTEX_EVENT_INIT;
static int turns;
static atomic_bool is_late, was_late;

static void wait_for(struct EVENT *event) {
    CHECK(OP(wait)(event) == FUTEX_EVENT_RELEASED);
    CHECK(OP(clear)(event) == !takes());
}

static void answer(void *unused) {
    (void)unused;
    for (int round = 0; round < ROUNDS; round++) {
        wait_for(&ping);
        CHECK(turns == 2 * round + 1);
        turns++;
        CHECK(OP(set)(&pong));
    }
}

static void wait_long(void *unused) {
    (void)unused;
    CHECK(OP(wait)(&late) == FUTEX_EVENT_RELEASED);
    was_late = is_late;
}

int main(void) {
    struct EVENT event = FUTEX_EVENT_INIT_SET;
    wait_for(&event);

    struct thread thread;
    start(&thread, answer, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        CHECK(turns == 2 * round);
        turns++;
        CHECK(OP(set)(&ping));
        wait_for(&pong);
    }
    join(&thread);

    // Without SA_RESTART, so the signal ends the system call.
    struct sigaction action = {.sa_handler = ignore};
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    start_and_park(&thread, wait_long, NULL);
    for (int i = 0; i < 20; i++) {
        CHECK(pthread_kill(thread.pthread, SIGUSR1) == 0);
        pause_for(MILLISECOND);
    }
    is_late = true;
    CHECK(OP(set)(&late));
    join(&thread);
    CHECK(was_late);

    CHECK(OP(wait)(NULL) == FUTEX_EVENT_INVALID);
    CHECK(OP(wait)(misaligned()) == FUTEX_EVENT_INVALID);
}
