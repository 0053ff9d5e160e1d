/*
 * Events of four bytes each: a thread sleeps until another one sets the event.
 *
 *     static struct futex_event_manual ready = FUTEX_EVENT_INIT;
 *
 *     futex_event_manual_wait(&ready);    // in one thread: sleeps until the event is set
 *     futex_event_manual_set(&ready);     // in another
 *
 * Times are nanoseconds, on a monotonic clock. "Acquire" and "Release" are the memory orders of C11: what a thread did
 * before a Release is visible to a thread after the Acquire that observes it. Only functions named "wait" block. No function
 * may be called for an event that has been freed or unmapped.
 *
 * No wait is a cancellation point of pthreads, unless the system has no futex or refuses it, and the wait sleeps by another
 * call. Disable cancellation where that can happen.
 *
 * What is said of signal handlers, of `errno` and of fork holds where the library sleeps by a futex. Where it uses locks,
 * because the system has none, it does not hold: see the limits in README.md.
 *
 * Only the library reads and writes the bits of an event. All threads of a process must use the same copy of the library
 * for an event.
 */

#ifndef FUTEX_EVENT_H
#define FUTEX_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FUTEX_EVENT_VERSION_MAJOR 0
#define FUTEX_EVENT_VERSION_MINOR 2
#define FUTEX_EVENT_VERSION_PATCH 0
#define FUTEX_EVENT_VERSION "0.2.0"

/** Initialises an event of any kind: it is not set, as four zero bytes are. */
#define FUTEX_EVENT_INIT {0}

/** Initialises an event of any kind that can be set: it is set, or has a token. */
#define FUTEX_EVENT_INIT_SET {1}

/** As a timeout or a deadline: no limit. */
#define FUTEX_EVENT_FOREVER UINT64_MAX

/**
 * The most events that one `futex_event_wait_any` can wait for. `futex_event_wait_all` has no limit.
 */
#define FUTEX_EVENT_WAIT_ANY_MAX 4096

/**
 * How a wait ended. All but the first are negative.
 */
enum futex_event_result {
    /**
     * The event released the wait.
     */
    FUTEX_EVENT_RELEASED = 0,
    /**
     * Time ran out, and a last check found the wait still unreleased. Never early.
     */
    FUTEX_EVENT_TIMED_OUT = -1,
    /**
     * The caller's function said that the wait should end.
     */
    FUTEX_EVENT_INTERRUPTED = -2,
    /**
     * An argument was wrong, and the call did nothing: a null or misaligned pointer, no events where there must be
     * one, or too many.
     */
    FUTEX_EVENT_INVALID = -3,
    /**
     * A wait for all of several events was ended by another event: see `futex_event_wait_all_or`.
     */
    FUTEX_EVENT_STOPPED = -4,
};

/**
 * A manual-reset event for the threads of one process: once set it stays set until it is cleared, and it releases
 * every waiter.
 *
 * Four zero bytes are an event that is not set. It may be moved while no thread uses it. It may be freed as soon as a
 * wait for it has returned and no other call uses it; the set that ended the wait may still be running.
 */
struct futex_event_manual {
    /**
     * Private to the library.
     */
    uint32_t word;
};

/**
 * The function that an interruptible wait calls each time its thread wakes without having been released; on most
 * systems a signal wakes it. True ends the wait. `context` is the pointer that was given to the wait.
 *
 * It is called on the waiting thread, may do what any thread may, and must return: no `longjmp`, no exception. If it forks,
 * it returns in the child too: there, the wait goes on, and only what is set in the child releases it. If the wait is for
 * an auto-reset event, it must first call `futex_event_auto_reset_after_fork` in the child.
 */
typedef bool (*futex_event_interrupted)(void *context);

/**
 * An auto-reset event for the threads of one process: each set releases one waiter. If no thread waits, one token is
 * kept for the next.
 *
 * Four zero bytes are an event without a token. It may be moved while no thread uses it. It may be freed as soon as a
 * wait for it has returned and no other call uses it; the set that ended the wait may still be running.
 */
struct futex_event_auto {
    /**
     * Private to the library.
     */
    uint32_t word;
};

/**
 * A manual-reset event for several processes, in memory that they share: as `struct futex_event_manual`, for the
 * threads of all processes that map the memory, at any address. If a process is killed, at any instruction, the event
 * still works for the others.
 *
 * Fresh pages are zero, and four zero bytes are an event that is not set. All processes must use the same version of
 * the library. The library has these functions on Linux, Android, Apple's systems and the BSDs, and not on other
 * systems.
 */
struct futex_event_shared {
    /**
     * Private to the library.
     */
    uint32_t word;
};

/**
 * An event to wait for, of either kind: a pointer to it in one field, and null in the other.
 */
struct futex_event_waitable {
    /**
     * A manual-reset event, or null.
     */
    struct futex_event_manual *manual_reset;
    /**
     * An auto-reset event, or null.
     */
    struct futex_event_auto *auto_reset;
};

/**
 * The right to wait for the first notification since it was prepared. It may be dropped instead.
 */
struct futex_event_ticket {
    /**
     * Private to the library.
     */
    uint32_t generation;
};

/**
 * An event count for the threads of one process: makes any lock-free structure blocking. The state that threads wait
 * for is in the structure, not in the event count. A thread that has to wait for a change of the structure prepares a
 * wait, checks the structure again, and waits. A thread that has changed the structure notifies. Then no change is
 * missed:
 *
 * ```c
 * while (!pop(queue, &item)) {
 *     struct futex_event_ticket ticket = futex_event_count_prepare(&filled);
 *     if (pop(queue, &item)) {
 *         break;
 *     }
 *     futex_event_count_wait(&filled, ticket);
 * }
 *
 * push(queue, item);
 * futex_event_count_notify_one(&filled);
 * ```
 *
 * Four zero bytes are an event count. It may be moved while no thread uses it. It may be freed as soon as a wait has
 * returned and no other call uses it; the notification that ended the wait may still be running.
 */
struct futex_event_count {
    /**
     * Private to the library.
     */
    uint32_t word;
};

/**
 * The function that a wait for a condition calls. It returns whether the condition holds. `context` is the pointer
 * that was given to the wait.
 *
 * It is called on the waiting thread, and must return: no `longjmp`, no exception.
 */
typedef bool (*futex_event_condition)(void *context);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Returns the version of the library, such as "0.2.0". The version of the header is FUTEX_EVENT_VERSION.
 */
const char *futex_event_version(void);

/**
 * Returns the time on the clock of the deadlines, in nanoseconds: on Linux that of CLOCK_MONOTONIC. It is monotonic,
 * and on Linux stands still while the machine is suspended.
 *
 * Does not block. May be called in a signal handler.
 */
uint64_t futex_event_now(void);

/**
 * Sets the event and releases every thread that waits for it. Returns true if the event was not set; false if it was,
 * or if `event` is null or misaligned.
 *
 * Does not block. Release, also if it returns false: a thread that observes this call, or a later one, sees everything
 * that the caller did before. May be called in a signal handler, and preserves `errno`.
 */
bool futex_event_manual_set(struct futex_event_manual *event);

/**
 * Makes the event unset. Returns true if it was set; false if it was not, or if `event` is null or misaligned. A wait
 * that has been released returns, even if its thread has not run since.
 *
 * Does not block. Acquire, if it returns true. May be called in a signal handler.
 */
bool futex_event_manual_clear(struct futex_event_manual *event);

/**
 * Returns whether the event is set. False if `event` is null or misaligned.
 *
 * Does not block. Acquire, if it returns true. May be called in a signal handler.
 */
bool futex_event_manual_is_set(const struct futex_event_manual *event);

/**
 * Returns whether a wait would return at once: the same as `futex_event_manual_is_set`.
 */
bool futex_event_manual_try_wait(struct futex_event_manual *event);

/**
 * Blocks until the event is set. Returns FUTEX_EVENT_RELEASED, or FUTEX_EVENT_INVALID if `event` is null or
 * misaligned.
 *
 * Returns at once, without a system call, if the event is set; never spuriously. A set that is followed at once by a
 * clear releases it too. Acquire. Must not be called in a signal handler.
 */
enum futex_event_result futex_event_manual_wait(struct futex_event_manual *event);

/**
 * As `futex_event_manual_wait`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier, and
 * only if the wait is still unreleased.
 *
 * Zero checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
 */
enum futex_event_result futex_event_manual_wait_timeout(struct futex_event_manual *event, uint64_t nanoseconds);

/**
 * As `futex_event_manual_wait_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A
 * deadline in the past checks once.
 */
enum futex_event_result futex_event_manual_wait_deadline(struct futex_event_manual *event, uint64_t deadline);

/**
 * As `futex_event_manual_wait`, but each time the thread wakes without having been released, this calls
 * `interrupted(context)`, and if that returns true, it returns FUTEX_EVENT_INTERRUPTED; unless the wait has been
 * released by then. FUTEX_EVENT_INVALID also if `interrupted` is null.
 */
enum futex_event_result futex_event_manual_wait_interruptible(struct futex_event_manual *event,
                                                              futex_event_interrupted interrupted,
                                                              void *context);

/**
 * As `futex_event_manual_wait_timeout`, and as `futex_event_manual_wait_interruptible`.
 */
enum futex_event_result futex_event_manual_wait_timeout_interruptible(struct futex_event_manual *event,
                                                                      uint64_t nanoseconds,
                                                                      futex_event_interrupted interrupted,
                                                                      void *context);

/**
 * As `futex_event_manual_wait_deadline`, and as `futex_event_manual_wait_interruptible`.
 */
enum futex_event_result futex_event_manual_wait_deadline_interruptible(struct futex_event_manual *event,
                                                                       uint64_t deadline,
                                                                       futex_event_interrupted interrupted,
                                                                       void *context);

/**
 * Releases one thread that waits, or keeps a token if none does. Returns true if it did either; false if a token was
 * kept already, or if `event` is null or misaligned.
 *
 * Does not block. Release, also if it returns false: the thread that takes the token sees everything that the caller
 * did before. May be called in a signal handler, and preserves `errno`.
 */
bool futex_event_auto_set(struct futex_event_auto *event);

/**
 * Takes the token and drops it. Returns true if there was one; false if there was none, or if `event` is null or
 * misaligned. A wait that has been released returns, even if its thread has not run since.
 *
 * Does not block. Acquire, if it returns true. May be called in a signal handler.
 */
bool futex_event_auto_clear(struct futex_event_auto *event);

/**
 * Returns whether there is a token. False if `event` is null or misaligned.
 *
 * Does not block. Acquire, if it returns true. May be called in a signal handler.
 */
bool futex_event_auto_is_set(const struct futex_event_auto *event);

/**
 * Takes the token. Returns true if there was one; false if there was none, or if `event` is null or misaligned.
 *
 * Does not block. Acquire, if it returns true. May be called in a signal handler.
 */
bool futex_event_auto_try_wait(struct futex_event_auto *event);

/**
 * Repairs the event in the child of a `fork`, if threads of the parent may have been waiting for it: without this
 * call, the next set in the child is used up by a thread that does not exist there. A token stays. Does nothing if
 * `event` is null or misaligned.
 *
 * Must be called before any thread of the child waits for the event. Does not block. It is async-signal-safe, so the
 * child of a process with several threads may call it.
 */
void futex_event_auto_reset_after_fork(struct futex_event_auto *event);

/**
 * Blocks until a set releases this wait, or takes the token at once if there is one. Returns FUTEX_EVENT_RELEASED, or
 * FUTEX_EVENT_INVALID if `event` is null or misaligned.
 *
 * No system call if there is a token; never returns spuriously. Acquire. Must not be called in a signal handler.
 */
enum futex_event_result futex_event_auto_wait(struct futex_event_auto *event);

/**
 * As `futex_event_auto_wait`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier, and
 * only if the wait is still unreleased.
 *
 * Zero checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
 */
enum futex_event_result futex_event_auto_wait_timeout(struct futex_event_auto *event, uint64_t nanoseconds);

/**
 * As `futex_event_auto_wait_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A deadline
 * in the past checks once.
 */
enum futex_event_result futex_event_auto_wait_deadline(struct futex_event_auto *event, uint64_t deadline);

/**
 * As `futex_event_auto_wait`, but each time the thread wakes without having been released, this calls
 * `interrupted(context)`, and if that returns true, it returns FUTEX_EVENT_INTERRUPTED; unless the wait has been
 * released by then. FUTEX_EVENT_INVALID also if `interrupted` is null.
 */
enum futex_event_result futex_event_auto_wait_interruptible(struct futex_event_auto *event,
                                                            futex_event_interrupted interrupted,
                                                            void *context);

/**
 * As `futex_event_auto_wait_timeout`, and as `futex_event_auto_wait_interruptible`.
 */
enum futex_event_result futex_event_auto_wait_timeout_interruptible(struct futex_event_auto *event,
                                                                    uint64_t nanoseconds,
                                                                    futex_event_interrupted interrupted,
                                                                    void *context);

/**
 * As `futex_event_auto_wait_deadline`, and as `futex_event_auto_wait_interruptible`.
 */
enum futex_event_result futex_event_auto_wait_deadline_interruptible(struct futex_event_auto *event,
                                                                     uint64_t deadline,
                                                                     futex_event_interrupted interrupted,
                                                                     void *context);

/**
 * Sets the event and releases every thread that waits for it, in all processes. Returns true if the event was not set;
 * false if it was, or if `event` is null or misaligned.
 *
 * Does not block. Release, also if it returns false: a thread that observes this call, or a later one, sees everything
 * that the caller did before. May be called in a signal handler, and preserves `errno`; on Apple's systems only once a
 * thread of the process has slept in a wait for an event.
 */
bool futex_event_shared_set(struct futex_event_shared *event);

/**
 * Makes the event unset. Returns true if it was set; false if it was not, or if `event` is null or misaligned. A wait
 * that has been released returns, even if its thread has not run since.
 *
 * Does not block. Acquire, if it returns true. May be called in a signal handler, as `futex_event_shared_set`.
 */
bool futex_event_shared_clear(struct futex_event_shared *event);

/**
 * Returns whether the event is set. False if `event` is null or misaligned.
 *
 * Does not block. Acquire, if it returns true. May be called in a signal handler.
 */
bool futex_event_shared_is_set(const struct futex_event_shared *event);

/**
 * Returns whether a wait would return at once: the same as `futex_event_shared_is_set`.
 */
bool futex_event_shared_try_wait(struct futex_event_shared *event);

/**
 * Blocks until the event is set. Returns FUTEX_EVENT_RELEASED, or FUTEX_EVENT_INVALID if `event` is null or
 * misaligned.
 *
 * Returns at once, without a system call, if the event is set; never spuriously. If the process that should set it has
 * died, this waits forever: if that can happen, wait with a timeout and check. Acquire. Must not be called in a signal
 * handler.
 */
enum futex_event_result futex_event_shared_wait(struct futex_event_shared *event);

/**
 * As `futex_event_shared_wait`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier, and
 * only if the wait is still unreleased.
 *
 * Zero checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
 */
enum futex_event_result futex_event_shared_wait_timeout(struct futex_event_shared *event, uint64_t nanoseconds);

/**
 * As `futex_event_shared_wait_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A
 * deadline in the past checks once.
 */
enum futex_event_result futex_event_shared_wait_deadline(struct futex_event_shared *event, uint64_t deadline);

/**
 * As `futex_event_shared_wait`, but each time the thread wakes without having been released, this calls
 * `interrupted(context)`, and if that returns true, it returns FUTEX_EVENT_INTERRUPTED; unless the wait has been
 * released by then. FUTEX_EVENT_INVALID also if `interrupted` is null.
 */
enum futex_event_result futex_event_shared_wait_interruptible(struct futex_event_shared *event,
                                                              futex_event_interrupted interrupted,
                                                              void *context);

/**
 * As `futex_event_shared_wait_timeout`, and as `futex_event_shared_wait_interruptible`.
 */
enum futex_event_result futex_event_shared_wait_timeout_interruptible(struct futex_event_shared *event,
                                                                      uint64_t nanoseconds,
                                                                      futex_event_interrupted interrupted,
                                                                      void *context);

/**
 * As `futex_event_shared_wait_deadline`, and as `futex_event_shared_wait_interruptible`.
 */
enum futex_event_result futex_event_shared_wait_deadline_interruptible(struct futex_event_shared *event,
                                                                       uint64_t deadline,
                                                                       futex_event_interrupted interrupted,
                                                                       void *context);

/**
 * Blocks until one of the `count` events releases this wait, and returns its index. Any other result is negative and
 * one of `enum futex_event_result`: FUTEX_EVENT_INVALID if there are no events, or more than FUTEX_EVENT_WAIT_ANY_MAX;
 * if `events` is null or misaligned; or if one of its elements is not exactly one event.
 *
 * If several are set when it begins, it returns the index of the first, and the others stay as they are. A
 * manual-reset event that was set and cleared since the wait began counts. If an auto-reset event releases the wait,
 * it takes one token, of that event only.
 *
 * Returns at once, without a system call, if one is set; never spuriously. Acquire, of the event whose index it
 * returns. Must not be called in a signal handler.
 *
 * It takes stack: at most 2 KiB for up to 16 events, 40 KiB for up to 1,024, and 160 KiB for up to 4,096. A thread of
 * musl has 128 KiB by default.
 */
int futex_event_wait_any(const struct futex_event_waitable *events, size_t count);

/**
 * As `futex_event_wait_any`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier, and
 * then takes no token. Zero checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
 */
int futex_event_wait_any_timeout(const struct futex_event_waitable *events, size_t count, uint64_t nanoseconds);

/**
 * As `futex_event_wait_any_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A deadline
 * in the past checks once.
 */
int futex_event_wait_any_deadline(const struct futex_event_waitable *events, size_t count, uint64_t deadline);

/**
 * As `futex_event_wait_any`, but each time the thread wakes without having been released, this calls
 * `interrupted(context)`, and if that returns true, it returns FUTEX_EVENT_INTERRUPTED, and takes no token; unless the
 * wait has been released by then. FUTEX_EVENT_INVALID also if `interrupted` is null.
 */
int futex_event_wait_any_interruptible(const struct futex_event_waitable *events,
                                       size_t count,
                                       futex_event_interrupted interrupted,
                                       void *context);

/**
 * As `futex_event_wait_any_timeout`, and as `futex_event_wait_any_interruptible`.
 */
int futex_event_wait_any_timeout_interruptible(const struct futex_event_waitable *events,
                                               size_t count,
                                               uint64_t nanoseconds,
                                               futex_event_interrupted interrupted,
                                               void *context);

/**
 * As `futex_event_wait_any_deadline`, and as `futex_event_wait_any_interruptible`.
 */
int futex_event_wait_any_deadline_interruptible(const struct futex_event_waitable *events,
                                                size_t count,
                                                uint64_t deadline,
                                                futex_event_interrupted interrupted,
                                                void *context);

/**
 * Blocks until each of the `count` events has been set, not necessarily at the same time: an event that is set at any
 * moment after the call has begun counts, even if it is cleared later. Returns FUTEX_EVENT_RELEASED,
 * or FUTEX_EVENT_INVALID if `events` or an event is null or misaligned.
 *
 * Returns at once, without a system call, if all are set, or if there are none. Acquire, of each event. Must not be
 * called in a signal handler.
 */
enum futex_event_result futex_event_wait_all(struct futex_event_manual *const *events, size_t count);

/**
 * As `futex_event_wait_all`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier. Zero
 * checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
 */
enum futex_event_result futex_event_wait_all_timeout(struct futex_event_manual *const *events,
                                                     size_t count,
                                                     uint64_t nanoseconds);

/**
 * As `futex_event_wait_all_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A deadline
 * in the past checks once.
 */
enum futex_event_result futex_event_wait_all_deadline(struct futex_event_manual *const *events,
                                                      size_t count,
                                                      uint64_t deadline);

/**
 * As `futex_event_wait_all`, but each time the thread wakes and not all have been set, this calls
 * `interrupted(context)`, and if that returns true, it returns FUTEX_EVENT_INTERRUPTED; unless all have been set by
 * then. FUTEX_EVENT_INVALID also if `interrupted` is null.
 */
enum futex_event_result futex_event_wait_all_interruptible(struct futex_event_manual *const *events,
                                                           size_t count,
                                                           futex_event_interrupted interrupted,
                                                           void *context);

/**
 * As `futex_event_wait_all_timeout`, and as `futex_event_wait_all_interruptible`.
 */
enum futex_event_result futex_event_wait_all_timeout_interruptible(struct futex_event_manual *const *events,
                                                                   size_t count,
                                                                   uint64_t nanoseconds,
                                                                   futex_event_interrupted interrupted,
                                                                   void *context);

/**
 * As `futex_event_wait_all_deadline`, and as `futex_event_wait_all_interruptible`.
 */
enum futex_event_result futex_event_wait_all_deadline_interruptible(struct futex_event_manual *const *events,
                                                                    size_t count,
                                                                    uint64_t deadline,
                                                                    futex_event_interrupted interrupted,
                                                                    void *context);

/**
 * Waits for all of the `count` events as `futex_event_wait_all` does, or for another event: a start that can be
 * cancelled, or a shutdown that can be forced. Blocks until each of the events has been set, and returns
 * FUTEX_EVENT_RELEASED, or until `other` releases this wait, and returns FUTEX_EVENT_STOPPED:
 *
 * ```c
 * struct futex_event_waitable other = {.manual_reset = &stop};
 * if (futex_event_wait_all_or(parts, count, other) == FUTEX_EVENT_STOPPED) {
 *     return; // cancelled
 * }
 * ```
 *
 * `other` is first in each check, so it wins if both hold. If it is a manual-reset event that was set and cleared
 * since the wait began, that counts. If it is an auto-reset event, this takes its token only if it returns
 * FUTEX_EVENT_STOPPED.
 *
 * Returns FUTEX_EVENT_INVALID if `events` or an event is null or misaligned, or if `other` is not exactly one event.
 * Returns at once, without a system call, if `other` is set, if all the events are set, or if there are none. Acquire,
 * of each event, or of `other` if that ended the wait. Must not be called in a signal handler.
 */
enum futex_event_result futex_event_wait_all_or(struct futex_event_manual *const *events,
                                                size_t count,
                                                struct futex_event_waitable other);

/**
 * As `futex_event_wait_all_or`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier, and
 * then takes no token. Zero checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
 */
enum futex_event_result futex_event_wait_all_or_timeout(struct futex_event_manual *const *events,
                                                        size_t count,
                                                        struct futex_event_waitable other,
                                                        uint64_t nanoseconds);

/**
 * As `futex_event_wait_all_or_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A deadline
 * in the past checks once.
 */
enum futex_event_result futex_event_wait_all_or_deadline(struct futex_event_manual *const *events,
                                                         size_t count,
                                                         struct futex_event_waitable other,
                                                         uint64_t deadline);

/**
 * As `futex_event_wait_all_or`, but each time the thread wakes without having been released, this calls
 * `interrupted(context)`, and if that returns true, it returns FUTEX_EVENT_INTERRUPTED, and takes no token; unless all
 * have been set by then, or `other` has ended the wait. FUTEX_EVENT_INVALID also if `interrupted` is null.
 */
enum futex_event_result futex_event_wait_all_or_interruptible(struct futex_event_manual *const *events,
                                                              size_t count,
                                                              struct futex_event_waitable other,
                                                              futex_event_interrupted interrupted,
                                                              void *context);

/**
 * As `futex_event_wait_all_or_timeout`, and as `futex_event_wait_all_or_interruptible`.
 */
enum futex_event_result futex_event_wait_all_or_timeout_interruptible(struct futex_event_manual *const *events,
                                                                      size_t count,
                                                                      struct futex_event_waitable other,
                                                                      uint64_t nanoseconds,
                                                                      futex_event_interrupted interrupted,
                                                                      void *context);

/**
 * As `futex_event_wait_all_or_deadline`, and as `futex_event_wait_all_or_interruptible`.
 */
enum futex_event_result futex_event_wait_all_or_deadline_interruptible(struct futex_event_manual *const *events,
                                                                       size_t count,
                                                                       struct futex_event_waitable other,
                                                                       uint64_t deadline,
                                                                       futex_event_interrupted interrupted,
                                                                       void *context);

/**
 * Prepares a wait: the ticket misses no notification from now on. The caller checks the structure once more, and then
 * waits with the ticket, or drops it. If `count` is null or misaligned, the ticket is useless.
 *
 * Does not block. It ends with a sequentially consistent fence: a check that follows finds every change whose
 * notification does not release the ticket. May be called in a signal handler.
 */
struct futex_event_ticket futex_event_count_prepare(struct futex_event_count *count);

/**
 * Releases at least one thread that has a ticket, if there is one: if threads sleep, exactly one of them; if none
 * sleeps, all. For a change that any of the threads can use; call it after the change. Does nothing if `count` is null
 * or misaligned.
 *
 * Does not block, and makes no system call unless a thread sleeps. It begins with a sequentially consistent fence.
 * Release: the thread whose wait this ends sees everything that the caller did before. May be called in a signal
 * handler, and preserves `errno`.
 */
void futex_event_count_notify_one(struct futex_event_count *count);

/**
 * Releases every thread that has a ticket. Otherwise as `futex_event_count_notify_one`.
 */
void futex_event_count_notify_all(struct futex_event_count *count);

/**
 * Blocks until a notification releases the ticket, which `futex_event_count_prepare` has returned for this event
 * count. Returns FUTEX_EVENT_RELEASED, or FUTEX_EVENT_INVALID if `count` is null or misaligned. The
 * change may be another one, or another thread may have been faster: check again.
 *
 * Returns at once, without a system call, if the ticket has been released. Acquire. Must not be called in a signal
 * handler.
 */
enum futex_event_result futex_event_count_wait(struct futex_event_count *count, struct futex_event_ticket ticket);

/**
 * As `futex_event_count_wait`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier, and
 * only if the ticket is still unreleased. Zero checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
 */
enum futex_event_result futex_event_count_wait_timeout(struct futex_event_count *count,
                                                       struct futex_event_ticket ticket,
                                                       uint64_t nanoseconds);

/**
 * As `futex_event_count_wait_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A deadline
 * in the past checks once.
 */
enum futex_event_result futex_event_count_wait_deadline(struct futex_event_count *count,
                                                        struct futex_event_ticket ticket,
                                                        uint64_t deadline);

/**
 * As `futex_event_count_wait`, but each time the thread wakes without having been released, this calls
 * `interrupted(context)`, and if that returns true, it returns FUTEX_EVENT_INTERRUPTED; unless the ticket has been
 * released by then. FUTEX_EVENT_INVALID also if `interrupted` is null.
 */
enum futex_event_result futex_event_count_wait_interruptible(struct futex_event_count *count,
                                                             struct futex_event_ticket ticket,
                                                             futex_event_interrupted interrupted,
                                                             void *context);

/**
 * As `futex_event_count_wait_timeout`, and as `futex_event_count_wait_interruptible`.
 */
enum futex_event_result futex_event_count_wait_timeout_interruptible(struct futex_event_count *count,
                                                                     struct futex_event_ticket ticket,
                                                                     uint64_t nanoseconds,
                                                                     futex_event_interrupted interrupted,
                                                                     void *context);

/**
 * As `futex_event_count_wait_deadline`, and as `futex_event_count_wait_interruptible`.
 */
enum futex_event_result futex_event_count_wait_deadline_interruptible(struct futex_event_count *count,
                                                                      struct futex_event_ticket ticket,
                                                                      uint64_t deadline,
                                                                      futex_event_interrupted interrupted,
                                                                      void *context);

/**
 * Blocks until `condition(context)` returns true: the loop that is described at `struct futex_event_count`. It calls
 * the function at once, each time a notification releases the thread, and while it spins. Returns
 * FUTEX_EVENT_RELEASED, or FUTEX_EVENT_INVALID if `count` is null or misaligned, or `condition` is null.
 *
 * No system call if the condition holds at once. Acquire, of a notification that ends a sleep. But `condition` may find
 * a change before its notification comes, so it must order what it reads. Must not be called in a signal handler.
 */
enum futex_event_result futex_event_count_wait_until(struct futex_event_count *count,
                                                     futex_event_condition condition,
                                                     void *context);

/**
 * As `futex_event_count_wait_until`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never
 * earlier, and only if the condition does not hold then. Zero checks once and does not block. FUTEX_EVENT_FOREVER
 * means no limit.
 */
enum futex_event_result futex_event_count_wait_until_timeout(struct futex_event_count *count,
                                                             futex_event_condition condition,
                                                             void *context,
                                                             uint64_t nanoseconds);

/**
 * As `futex_event_count_wait_until_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A
 * deadline in the past checks once.
 */
enum futex_event_result futex_event_count_wait_until_deadline(struct futex_event_count *count,
                                                              futex_event_condition condition,
                                                              void *context,
                                                              uint64_t deadline);

/**
 * As `futex_event_count_wait_until`, but each time the thread wakes and the condition does not hold, this calls
 * `interrupted(interrupted_context)`. If that returns true, it checks the condition once more, and returns
 * FUTEX_EVENT_INTERRUPTED if that still does not hold. FUTEX_EVENT_INVALID also if `interrupted` is null.
 */
enum futex_event_result futex_event_count_wait_until_interruptible(struct futex_event_count *count,
                                                                   futex_event_condition condition,
                                                                   void *context,
                                                                   futex_event_interrupted interrupted,
                                                                   void *interrupted_context);

/**
 * As `futex_event_count_wait_until_timeout`, and as `futex_event_count_wait_until_interruptible`.
 */
enum futex_event_result futex_event_count_wait_until_timeout_interruptible(struct futex_event_count *count,
                                                                           futex_event_condition condition,
                                                                           void *context,
                                                                           uint64_t nanoseconds,
                                                                           futex_event_interrupted interrupted,
                                                                           void *interrupted_context);

/**
 * As `futex_event_count_wait_until_deadline`, and as `futex_event_count_wait_until_interruptible`.
 */
enum futex_event_result futex_event_count_wait_until_deadline_interruptible(struct futex_event_count *count,
                                                                            futex_event_condition condition,
                                                                            void *context,
                                                                            uint64_t deadline,
                                                                            futex_event_interrupted interrupted,
                                                                            void *interrupted_context);

#ifdef __cplusplus
} // extern "C"
#endif // __cplusplus

#endif /* FUTEX_EVENT_H */
