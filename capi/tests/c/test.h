// What the tests share: claims, and threads that can be observed to be asleep.
//
// A program that tests an operation of all kinds of events is compiled once for each kind. `EVENT` is then the prefix of the
// kind's functions, and the tag of its struct.

#ifndef TEST_H
#define TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "futex_event.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#ifndef EVENT
#define EVENT futex_event_manual
#endif

#define JOIN_(left, right) left##_##right
#define JOIN(left, right) JOIN_(left, right)
// `OP(set)(&event)` sets an event of the kind.
#define OP(operation) JOIN(EVENT, operation)
#define NAME_(name) #name
#define NAME(name) NAME_(name)

#define CHECK(claim) \
    do { \
        if (!(claim)) { \
            fprintf(stderr, "%s:%d: it does not hold that %s\n", __FILE__, __LINE__, #claim); \
            exit(1); \
        } \
    } while (0)

enum { WAITERS = 4 };

static const uint64_t MILLISECOND = 1000000;
// Only a test that fails waits this long.
static const uint64_t LONG = UINT64_C(60000000000);

// Whether a wait takes a token, so that a set releases one thread.
static inline bool takes(void) {
    return strcmp(NAME(EVENT), "futex_event_auto") == 0;
}

struct thread {
    void (*run)(void *);
    void *argument;
    pthread_t pthread;
    atomic_int id;
    atomic_bool has_ended;
};

static inline void *thread_main(void *thread_) {
    struct thread *thread = thread_;
#ifdef __linux__
    atomic_store(&thread->id, (int)syscall(SYS_gettid));
#endif
    thread->run(thread->argument);
    atomic_store(&thread->has_ended, true);
    return NULL;
}

static inline void start(struct thread *thread, void (*run)(void *), void *argument) {
    thread->run = run;
    thread->argument = argument;
    atomic_init(&thread->id, 0);
    atomic_init(&thread->has_ended, false);
    CHECK(pthread_create(&thread->pthread, NULL, thread_main, thread) == 0);
}

static inline void join(struct thread *thread) {
    CHECK(pthread_join(thread->pthread, NULL) == 0);
}

static inline void pause_for(uint64_t nanoseconds) {
    struct timespec time = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)};
    while (nanosleep(&time, &time) != 0) {
        CHECK(errno == EINTR);
    }
}

// Returns when the thread sleeps in a futex call. Where that cannot be observed, the thread has had time to fall asleep; no
// claim depends on it.
static inline void until_parked(struct thread *thread) {
#ifdef __linux__
    char path[64], call[32];
    int id;
    while ((id = atomic_load(&thread->id)) == 0) {
        sched_yield();
    }
    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", id);
    for (;;) {
        long number = -1;
        FILE *file = fopen(path, "r");
        // It says "running" if the thread is not in a system call.
        if (file != NULL) {
            if (fgets(call, sizeof call, file) != NULL) {
                sscanf(call, "%ld", &number);
            }
            fclose(file);
        }
        if (number == SYS_futex || file == NULL) {
            break;
        }
        sched_yield();
    }
#else
    (void)thread;
    pause_for(50 * MILLISECOND);
#endif
}

// Starts a thread, and returns when it sleeps.
static inline void start_and_park(struct thread *thread, void (*run)(void *), void *argument) {
    start(thread, run, argument);
    until_parked(thread);
}

static inline void ignore(int signal) {
    (void)signal;
}

static inline void send_a_signal(struct thread *thread) {
    // After this handler, the kernel restarts most system calls.
    struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_RESTART};
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    CHECK(pthread_kill(thread->pthread, SIGUSR1) == 0);
    pause_for(MILLISECOND);
}

// Sends signals to a thread in an interruptible wait until it has called its function this often.
static inline void interrupt(struct thread *thread, atomic_int *asked, int times) {
    while (atomic_load(asked) < times) {
        send_a_signal(thread);
    }
}

// Sends signals to a thread in an interruptible wait until it has ended.
static inline void interrupt_to_the_end(struct thread *thread) {
    while (!atomic_load(&thread->has_ended)) {
        send_a_signal(thread);
    }
}

// An address at which no event can be.
static inline struct EVENT *misaligned(void) {
    static uint32_t words[2];
    return (struct EVENT *)(void *)((char *)words + 1);
}

// Runs first: a program that hangs is killed.
__attribute__((constructor)) static void limit_the_time(void) {
    alarm(120);
}

#endif
