/*
 * The protocol of src/auto_reset_event/protocol.rs, in every interleaving.
 *
 * Modelled: threads that wait, threads that set, and one that clears or tries to wait, which is the same; all of them
 * again and again, forever. The kernel compares and puts to sleep in one step. A wake of one takes any of the
 * sleepers, not the first. A sleep may end spuriously, and time may run out, at any moment: so every wait is a timed
 * one here, and one without a deadline is one whose time never runs out. Waking up and the read that follows are one step:
 * until a thread reads the word, no other can tell whether it is awake. The names are those of the Rust. LIMIT is low enough
 * to be reached. A thread that cannot be counted tries again; what it does in the code, to listen, is in listeners.pml.
 *
 * A read of the word and the exchange after it are one step: an exchange that fails only leads to another read, so in
 * between a thread is in the same state as before the read. With SPLIT they are two, and an exchange may fail spuriously.
 *
 * Memory is sequentially consistent. That an event may be freed after the wake is not modelled.
 *
 *     spin -run -O2 -safety -noreduce -m4000000 auto_reset_event.pml    the model: errors: 0
 *     spin -DMUTANT_... -run -bfs auto_reset_event.pml                  a fault: errors: 1
 *     spin -DMUTANT_... -t -p -g auto_reset_event.pml                   and the run that shows it
 *
 * `.ci/spin` runs them all. Sets of threads are bit masks, in which ME is the thread itself.
 */

#ifndef WAITERS
#define WAITERS 3
#endif
#ifndef SETTERS
#define SETTERS 2
#endif
#ifndef LIMIT
#define LIMIT 2
#endif

#define SET 1
#define GRANT 4  /* LISTENED is the bit in between */
#define WAITER 16
#define GRANTS(word) (((word) / GRANT) & 3)
#define COUNTED(word) ((word) / WAITER)

#define ME (1 << _pid)
#define SIZE(set) (((set) & 1) + ((set) >> 1 & 1) + ((set) >> 2 & 1) + ((set) >> 3 & 1))

byte event;
byte asleep;            /* on the event's word */

/* What the claims are about, and the code does not know. */
byte tokens;            /* sets that returned true, less the waits and clears that did */
byte inside;            /* the threads that are counted */
byte late[WAITERS];     /* how many of the present grants were given before the thread came in */
byte waking;            /* sets that have granted and have not made their wake yet */

#ifdef SPLIT
#define THEN skip }; atomic { skip
#define MAY_FAIL true
#else
#define THEN skip
#define MAY_FAIL false
#endif
#define UNCHANGED (event == word)

#ifdef MUTANT_COUNTED_BESIDE_GRANTS
#define MAY_BE_COUNTED(word) (COUNTED(word) < LIMIT)
#else
#define MAY_BE_COUNTED(word) (GRANTS(word) == 0 && COUNTED(word) < LIMIT)
#endif

#ifdef MUTANT_TIMEOUT_LEAVES_ITS_GRANT
#define RELEASED(word) (GRANTS(word) > 0 && in_time)
#else
#define RELEASED(word) (GRANTS(word) > 0)
#endif

inline sleep_on_word() {
    if
#ifndef MUTANT_SLEEP_DOES_NOT_COMPARE
    :: UNCHANGED -> asleep = asleep | ME
#else
    :: asleep = asleep | ME
#endif
    :: skip
    fi
}

inline wake_up() {
    asleep = asleep & ~ME;
    if :: in_time = true :: in_time = false fi
}

inline wake_one() {
    do
    :: asleep & (1 << i) -> asleep = asleep & ~(1 << i); break
    :: asleep >> (i + 1) -> i++
    :: else -> break
    od;
    i = 0
}

inline return_from_wait(result) {
    tokens = tokens - result;
    word = 0;
    in_time = false
}

/* Of the grants given since it came in, a thread takes the oldest. */
inline take_grant() {
    assert(late[_pid] < GRANTS(event));
    event = event - GRANT;
    for (i : 0 .. WAITERS - 1) {
        if
        :: late[i] > late[_pid] -> late[i]--
        :: else
        fi
    };
    i = 0
}

active [WAITERS] proctype waiter() {
    byte word, i;
    bool in_time;

try_wait:
    atomic {
        word = event;
        if
        :: word & SET
        :: else -> word = 0; in_time = true; goto come_in
        fi;
        THEN;
        if
        :: UNCHANGED -> event = word & ~SET; return_from_wait(1)
        :: MAY_FAIL
        fi;
        goto try_wait
    };

come_in:
    atomic {
        word = event;
        THEN;
        if
        :: !MAY_BE_COUNTED(word) || (word & SET) -> word = 0; in_time = false; goto try_wait
        :: UNCHANGED && !(word & SET) && MAY_BE_COUNTED(word) ->
            late[_pid] = GRANTS(word);
            inside = inside | ME;
            event = word + WAITER;
            word = event;
            goto park
        :: MAY_FAIL -> word = 0; goto come_in
        fi
    };

park:
    atomic {
        skip;
parked:
        if
        :: !RELEASED(word) && in_time -> sleep_on_word(); word = 0
        :: else ->
            if
            :: UNCHANGED
            :: !UNCHANGED || MAY_FAIL -> goto read
            fi;
            event = word - WAITER;
            inside = inside & ~ME;
            if
            :: RELEASED(word) -> take_grant(); return_from_wait(1)
            :: else -> return_from_wait(0)
            fi;
            late[_pid] = 0;
            goto try_wait
        fi
    };
    atomic {
        wake_up();
read:
        word = event;
        THEN;
        goto parked
    };
}

active [SETTERS] proctype setter() {
    byte word, i;

set:
#ifdef MUTANT_WAKE_BEFORE_THE_GRANT
    atomic { wake_one() };
#endif
    atomic {
        word = event;
        THEN;
        if
        :: UNCHANGED && GRANTS(word) < COUNTED(word) ->
            event = word + GRANT;
            tokens++;
#if defined MUTANT_WAKE_BEFORE_THE_GRANT
            word = 0;
            goto set
#elif defined MUTANT_SECOND_GRANT_DOES_NOT_WAKE
            if
            :: GRANTS(word) > 0 -> word = 0; goto set
            :: else
            fi;
#endif
            waking++;
            word = 0;
            goto wake
        :: UNCHANGED && GRANTS(word) == COUNTED(word) ->
            event = word | SET;
            tokens = tokens + !(word & SET);
            word = 0;
            goto set
        :: MAY_FAIL -> goto set
        fi
    };
wake:
    atomic { wake_one(); waking-- };
    goto set
}

active proctype clearer() {
    byte word;

try_wait:
    atomic {
        word = event;
        if
        :: word & SET
        :: else -> word = 0; goto try_wait
        fi;
        THEN;
        if
        :: UNCHANGED -> event = word & ~SET; tokens--
        :: MAY_FAIL
        fi;
        word = 0;
        goto try_wait
    }
}

#define ALWAYS(claim) !(claim) -> assert(claim)

active proctype claims() {
    do
    :: ALWAYS(GRANTS(event) <= COUNTED(event))
    :: ALWAYS(!(event & SET) || GRANTS(event) == COUNTED(event))
    :: ALWAYS(COUNTED(event) == SIZE(inside))
    /* Nothing is lost or doubled. */
    :: ALWAYS(tokens == (event & SET) + GRANTS(event))
    /* No grant is forgotten: of the threads that are in, as many are awake or being woken. */
    :: ALWAYS(SIZE(inside & ~asleep) + waking >= GRANTS(event))
    od
}
