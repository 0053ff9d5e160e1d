// An event count makes a lock-free structure blocking: here a counter of items, and a stack of one.

#include "test.h"

enum { ITEMS = 20000, TAKERS = 3 };

static struct futex_event_count filled = FUTEX_EVENT_INIT;
static atomic_int items;
static atomic_bool is_over;
static atomic_int taken;

static bool take(void) {
    int found = atomic_load_explicit(&items, memory_order_relaxed);
    while (found > 0) {
        if (atomic_compare_exchange_weak_explicit(&items, &found, found - 1, memory_order_relaxed, memory_order_relaxed)) {
            atomic_fetch_add(&taken, 1);
            return true;
        }
    }
    return false;
}

static bool take_or_end(void *context) {
    CHECK(context == &items);
    return take() || atomic_load_explicit(&is_over, memory_order_relaxed);
}

// As the header says.
static void take_by_hand(void *unused) {
    (void)unused;
    while (!is_over) {
        if (take()) {
            continue;
        }
        struct futex_event_ticket ticket = futex_event_count_prepare(&filled);
        if (!take() && !is_over) {
            CHECK(futex_event_count_wait(&filled, ticket) == FUTEX_EVENT_RELEASED);
        }
    }
}

static bool not_interrupted(void *context) {
    CHECK(context == &taken);
    return false;
}

// Each thread alternates between a form and its interruptible one.
static void take_by_condition(void *first_form) {
    for (int form = *(int *)first_form; !is_over; form = (form + 3) % 6) {
        enum futex_event_result result;
        switch (form) {
        case 0:
            result = futex_event_count_wait_until(&filled, take_or_end, &items);
            break;
        case 1:
            result = futex_event_count_wait_until_timeout(&filled, take_or_end, &items, LONG);
            break;
        case 2:
            result = futex_event_count_wait_until_deadline(&filled, take_or_end, &items, futex_event_now() + LONG);
            break;
        case 3:
            result = futex_event_count_wait_until_interruptible(&filled, take_or_end, &items, not_interrupted, &taken);
            break;
        case 4:
            result = futex_event_count_wait_until_timeout_interruptible(&filled, take_or_end, &items, LONG,
                                                                        not_interrupted, &taken);
            break;
        default:
            result = futex_event_count_wait_until_deadline_interruptible(
                &filled, take_or_end, &items, futex_event_now() + LONG, not_interrupted, &taken);
        }
        CHECK(result == FUTEX_EVENT_RELEASED);
    }
}

static void no_item_is_missed(void) {
    static int forms[TAKERS] = {0, 1, 2};
    struct thread by_hand, by_condition[TAKERS];
    start(&by_hand, take_by_hand, NULL);
    for (int i = 0; i < TAKERS; i++) {
        start(&by_condition[i], take_by_condition, &forms[i]);
    }
    for (int item = 0; item < ITEMS; item++) {
        atomic_fetch_add_explicit(&items, 1, memory_order_relaxed);
        futex_event_count_notify_one(&filled);
        // Often late enough for the takers to sleep.
        if (item % 100 == 0) {
            while (taken <= item) {
                sched_yield();
            }
            if (item % 1000 == 0) {
                until_parked(&by_hand);
            }
        }
    }
    while (taken < ITEMS) {
        sched_yield();
    }
    is_over = true;
    futex_event_count_notify_all(&filled);
    join(&by_hand);
    for (int i = 0; i < TAKERS; i++) {
        join(&by_condition[i]);
    }
    CHECK(taken == ITEMS && items == 0);
}

static bool never(void *asked) {
    ++*(int *)asked;
    return false;
}

static bool at_once(void *asked) {
    ++*(int *)asked;
    return true;
}

static void tickets(void) {
    struct futex_event_count count = FUTEX_EVENT_INIT;
    struct futex_event_ticket ticket = futex_event_count_prepare(&count);
    CHECK(futex_event_count_wait_timeout(&count, ticket, 0) == FUTEX_EVENT_TIMED_OUT);
    uint64_t begun = futex_event_now();
    CHECK(futex_event_count_wait_timeout(&count, ticket, MILLISECOND) == FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_now() - begun >= MILLISECOND);
    CHECK(futex_event_count_wait_deadline(&count, ticket, begun + 2 * MILLISECOND) == FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_now() - begun >= 2 * MILLISECOND);
    futex_event_count_notify_one(&count);
    CHECK(futex_event_count_wait_timeout(&count, ticket, 0) == FUTEX_EVENT_RELEASED);
    CHECK(futex_event_count_wait_deadline(&count, ticket, 0) == FUTEX_EVENT_RELEASED);
    CHECK(futex_event_count_wait(&count, ticket) == FUTEX_EVENT_RELEASED);
    // A notification from before its ticket does not release it.
    ticket = futex_event_count_prepare(&count);
    CHECK(futex_event_count_wait_timeout(&count, ticket, MILLISECOND) == FUTEX_EVENT_TIMED_OUT);
    futex_event_count_notify_all(&count);
    CHECK(futex_event_count_wait_timeout(&count, ticket, FUTEX_EVENT_FOREVER) == FUTEX_EVENT_RELEASED);
}

static void conditions(void) {
    struct futex_event_count count = FUTEX_EVENT_INIT;
    int asked = 0;
    CHECK(futex_event_count_wait_until(&count, at_once, &asked) == FUTEX_EVENT_RELEASED && asked == 1);
    CHECK(futex_event_count_wait_until_timeout(&count, never, &asked, 0) == FUTEX_EVENT_TIMED_OUT && asked == 2);
    uint64_t begun = futex_event_now();
    CHECK(futex_event_count_wait_until_timeout(&count, never, &asked, MILLISECOND) == FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_now() - begun >= MILLISECOND);
    CHECK(futex_event_count_wait_until_deadline(&count, never, &asked, begun + 2 * MILLISECOND) ==
          FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_now() - begun >= 2 * MILLISECOND);
}

static atomic_int asked, answer_yes;

static bool interrupted(void *context) {
    CHECK(context == &asked);
    asked++;
    return answer_yes;
}

static void be_interrupted(void *form) {
    struct futex_event_count count = FUTEX_EVENT_INIT;
    struct futex_event_ticket ticket = futex_event_count_prepare(&count);
    enum futex_event_result result;
    switch (*(int *)form) {
    case 0:
        result = futex_event_count_wait_interruptible(&count, ticket, interrupted, &asked);
        break;
    case 1:
        result = futex_event_count_wait_timeout_interruptible(&count, ticket, LONG, interrupted, &asked);
        break;
    default:
        result = futex_event_count_wait_deadline_interruptible(&count, ticket, futex_event_now() + LONG, interrupted,
                                                               &asked);
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
    struct futex_event_count count = FUTEX_EVENT_INIT;
    struct futex_event_ticket ticket = futex_event_count_prepare(&count);
    CHECK(futex_event_count_wait_timeout_interruptible(&count, ticket, 1000, interrupted, &asked) ==
          FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_count_wait_deadline_interruptible(&count, ticket, 0, interrupted, &asked) ==
          FUTEX_EVENT_TIMED_OUT);
    futex_event_count_notify_one(&count);
    CHECK(futex_event_count_wait_interruptible(&count, ticket, interrupted, &asked) == FUTEX_EVENT_RELEASED);
    CHECK(futex_event_count_wait_interruptible(&count, ticket, NULL, NULL) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_count_wait_timeout_interruptible(&count, ticket, 0, NULL, NULL) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_count_wait_deadline_interruptible(NULL, ticket, 0, interrupted, &asked) == FUTEX_EVENT_INVALID);
}

static struct futex_event_count changed = FUTEX_EVENT_INIT;
static atomic_bool holds;

static bool does_hold(void *context) {
    CHECK(context == &holds);
    return holds;
}

// Makes the condition hold, and ends the wait.
static bool interrupted_too_late(void *context) {
    holds = true;
    return interrupted(context);
}

// The three forms. The timed ones have enough time.
static enum futex_event_result wait_until(int form, futex_event_interrupted interrupted) {
    switch (form) {
    case 0:
        return futex_event_count_wait_until_interruptible(&changed, does_hold, &holds, interrupted, &asked);
    case 1:
        return futex_event_count_wait_until_timeout_interruptible(&changed, does_hold, &holds, LONG, interrupted, &asked);
    default:
        return futex_event_count_wait_until_deadline_interruptible(&changed, does_hold, &holds, futex_event_now() + LONG,
                                                                   interrupted, &asked);
    }
}

static void until_interrupted(void *form) {
    CHECK(wait_until(*(int *)form, interrupted) == FUTEX_EVENT_INTERRUPTED);
}

static void until_it_holds(void *form) {
    CHECK(wait_until(*(int *)form, interrupted) == FUTEX_EVENT_RELEASED);
}

static void until_it_holds_at_last(void *form) {
    CHECK(wait_until(*(int *)form, interrupted_too_late) == FUTEX_EVENT_RELEASED);
}

static void a_signal_ends_a_wait_for_a_condition(void) {
    for (int form = 0; form < 3; form++) {
        struct thread thread;
        // Signals do not end it while `interrupted` returns false; a notification does, as soon as the condition holds.
        asked = answer_yes = 0;
        holds = false;
        start_and_park(&thread, until_it_holds, &form);
        interrupt(&thread, &asked, 3);
        CHECK(!thread.has_ended);
        holds = true;
        futex_event_count_notify_one(&changed);
        join(&thread);

        asked = 0;
        answer_yes = 1;
        holds = false;
        start_and_park(&thread, until_interrupted, &form);
        interrupt_to_the_end(&thread);
        join(&thread);
        CHECK(asked == 1);

        // A notification wakes the thread even if the condition does not hold.
        asked = 0;
        start_and_park(&thread, until_interrupted, &form);
        while (!thread.has_ended) {
            futex_event_count_notify_all(&changed);
            pause_for(MILLISECOND);
        }
        join(&thread);
        CHECK(asked == 1);

        // When `interrupted` has returned true, the condition is checked once more.
        asked = 0;
        start_and_park(&thread, until_it_holds_at_last, &form);
        interrupt_to_the_end(&thread);
        join(&thread);
        CHECK(asked == 1);

        // If the condition holds at once, `interrupted` is not called.
        CHECK(wait_until(form, interrupted) == FUTEX_EVENT_RELEASED);
        CHECK(asked == 1);
        CHECK(wait_until(form, NULL) == FUTEX_EVENT_INVALID);
    }
    holds = false;
    answer_yes = 0;
    uint64_t begun = futex_event_now();
    CHECK(futex_event_count_wait_until_timeout_interruptible(&changed, does_hold, &holds, MILLISECOND, interrupted,
                                                             &asked) == FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_now() - begun >= MILLISECOND);
    CHECK(futex_event_count_wait_until_deadline_interruptible(&changed, does_hold, &holds, begun + 2 * MILLISECOND,
                                                              interrupted, &asked) == FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_now() - begun >= 2 * MILLISECOND);
    // Zero checks once.
    int checked = 0;
    CHECK(futex_event_count_wait_until_timeout_interruptible(&changed, never, &checked, 0, interrupted, &asked) ==
              FUTEX_EVENT_TIMED_OUT &&
          checked == 1);
}

static void bad_arguments_are_refused(void) {
    struct futex_event_count count = FUTEX_EVENT_INIT;
    struct futex_event_count *bad[] = {NULL, (void *)misaligned()};
    int asked = 0;
    for (int i = 0; i < 2; i++) {
        struct futex_event_ticket ticket = futex_event_count_prepare(bad[i]);
        futex_event_count_notify_one(bad[i]);
        futex_event_count_notify_all(bad[i]);
        CHECK(futex_event_count_wait(bad[i], ticket) == FUTEX_EVENT_INVALID);
        CHECK(futex_event_count_wait_timeout(bad[i], ticket, 0) == FUTEX_EVENT_INVALID);
        CHECK(futex_event_count_wait_deadline(bad[i], ticket, 0) == FUTEX_EVENT_INVALID);
        CHECK(futex_event_count_wait_until(bad[i], at_once, &asked) == FUTEX_EVENT_INVALID);
        CHECK(futex_event_count_wait_until_timeout(bad[i], at_once, &asked, 0) == FUTEX_EVENT_INVALID);
        CHECK(futex_event_count_wait_until_deadline(bad[i], at_once, &asked, 0) == FUTEX_EVENT_INVALID);
        CHECK(futex_event_count_wait_until_interruptible(bad[i], at_once, &asked, at_once, &asked) ==
              FUTEX_EVENT_INVALID);
        CHECK(futex_event_count_wait_until_timeout_interruptible(bad[i], at_once, &asked, 0, at_once, &asked) ==
              FUTEX_EVENT_INVALID);
        CHECK(futex_event_count_wait_until_deadline_interruptible(bad[i], at_once, &asked, 0, at_once, &asked) ==
              FUTEX_EVENT_INVALID);
    }
    CHECK(futex_event_count_wait_until(&count, NULL, NULL) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_count_wait_until_timeout(&count, NULL, NULL, 0) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_count_wait_until_deadline(&count, NULL, NULL, 0) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_count_wait_until_interruptible(&count, NULL, NULL, at_once, &asked) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_count_wait_until_timeout_interruptible(&count, NULL, NULL, 0, at_once, &asked) ==
          FUTEX_EVENT_INVALID);
    CHECK(futex_event_count_wait_until_deadline_interruptible(&count, NULL, NULL, 0, at_once, &asked) ==
          FUTEX_EVENT_INVALID);
    CHECK(asked == 0);
}

int main(void) {
    tickets();
    conditions();
    bad_arguments_are_refused();
    a_signal_ends_it_if_the_caller_says_so();
    a_signal_ends_a_wait_for_a_condition();
    no_item_is_missed();
}
