// The child of a fork uses its copies of the events, even if threads of the parent wait on them, and an event in memory that it
// shares with the parent.

#include "test.h"

#include <sys/mman.h>
#include <sys/time.h>
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

static struct futex_event_manual unset = FUTEX_EVENT_INIT;
static struct futex_event_auto token = FUTEX_EVENT_INIT;
static pid_t child;

static bool fork_once(void *sets) {
    if (child == -1) {
        child = fork();
        CHECK(child != -1);
        if (child == 0) {
            futex_event_auto_reset_after_fork(&token);
            CHECK(sets == NULL || futex_event_auto_set(&token));
        }
    }
    return child != 0;
}

// The function that a wait calls may fork. Here it ends the wait of the parent. In the child the wait goes on, and only what
// is set there releases it.
static void the_function_of_a_wait_may_fork(bool waits_for_several, bool sets) {
    const struct futex_event_waitable events[] = {{.manual_reset = &unset}, {.auto_reset = &token}};
    const struct itimerval often = {{0, 5000}, {0, 5000}};
    struct sigaction action = {.sa_handler = ignore};
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    child = -1;
    uint64_t timeout = 200 * MILLISECOND;
    void *context = sets ? &token : NULL;
    int result = waits_for_several
                     ? futex_event_wait_any_timeout_interruptible(events, 2, timeout, fork_once, context)
                     : (int)futex_event_auto_wait_timeout_interruptible(&token, timeout, fork_once, context);
    if (child == 0) {
        int released = waits_for_several ? 1 : FUTEX_EVENT_RELEASED;
        _exit(result == (sets ? released : FUTEX_EVENT_TIMED_OUT) ? 0 : 1);
    }
    CHECK(result == FUTEX_EVENT_INTERRUPTED);
    action.sa_handler = SIG_DFL;
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    limit_the_time();
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
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

    the_function_of_a_wait_may_fork(false, false);
    the_function_of_a_wait_may_fork(false, true);
    the_function_of_a_wait_may_fork(true, false);
    the_function_of_a_wait_may_fork(true, true);
}
