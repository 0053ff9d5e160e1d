// A wait until all of several events have been set, or until another event ends it, whose token it takes only then.

#include "test.h"

enum { EVENTS = 20, FORMS = 6 };

static struct futex_event_manual events[EVENTS];
static struct futex_event_manual *all[EVENTS];
static struct futex_event_manual stop = FUTEX_EVENT_INIT;
static struct futex_event_auto hurry = FUTEX_EVENT_INIT;
static const struct futex_event_waitable or_stop = {.manual_reset = &stop}, or_hurry = {.auto_reset = &hurry};

static atomic_int asked, answer_yes;

static bool interrupted(void *context) {
    CHECK(context == &asked);
    asked++;
    return answer_yes;
}

// The six forms. The timed ones have enough time.
static enum futex_event_result wait(int form, struct futex_event_waitable other) {
    switch (form) {
    case 0:
        return futex_event_wait_all_or(all, EVENTS, other);
    case 1:
        return futex_event_wait_all_or_timeout(all, EVENTS, other, LONG);
    case 2:
        return futex_event_wait_all_or_deadline(all, EVENTS, other, futex_event_now() + LONG);
    case 3:
        return futex_event_wait_all_or_interruptible(all, EVENTS, other, interrupted, &asked);
    case 4:
        return futex_event_wait_all_or_timeout_interruptible(all, EVENTS, other, LONG, interrupted, &asked);
    default:
        return futex_event_wait_all_or_deadline_interruptible(all, EVENTS, other, futex_event_now() + LONG, interrupted,
                                                              &asked);
    }
}

struct wait {
    int form;
    struct futex_event_waitable other;
    enum futex_event_result result;
};

static void run(void *wait_) {
    struct wait *it = wait_;
    it->result = wait(it->form, it->other);
}

static void set_all(void *unused) {
    (void)unused;
    for (int i = 0; i < EVENTS; i++) {
        futex_event_manual_set(all[i]);
    }
}

static void clear_all(void) {
    for (int i = 0; i < EVENTS; i++) {
        futex_event_manual_clear(all[i]);
    }
}

// Not at the same time: each is cleared at once.
static void all_of_them_release_it(int form, struct futex_event_waitable other) {
    struct wait it = {.form = form, .other = other};
    struct thread thread;
    start_and_park(&thread, run, &it);
    for (int i = EVENTS - 1; i >= 0; i--) {
        CHECK(!thread.has_ended);
        CHECK(futex_event_manual_set(all[i]));
        futex_event_manual_clear(all[i]);
    }
    join(&thread);
    CHECK(it.result == FUTEX_EVENT_RELEASED);
}

static void a_pulse_of_the_other_ends_it(int form) {
    struct wait it = {.form = form, .other = or_stop};
    struct thread thread;
    start_and_park(&thread, run, &it);
    CHECK(futex_event_manual_set(all[0]));
    CHECK(futex_event_manual_set(&stop));
    CHECK(futex_event_manual_clear(&stop));
    join(&thread);
    CHECK(it.result == FUTEX_EVENT_STOPPED);
    CHECK(futex_event_manual_clear(all[0]));
}

static void each_token_of_the_other_ends_one(int form) {
    struct wait its[WAITERS];
    struct thread threads[WAITERS];
    for (int i = 0; i < WAITERS; i++) {
        its[i] = (struct wait){.form = form, .other = or_hurry};
        start_and_park(&threads[i], run, &its[i]);
    }
    for (int i = 0; i < WAITERS; i++) {
        CHECK(futex_event_auto_set(&hurry));
    }
    for (int i = 0; i < WAITERS; i++) {
        join(&threads[i]);
        CHECK(its[i].result == FUTEX_EVENT_STOPPED);
    }
    CHECK(!futex_event_auto_is_set(&hurry));
}

static void the_other_wins_if_both_are_set(int form) {
    set_all(NULL);
    CHECK(futex_event_auto_set(&hurry));
    CHECK(wait(form, or_hurry) == FUTEX_EVENT_STOPPED);
    CHECK(!futex_event_auto_is_set(&hurry));
    CHECK(wait(form, or_hurry) == FUTEX_EVENT_RELEASED);
    CHECK(futex_event_manual_set(&stop));
    CHECK(wait(form, or_stop) == FUTEX_EVENT_STOPPED);
    CHECK(futex_event_manual_clear(&stop));
    CHECK(wait(form, or_stop) == FUTEX_EVENT_RELEASED);
    clear_all();
}

static void the_other_ends_also_a_wait_for_none(void) {
    CHECK(futex_event_wait_all_or(NULL, 0, or_hurry) == FUTEX_EVENT_RELEASED);
    CHECK(futex_event_auto_set(&hurry));
    CHECK(futex_event_wait_all_or(NULL, 0, or_hurry) == FUTEX_EVENT_STOPPED);
    CHECK(futex_event_wait_all_or_timeout(NULL, 0, or_hurry, 0) == FUTEX_EVENT_RELEASED);
}

static void set_hurry(void *unused) {
    (void)unused;
    CHECK(futex_event_auto_set(&hurry));
}

// The token comes at about the time at which the wait ends for another reason: because all are set, or because time runs out.
static void the_token_is_taken_only_by_a_wait_that_it_has_ended(void) {
    for (int round = 0; round < 2000; round++) {
        struct thread setter, all_setter;
        bool all_are_set = round % 2;
        bool all_first = round % 4 == 1;
        if (all_first) {
            start(&all_setter, set_all, NULL);
        }
        start(&setter, set_hurry, NULL);
        if (all_are_set && !all_first) {
            start(&all_setter, set_all, NULL);
        }
        uint64_t timeout = all_are_set ? LONG : (uint64_t)(round % 64) * 500;
        enum futex_event_result result = futex_event_wait_all_or_timeout(all, EVENTS, or_hurry, timeout);
        CHECK(result == FUTEX_EVENT_STOPPED || result == (all_are_set ? FUTEX_EVENT_RELEASED : FUTEX_EVENT_TIMED_OUT));
        join(&setter);
        if (all_are_set) {
            join(&all_setter);
        }
        CHECK(futex_event_auto_clear(&hurry) == (result != FUTEX_EVENT_STOPPED));
        clear_all();
    }
}

static void time_runs_out(void) {
    for (uint64_t timeout = 0; timeout <= 16 * MILLISECOND; timeout = timeout * 16 + 1) {
        uint64_t begun = futex_event_now();
        CHECK(futex_event_wait_all_or_timeout(all, EVENTS, or_stop, timeout) == FUTEX_EVENT_TIMED_OUT);
        CHECK(futex_event_now() - begun >= timeout);
        CHECK(futex_event_wait_all_or_deadline(all, EVENTS, or_hurry, begun + 2 * timeout) == FUTEX_EVENT_TIMED_OUT);
        CHECK(futex_event_now() - begun >= 2 * timeout);
    }
    set_all(NULL);
    CHECK(futex_event_wait_all_or_timeout(all, EVENTS, or_stop, 0) == FUTEX_EVENT_RELEASED);
    CHECK(futex_event_wait_all_or_deadline(all, EVENTS, or_stop, 0) == FUTEX_EVENT_RELEASED);
    CHECK(futex_event_wait_all_or_timeout(all, EVENTS, or_stop, FUTEX_EVENT_FOREVER) == FUTEX_EVENT_RELEASED);
    CHECK(futex_event_wait_all_or_deadline(all, EVENTS, or_stop, FUTEX_EVENT_FOREVER) == FUTEX_EVENT_RELEASED);
    clear_all();
}

static void a_signal_ends_it_if_the_caller_says_so(int form) {
    struct wait it = {.form = form, .other = or_hurry};
    struct thread thread;
    asked = answer_yes = 0;
    start_and_park(&thread, run, &it);
    interrupt(&thread, &asked, 3);
    CHECK(!thread.has_ended);
    answer_yes = 1;
    interrupt_to_the_end(&thread);
    join(&thread);
    CHECK(it.result == FUTEX_EVENT_INTERRUPTED);
    // It has left nothing behind that takes the token.
    CHECK(futex_event_auto_set(&hurry));
    CHECK(futex_event_auto_clear(&hurry));
}

static void a_signal_does_not_end_a_plain_wait(int form) {
    struct wait it = {.form = form, .other = or_stop};
    struct thread thread;
    start_and_park(&thread, run, &it);
    for (int i = 0; i < 3; i++) {
        send_a_signal(&thread);
    }
    until_parked(&thread);
    CHECK(futex_event_manual_set(&stop));
    join(&thread);
    CHECK(it.result == FUTEX_EVENT_STOPPED);
    CHECK(futex_event_manual_clear(&stop));
}

static void an_interruptible_wait_has_a_time_limit(void) {
    asked = answer_yes = 0;
    uint64_t begun = futex_event_now();
    CHECK(futex_event_wait_all_or_timeout_interruptible(all, EVENTS, or_stop, 2 * MILLISECOND, interrupted, &asked) ==
          FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_now() - begun >= 2 * MILLISECOND);
    CHECK(futex_event_wait_all_or_deadline_interruptible(all, EVENTS, or_stop, begun + 4 * MILLISECOND, interrupted,
                                                         &asked) == FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_now() - begun >= 4 * MILLISECOND);
}

// All six forms refuse these arguments.
static void is_invalid(struct futex_event_manual *const *list, size_t count, struct futex_event_waitable other,
                       futex_event_interrupted function) {
    if (function != NULL) {
        CHECK(futex_event_wait_all_or(list, count, other) == FUTEX_EVENT_INVALID);
        CHECK(futex_event_wait_all_or_timeout(list, count, other, 0) == FUTEX_EVENT_INVALID);
        CHECK(futex_event_wait_all_or_deadline(list, count, other, 0) == FUTEX_EVENT_INVALID);
    }
    CHECK(futex_event_wait_all_or_interruptible(list, count, other, function, &asked) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_all_or_timeout_interruptible(list, count, other, 0, function, &asked) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_all_or_deadline_interruptible(list, count, other, 0, function, &asked) ==
          FUTEX_EVENT_INVALID);
}

static void bad_arguments_are_refused(void) {
    CHECK(futex_event_auto_set(&hurry));
    is_invalid(all, EVENTS, or_hurry, NULL);
    is_invalid(NULL, 1, or_hurry, interrupted);
    is_invalid((void *)((char *)all + 1), 1, or_hurry, interrupted);
    struct futex_event_manual *bad[] = {all[0], NULL};
    is_invalid(bad, 2, or_hurry, interrupted);
    bad[1] = misaligned();
    is_invalid(bad, 2, or_hurry, interrupted);

    struct futex_event_auto *odd_token = (void *)((char *)&hurry + 2);
    const struct futex_event_waitable others[] = {
        {NULL, NULL}, {&stop, &hurry}, {misaligned(), NULL}, {NULL, odd_token}, {misaligned(), &hurry}, {&stop, odd_token},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        is_invalid(all, EVENTS, others[i], interrupted);
        is_invalid(NULL, 0, others[i], interrupted);
    }
    // None of them has taken the token.
    CHECK(futex_event_auto_clear(&hurry));
}

int main(void) {
    for (int i = 0; i < EVENTS; i++) {
        all[i] = &events[i];
    }
    for (int form = 0; form < FORMS; form++) {
        all_of_them_release_it(form, or_stop);
        all_of_them_release_it(form, or_hurry);
        a_pulse_of_the_other_ends_it(form);
        each_token_of_the_other_ends_one(form);
        the_other_wins_if_both_are_set(form);
    }
    the_other_ends_also_a_wait_for_none();
    the_token_is_taken_only_by_a_wait_that_it_has_ended();
    time_runs_out();
    for (int form = 0; form < 3; form++) {
        a_signal_does_not_end_a_plain_wait(form);
    }
    for (int form = 3; form < FORMS; form++) {
        a_signal_ends_it_if_the_caller_says_so(form);
    }
    an_interruptible_wait_has_a_time_limit();
    bad_arguments_are_refused();
}
