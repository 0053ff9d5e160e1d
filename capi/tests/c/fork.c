// The child of a fork uses its copies of the events, even if threads of the parent wait on them, and an event in memory that it
// shares with the parent.

#include "test.h"

#include <sys/mman.h>
#include <sys/wait.h>

static struct futex_event_manual manual = FUTEX_EVENT_INIT;
static struct futex_event_auto work = FUTEX_EVENT_INIT;

static void wait_manual(void *unused) {
    (void)unused;
    CHECK(futex_event_manual_wait(&manual) == FUTEX_EVENT_RELEASED);
}

static void wait_auto(void *unused) {
    (void)unused;
    CHECK(futex_event_auto_wait(&work) == FUTEX_EVENT_RELEASED);
}

static int in_the_child(struct futex_event_shared *shared) {
    futex_event_auto_reset_after_fork(&work);
    futex_event_auto_reset_after_fork(NULL);
    bool good = futex_event_auto_set(&work) && futex_event_auto_try_wait(&work) && futex_event_manual_set(&manual) &&
                futex_event_manual_wait(&manual) == FUTEX_EVENT_RELEASED && futex_event_shared_set(shared);
    return good ? 0 : 1;
}

int main(void) {
    struct futex_event_shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    struct thread waiters[2];
    start_and_park(&waiters[0], wait_manual, NULL);
    start_and_park(&waiters[1], wait_auto, NULL);

    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        _exit(in_the_child(shared));
    }
    CHECK(futex_event_shared_wait_timeout(shared, LONG) == FUTEX_EVENT_RELEASED);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);

    CHECK(futex_event_manual_set(&manual));
    CHECK(futex_event_auto_set(&work));
    join(&waiters[0]);
    join(&waiters[1]);
}
