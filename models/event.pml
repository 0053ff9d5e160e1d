/*
 * The protocol of src/event/protocol.rs, in every interleaving.
 *
 * Modelled: threads that wait, and threads that set and clear in any order; all of them again and again, without end.
 * Each atomic operation of the code is one step, and a compare-exchange may fail spuriously. The kernel compares and
 * puts to sleep in one step. A sleep may end spuriously, and time may run out, at any moment: so every wait is a timed
 * one here, and one without a deadline is one whose time never runs out. Waking up and the read that follows are one step:
 * until a thread reads the word, no other can tell whether it is awake. The names are those of the Rust.
 *
 * The generation has two bits, and wraps. A thread that reads again after four clears, or a multiple of that, and finds the event
 * unset, misses them, as the documentation says under Limits. Such a wait counts as begun anew; everything else is an error.
 * With STRICT that is an error too.
 *
 * Abstracted: memory is sequentially consistent, and that an event may be freed after the wake is not modelled.
 *
 *     spin -run -O2 -safety -noreduce -m4000000 event.pml                          the model: errors: 0
 *     spin -DSTRICT -DCLEARS=3 -run -O2 -safety -noreduce -m4000000 event.pml      too few clears to wrap: errors: 0
 *     spin -DSTRICT -DCLEARS=4 -run -bfs event.pml                                 enough: errors: 1
 *     spin -DMUTANT_... -run -bfs event.pml                                        a fault: errors: 1
 *     spin -DMUTANT_... -t -p -g event.pml                                         and the run that shows it
 *
 * `.ci/spin` runs them all. Sets of threads are bit masks, in which ME is the thread itself.
 */

#ifndef WAITERS
#define WAITERS 2
#endif
#ifndef SETTERS
#define SETTERS 2
#endif

#define SET 1
#define PARKED 2
#define ONE_GENERATION 4
#define GENERATION 12

#define ME (1 << _pid)

byte event;
byte asleep;

/* What the claims are about, and the code does not know. */
byte waiting;           /* the threads whose wait has begun: they found the event unset */
byte released;          /* of these, the threads that a set has released since */
byte clears[WAITERS];   /* since the thread's last read: none, or 1 to 4 modulo 4 */
bool marked;            /* a thread has parked since the last clear */
byte clearing;          /* the threads that clear, and found the event set */
byte unset_meanwhile;   /* of these, the threads for which it has been unset since */
byte waking;            /* sets that have written and have not made their wake yet */

#ifdef CLEARS
byte clears_left = CLEARS;
#define MAY_CLEAR clears_left > 0 -> clears_left--
#else
#define MAY_CLEAR skip
#endif

#if defined MUTANT_CLEAR_KEEPS_THE_GENERATION
#define CLEARED(word) (word & GENERATION)
#elif defined MUTANT_CLEAR_KEEPS_PARKED
#define CLEARED(word) ((word + ONE_GENERATION) & (GENERATION | PARKED))
#elif defined MUTANT_CLEAR_ONLY_TURNS_SET_OFF
#define CLEARED(word) (word & ~SET)
#else
#define CLEARED(word) ((word + ONE_GENERATION) & GENERATION)
#endif

#ifdef MUTANT_CLEAR_DOES_NOT_NEED_SET
#define CAN_BE_CLEARED(word) true
#else
#define CAN_BE_CLEARED(word) (word & SET)
#endif

#if defined MUTANT_SET_OF_A_SET_EVENT_WAKES
#define WAKES(before) (before & PARKED)
#elif defined MUTANT_SET_ALWAYS_WAKES
#define WAKES(before) (!(before & SET))
#else
#define WAKES(before) ((before & (SET | PARKED)) == PARKED)
#endif

#ifdef MUTANT_ONLY_SET_RELEASES
#define RELEASED(word) (word & SET)
#else
#define RELEASED(word) ((word & SET) || (word & GENERATION) != generation)
#endif

/* The thread has seen the word as it is. */
inline seen() {
#ifndef STRICT
    if
    :: clears[_pid] == 4 && !(event & SET) -> released = released & ~ME
    :: else
    fi;
#endif
    clears[_pid] = 0
}

inline read_event() {
    word = event;
    seen()
}

inline sleep() {
    if
#ifndef MUTANT_SLEEP_DOES_NOT_COMPARE
    :: event == word -> asleep = asleep | ME; seen()
    :: else
#else
    :: asleep = asleep | ME; seen()
#endif
    fi
}

inline wake_up() {
    asleep = asleep & ~ME;
    if :: in_time = true :: in_time = false fi
}

inline wake_all() {
#ifdef MUTANT_SET_WAKES_ONE
    asleep = asleep & (asleep - 1)
#else
    asleep = 0
#endif
}

/* It returns true exactly if it was released. */
inline return_from_wait(result) {
    assert(result == ((released & ME) != 0));
    waiting = waiting & ~ME;
    released = released & ~ME;
    word = 0;
    generation = 0;
    in_time = false;
    goto wait
}

active [WAITERS] proctype waiter() {
    byte word, generation;
    bool in_time;

wait:
    atomic {
        word = event;
        if
        :: word & SET -> word = 0; goto wait
        :: else
        fi;
        waiting = waiting | ME;
        generation = word & GENERATION
    };
    /* The word as it was read does not release this thread. */
park:
    if
#ifndef MUTANT_PARKED_IS_NOT_TURNED_ON
    :: atomic {
        !(word & PARKED) ->
        if
        :: event == word -> event = word | PARKED; marked = true; read_event()
        :: read_event();
            if
            :: RELEASED(word) -> return_from_wait(true)
            :: else
            fi
        fi
    };
    goto park
    :: atomic { word & PARKED -> sleep(); word = 0 }
#else
    :: atomic { sleep(); word = 0 }
#endif
    fi;
    atomic {
        wake_up();
#if defined MUTANT_TIMEOUT_WITHOUT_A_LAST_LOOK
        if
        :: !in_time -> return_from_wait(false)
        :: else
        fi;
#elif defined MUTANT_TIMEOUT_TURNS_PARKED_OFF
        if
        :: !in_time && !RELEASED(event) -> event = event & ~PARKED
        :: else
        fi;
#elif defined MUTANT_A_WAKE_RELEASES
        if
        :: in_time -> return_from_wait(true)
        :: else
        fi;
#endif
        read_event();
        if
        :: RELEASED(word) -> return_from_wait(true)
        :: !RELEASED(word) && !in_time -> return_from_wait(false)
        :: !RELEASED(word) && in_time
        fi
    };
    goto park
}

/* Only a set that ends a generation in which a thread parked makes a system call. */
inline write_set() {
    word = event;
    event = word | SET;
    if
    :: word & SET
    :: else -> released = released | waiting
    fi;
    assert((WAKES(word) != 0) == (!(word & SET) && marked))
}

inline write_clear() {
    event = CLEARED(word);
    unset_meanwhile = unset_meanwhile | clearing;
    marked = false;
    for (i : 0 .. WAITERS - 1) {
        if
        :: waiting & (1 << i) -> clears[i] = clears[i] % 4 + 1
        :: else
        fi
    };
    i = 0
}

active [SETTERS] proctype setter() {
    byte word, i;

again:
    if
    /* set */
#ifndef MUTANT_WAKE_BEFORE_THE_WRITE
    :: atomic {
        write_set();
        if
        :: WAKES(word) -> waking++; word = 0
        :: else -> word = 0; goto again
        fi
    };
    atomic { wake_all(); waking-- }
#else
    :: atomic { WAKES(event) -> wake_all() };
    atomic { write_set(); word = 0 }
#endif
    /* clear */
    :: atomic {
        MAY_CLEAR;
        word = event;
        if
        :: CAN_BE_CLEARED(word) -> clearing = clearing | ME
        :: else -> word = 0; goto again
        fi
    };
    atomic {
        if
        :: event == word -> write_clear()
        /* Another thread has cleared it. */
        :: event != word -> assert(unset_meanwhile & ME)
        fi;
        clearing = clearing & ~ME;
        unset_meanwhile = unset_meanwhile & ~ME;
        word = 0
    }
    fi;
    goto again
}

#define ALWAYS(claim) !(claim) -> assert(claim)

active proctype claims() {
    do
    /* A released thread that is asleep is about to be woken. */
    :: ALWAYS(waking || !(asleep & released))
    /* PARKED is not lost. */
    :: ALWAYS(waking || !asleep || (event & (SET | PARKED)) == PARKED)
    od
}
