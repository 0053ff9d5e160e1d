// Threads that C made, and events that Rust made without std. Exits with 0 if all that is said here holds.

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef struct { uint32_t word; } event;
typedef struct { uint32_t word; } auto_reset_event;

bool event_set(event *);
bool event_clear(event *);
void event_wait(event *);
bool event_wait_timeout(event *, uint64_t milliseconds);
bool auto_reset_event_set(auto_reset_event *);
void auto_reset_event_wait(auto_reset_event *);
bool auto_reset_event_wait_timeout(auto_reset_event *, uint64_t milliseconds);
bool wait_either(event *, auto_reset_event *);

enum { WAITERS = 8, ROUNDS = 20000, LONG = 60000 };

#define CHECK(claim) \
    do { \
        if (!(claim)) { \
            fprintf(stderr, "%s:%d: it does not hold that %s\n", __FILE__, __LINE__, #claim); \
            exit(1); \
        } \
    } while (0)

static pthread_t start(void *(*run)(void *), void *argument) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, run, argument) == 0);
    return thread;
}

static void join(pthread_t thread) {
    CHECK(pthread_join(thread, NULL) == 0);
}

static int64_t milliseconds(void) {
    struct timespec now;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

// What is set is published with it: `payload` is no atomic, and has no lock.

static event published;
static int payload;

static void *wait_until_published(void *timed) {
    if (timed) {
        CHECK(event_wait_timeout(&published, LONG));
    } else {
        event_wait(&published);
    }
    CHECK(payload == 42);
    return NULL;
}

static void a_set_releases_all_and_publishes(void) {
    pthread_t waiters[WAITERS];
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = start(wait_until_published, i % 2 ? &published : NULL);
    }
    // Time for them to fall asleep. Nothing is amiss if some have not.
    CHECK(!event_wait_timeout(&published, 50));
    payload = 42;
    CHECK(event_set(&published));
    for (int i = 0; i < WAITERS; i++) {
        join(waiters[i]);
    }
    CHECK(!event_set(&published));
    CHECK(event_clear(&published));
    CHECK(!event_clear(&published));
}

// Two threads take turns, each of which may use `turns` only while it is its own.

static auto_reset_event ping, pong;
static int turns;

static void *answer(void *unused) {
    for (int round = 0; round < ROUNDS; round++) {
        CHECK(auto_reset_event_wait_timeout(&ping, LONG));
        CHECK(turns == 2 * round + 1);
        turns++;
        CHECK(auto_reset_event_set(&pong));
    }
    return unused;
}

static void tokens_are_handed_to_and_fro(void) {
    pthread_t other = start(answer, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        CHECK(turns == 2 * round);
        turns++;
        CHECK(auto_reset_event_set(&ping));
        auto_reset_event_wait(&pong);
    }
    join(other);
    CHECK(!auto_reset_event_wait_timeout(&ping, 0));
    CHECK(!auto_reset_event_wait_timeout(&pong, 0));
}

// Work comes until the stop, and each job is done once.

static event stop;
static auto_reset_event work, done;
static int jobs;

static void *worker(void *unused) {
    while (wait_either(&stop, &work)) {
        jobs++;
        CHECK(auto_reset_event_set(&done));
    }
    return unused;
}

static void a_wait_for_either_event_tells_which_it_was(void) {
    pthread_t thread = start(worker, NULL);
    for (int job = 1; job <= 1000; job++) {
        CHECK(auto_reset_event_set(&work));
        auto_reset_event_wait(&done);
        CHECK(jobs == job);
    }
    CHECK(event_set(&stop));
    join(thread);
}

static void no_timeout_is_early(void) {
    static event never;
    static const int64_t timeouts[] = {0, 1, 20, 1100};
    for (int i = 0; i < 4; i++) {
        int64_t begun = milliseconds();
        CHECK(!event_wait_timeout(&never, timeouts[i]));
        // The clock is cut to milliseconds at both ends.
        CHECK(milliseconds() - begun >= timeouts[i] - 1);
    }
}

int main(void) {
    // If something hangs, the program is killed.
    alarm(60);
    a_set_releases_all_and_publishes();
    tokens_are_handed_to_and_fro();
    a_wait_for_either_event_tells_which_it_was();
    no_timeout_is_early();
    puts("All holds without std.");
}
