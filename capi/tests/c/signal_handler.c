// A signal handler may call set, clear and is_set while the thread that it interrupts does the same; and `errno` stays.

#include "test.h"

enum { SIGNALS = 2000 };

static struct EVENT event = FUTEX_EVENT_INIT, ended = FUTEX_EVENT_INIT;
static volatile sig_atomic_t handled, errno_was_kept = 1;

static void handle(int signal) {
    (void)signal;
    errno = EDOM;
    OP(set)(&event);
    OP(is_set)(&event);
    OP(clear)(&event);
    OP(set)(&event);
    futex_event_now();
    errno_was_kept &= errno == EDOM;
    if (++handled == SIGNALS) {
        OP(set)(&ended);
    }
}

static void wait_until_the_end(void *unused) {
    (void)unused;
    // The signals are for the other thread.
    sigset_t all;
    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, NULL) == 0);
    while (OP(wait_timeout)(&ended, 0) != FUTEX_EVENT_RELEASED) {
        CHECK(OP(wait)(&event) == FUTEX_EVENT_RELEASED);
        OP(clear)(&event);
    }
}

int main(void) {
    struct sigaction action = {.sa_handler = handle};
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    struct thread waiter;
    start(&waiter, wait_until_the_end, NULL);
    for (int i = 0; i < SIGNALS; i++) {
        OP(set)(&event);
        CHECK(raise(SIGUSR1) == 0);
        OP(clear)(&event);
        OP(set)(&event);
    }
    join(&waiter);
    CHECK(errno_was_kept);
}
