// An interruptible wait: after a signal it calls its caller's function, and continues or returns. Timeouts and events end it too.

#include "test.h"

static struct EVENT event = FUTEX_EVENT_INIT;
static atomic_bool is_interrupted;
static atomic_int asked;

static bool interrupted(void *context) {
    CHECK(context == &is_interrupted);
    atomic_fetch_add(&asked, 1);
    return is_interrupted;
}

// The three forms. The timed ones have enough time.
static enum futex_event_result wait(int form) {
    switch (form) {
    case 0:
        return OP(wait_interruptible)(&event, interrupted, &is_interrupted);
    case 1:
        return OP(wait_timeout_interruptible)(&event, LONG, interrupted, &is_interrupted);
    default:
        return OP(wait_deadline_interruptible)(&event, futex_event_now() + LONG, interrupted, &is_interrupted);
    }
}

static void be_interrupted(void *form) {
    CHECK(wait(*(int *)form) == FUTEX_EVENT_INTERRUPTED);
}

static void be_released(void *form) {
    CHECK(wait(*(int *)form) == FUTEX_EVENT_RELEASED);
}

int main(void) {
    for (int form = 0; form < 3; form++) {
        struct thread thread;
        asked = 0;
        is_interrupted = false;
        start_and_park(&thread, be_released, &form);
        interrupt(&thread, &asked, 3);
        CHECK(!thread.has_ended);
        CHECK(OP(set)(&event));
        join(&thread);
        OP(clear)(&event);

        asked = 0;
        is_interrupted = true;
        start_and_park(&thread, be_interrupted, &form);
        interrupt_to_the_end(&thread);
        join(&thread);
        CHECK(asked == 1);

        // A wait on a set event does not call the function.
        CHECK(OP(set)(&event));
        CHECK(wait(form) == FUTEX_EVENT_RELEASED);
        CHECK(asked == 1);
        OP(clear)(&event);
    }

    is_interrupted = false;
    uint64_t begun = futex_event_now();
    CHECK(OP(wait_timeout_interruptible)(&event, 2 * MILLISECOND, interrupted, &is_interrupted) ==
          FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_now() - begun >= 2 * MILLISECOND);
    CHECK(OP(wait_deadline_interruptible)(&event, begun + 4 * MILLISECOND, interrupted, &is_interrupted) ==
          FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_now() - begun >= 4 * MILLISECOND);

    CHECK(OP(wait_interruptible)(&event, NULL, NULL) == FUTEX_EVENT_INVALID);
    CHECK(OP(wait_interruptible)(NULL, interrupted, NULL) == FUTEX_EVENT_INVALID);
    CHECK(OP(wait_timeout_interruptible)(&event, 0, NULL, NULL) == FUTEX_EVENT_INVALID);
    CHECK(OP(wait_timeout_interruptible)(misaligned(), 0, interrupted, NULL) == FUTEX_EVENT_INVALID);
    CHECK(OP(wait_deadline_interruptible)(&event, 0, NULL, NULL) == FUTEX_EVENT_INVALID);
    CHECK(OP(wait_deadline_interruptible)(NULL, 0, interrupted, NULL) == FUTEX_EVENT_INVALID);
}
