// A wait until all of several events have been set, not at the same time.

#include "test.h"

enum { EVENTS = 20 };

static struct futex_event_manual events[EVENTS];
static struct futex_event_manual *all[EVENTS];
static atomic_bool last;

static void wait(void *unused) {
    (void)unused;
    CHECK(futex_event_wait_all(all, EVENTS) == FUTEX_EVENT_RELEASED);
    CHECK(last);
}

static atomic_int asked, answer_yes;

static bool interrupted(void *context) {
    CHECK(context == &asked);
    asked++;
    return answer_yes;
}

static void be_interrupted(void *form) {
    enum futex_event_result result;
    switch (*(int *)form) {
    case 0:
        result = futex_event_wait_all_interruptible(all, EVENTS, interrupted, &asked);
        break;
    case 1:
        result = futex_event_wait_all_timeout_interruptible(all, EVENTS, LONG, interrupted, &asked);
        break;
    default:
        result = futex_event_wait_all_deadline_interruptible(all, EVENTS, futex_event_now() + LONG, interrupted, &asked);
    }
    CHECK(result == FUTEX_EVENT_INTERRUPTED);
}

static void a_signal_ends_it_if_the_caller_says_so(void) {
    for (int form = 0; form < 3; form++) {
        struct thread thread;
        asked = answer_yes = 0;
        start_and_park(&thread, be_interrupted, &form);
        interrupt(&thread, &asked, 3);
        CHECK(!thread.has_ended);
        answer_yes = 1;
        interrupt_to_the_end(&thread);
        join(&thread);
    }
    CHECK(futex_event_wait_all_interruptible(all, 1, interrupted, &asked) == FUTEX_EVENT_RELEASED);
    CHECK(futex_event_wait_all_timeout_interruptible(all, 2, 1000, interrupted, &asked) == FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_wait_all_deadline_interruptible(all, 2, 0, interrupted, &asked) == FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_wait_all_interruptible(all, 1, NULL, NULL) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_all_timeout_interruptible(all, 1, 0, NULL, NULL) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_all_deadline_interruptible(NULL, 1, 0, interrupted, &asked) == FUTEX_EVENT_INVALID);
}

int main(void) {
    for (int i = 0; i < EVENTS; i++) {
        all[i] = &events[i];
    }
    struct thread thread;
    start_and_park(&thread, wait, NULL);
    for (int i = EVENTS - 1; i >= 0; i--) {
        last = i == 0;
        CHECK(futex_event_manual_set(all[i]));
        futex_event_manual_clear(all[i]);
    }
    join(&thread);

    CHECK(futex_event_wait_all(NULL, 0) == FUTEX_EVENT_RELEASED);
    CHECK(futex_event_wait_all_timeout(NULL, 0, 0) == FUTEX_EVENT_RELEASED);

    futex_event_manual_set(all[0]);
    uint64_t begun = futex_event_now();
    CHECK(futex_event_wait_all_timeout(all, EVENTS, 0) == FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_wait_all_timeout(all, EVENTS, MILLISECOND) == FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_now() - begun >= MILLISECOND);
    CHECK(futex_event_wait_all_deadline(all, EVENTS, begun + 2 * MILLISECOND) == FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_now() - begun >= 2 * MILLISECOND);
    CHECK(futex_event_wait_all_deadline(all, 1, begun) == FUTEX_EVENT_RELEASED);
    CHECK(futex_event_wait_all_timeout(all, 1, FUTEX_EVENT_FOREVER) == FUTEX_EVENT_RELEASED);

    a_signal_ends_it_if_the_caller_says_so();

    CHECK(futex_event_wait_all(NULL, 1) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_all((void *)((char *)all + 1), 1) == FUTEX_EVENT_INVALID);
    struct futex_event_manual *bad[] = {all[0], NULL};
    CHECK(futex_event_wait_all(bad, 2) == FUTEX_EVENT_INVALID);
    bad[1] = misaligned();
    CHECK(futex_event_wait_all_timeout(bad, 2, 0) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_all_deadline(bad, 2, 0) == FUTEX_EVENT_INVALID);
}
