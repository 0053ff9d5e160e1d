// A wait for the first of several events tells which it was, and takes one token.

#include "test.h"

static struct futex_event_manual stop = FUTEX_EVENT_INIT;
static struct futex_event_auto work = FUTEX_EVENT_INIT, done = FUTEX_EVENT_INIT;
static int jobs;

// Jobs come until the stop event is set, and each is done once.
static void worker(void *unused) {
    (void)unused;
    const struct futex_event_waitable events[] = {{.manual_reset = &stop}, {.auto_reset = &work}};
    for (;;) {
        switch (futex_event_wait_any(events, 2)) {
        case 0:
            return;
        case 1:
            jobs++;
            CHECK(futex_event_auto_set(&done));
            break;
        default:
            CHECK(!"one of the two");
        }
    }
}

static void of_several_set_it_is_the_first(void) {
    struct futex_event_manual manual = FUTEX_EVENT_INIT_SET;
    struct futex_event_auto token = FUTEX_EVENT_INIT_SET;
    const struct futex_event_waitable events[] = {{.auto_reset = &token}, {.manual_reset = &manual}};
    CHECK(futex_event_wait_any(events, 2) == 0);
    CHECK(futex_event_wait_any(events, 2) == 1);
    CHECK(futex_event_wait_any(events, 2) == 1);
}

// Numbers of events for which the library takes different paths.
static void any_number_will_do(size_t count) {
    struct futex_event_waitable *events = calloc(count + 1, sizeof *events);
    struct futex_event_auto *tokens = calloc(count + 1, sizeof *tokens);
    CHECK(events != NULL && tokens != NULL);
    for (size_t i = 0; i <= count; i++) {
        events[i].auto_reset = &tokens[i];
    }
    futex_event_auto_set(&tokens[count]);
    CHECK(futex_event_wait_any_timeout(events, count, 1000) == FUTEX_EVENT_TIMED_OUT);
    futex_event_auto_set(&tokens[count - 1]);
    CHECK(futex_event_wait_any(events, count) == (int)count - 1);
    CHECK(!futex_event_auto_is_set(&tokens[count - 1]));
    CHECK(futex_event_auto_is_set(&tokens[count]));
    free(events);
    free(tokens);
}

static void *wait_for_many(void *count) {
    any_number_will_do(*(const size_t *)count);
    return NULL;
}

// A thread with this stack, next to the least that a thread may have.
static void the_stack_that_the_header_names_is_enough(size_t count, size_t stack) {
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, (size_t)sysconf(_SC_THREAD_STACK_MIN) + stack) == 0);
    CHECK(pthread_create(&thread, &attributes, wait_for_many, &count) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(pthread_attr_destroy(&attributes) == 0);
}

static void bad_arguments_are_refused(void) {
    struct futex_event_manual manual = FUTEX_EVENT_INIT_SET;
    struct futex_event_auto token = FUTEX_EVENT_INIT_SET;
    struct futex_event_manual *odd_manual = (void *)((char *)&manual + 1);
    struct futex_event_auto *odd_token = (void *)((char *)&token + 2);
    const struct futex_event_waitable bad[] = {
        {NULL, NULL}, {&manual, &token}, {odd_manual, NULL}, {NULL, odd_token}, {odd_manual, &token}, {&manual, odd_token},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct futex_event_waitable events[] = {{.auto_reset = &token}, bad[i]};
        CHECK(futex_event_wait_any(events, 2) == FUTEX_EVENT_INVALID);
        CHECK(futex_event_wait_any_timeout(events, 2, 0) == FUTEX_EVENT_INVALID);
        CHECK(futex_event_wait_any_deadline(events, 2, 0) == FUTEX_EVENT_INVALID);
    }
    const struct futex_event_waitable good = {.manual_reset = &manual};
    CHECK(futex_event_wait_any(&good, 0) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_any(NULL, 0) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_any(NULL, 1) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_any((void *)((char *)&good + 1), 1) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_any(&good, FUTEX_EVENT_WAIT_ANY_MAX + 1) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_any(&good, SIZE_MAX) == FUTEX_EVENT_INVALID);
    // None of them has taken the token.
    CHECK(futex_event_auto_is_set(&token));
}

static void time_runs_out(void) {
    struct futex_event_manual manual = FUTEX_EVENT_INIT;
    struct futex_event_auto token = FUTEX_EVENT_INIT;
    const struct futex_event_waitable events[] = {{.manual_reset = &manual}, {.auto_reset = &token}};
    for (uint64_t timeout = 0; timeout <= 16 * MILLISECOND; timeout = timeout * 16 + 1) {
        uint64_t begun = futex_event_now();
        CHECK(futex_event_wait_any_timeout(events, 2, timeout) == FUTEX_EVENT_TIMED_OUT);
        CHECK(futex_event_now() - begun >= timeout);
        CHECK(futex_event_wait_any_deadline(events, 2, begun + 2 * timeout) == FUTEX_EVENT_TIMED_OUT);
        CHECK(futex_event_now() - begun >= 2 * timeout);
    }
    futex_event_auto_set(&token);
    CHECK(futex_event_wait_any_timeout(events, 2, 0) == 1);
    futex_event_auto_set(&token);
    CHECK(futex_event_wait_any_deadline(events, 2, 0) == 1);
    futex_event_manual_set(&manual);
    CHECK(futex_event_wait_any_timeout(events, 2, FUTEX_EVENT_FOREVER) == 0);
    CHECK(futex_event_wait_any_deadline(events, 2, FUTEX_EVENT_FOREVER) == 0);
}

static atomic_int asked, answer_yes;

static bool interrupted(void *context) {
    CHECK(context == &asked);
    asked++;
    return answer_yes;
}

static void be_interrupted(void *form) {
    struct futex_event_manual manual = FUTEX_EVENT_INIT;
    struct futex_event_auto token = FUTEX_EVENT_INIT;
    const struct futex_event_waitable events[] = {{.manual_reset = &manual}, {.auto_reset = &token}};
    int index;
    switch (*(int *)form) {
    case 0:
        index = futex_event_wait_any_interruptible(events, 2, interrupted, &asked);
        break;
    case 1:
        index = futex_event_wait_any_timeout_interruptible(events, 2, LONG, interrupted, &asked);
        break;
    default:
        index = futex_event_wait_any_deadline_interruptible(events, 2, futex_event_now() + LONG, interrupted, &asked);
    }
    CHECK(index == FUTEX_EVENT_INTERRUPTED);
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
    struct futex_event_auto token = FUTEX_EVENT_INIT_SET;
    const struct futex_event_waitable good = {.auto_reset = &token};
    CHECK(futex_event_wait_any_interruptible(&good, 1, NULL, NULL) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_any_timeout_interruptible(&good, 1, 0, NULL, NULL) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_any_deadline_interruptible(&good, 1, 0, NULL, NULL) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_any_interruptible(&good, 0, interrupted, &asked) == FUTEX_EVENT_INVALID);
    CHECK(futex_event_wait_any_interruptible(&good, 1, interrupted, &asked) == 0);
    CHECK(futex_event_wait_any_timeout_interruptible(&good, 1, 1000, interrupted, &asked) == FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event_wait_any_deadline_interruptible(&good, 1, 0, interrupted, &asked) == FUTEX_EVENT_TIMED_OUT);
}

int main(void) {
    struct thread thread;
    start_and_park(&thread, worker, NULL);
    for (int job = 1; job <= 1000; job++) {
        CHECK(futex_event_auto_set(&work));
        CHECK(futex_event_auto_wait(&done) == FUTEX_EVENT_RELEASED);
        CHECK(jobs == job);
    }
    CHECK(futex_event_manual_set(&stop));
    join(&thread);

    of_several_set_it_is_the_first();
    static const size_t counts[] = {1, 2, 15, 16, 17, 64, 65, 256, 257, 1024, 1025, FUTEX_EVENT_WAIT_ANY_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        any_number_will_do(counts[i]);
    }
    the_stack_that_the_header_names_is_enough(16, 2 * 1024);
    the_stack_that_the_header_names_is_enough(1024, 40 * 1024);
    the_stack_that_the_header_names_is_enough(FUTEX_EVENT_WAIT_ANY_MAX, 160 * 1024);
    bad_arguments_are_refused();
    time_runs_out();
    a_signal_ends_it_if_the_caller_says_so();
}
