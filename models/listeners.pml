/*
 * The protocol of src/listeners.rs, with src/auto_reset_event/protocol.rs and src/event/protocol.rs on top of it, in every interleaving.
 *
 * Modelled: threads that wait for several events, or, with PLAIN, for event 0 alone as a plain wait does; threads that
 * set; and one that takes remembered tokens and clears. All of them repeat forever. The kernel compares and
 * puts to sleep in one step. A wake of one takes any of the sleepers. A sleep may end spuriously, and time may run out, at
 * any moment. Waking up and the read that follows are one step: until a thread reads, no thread can tell whether it is
 * awake.
 *
 * A read of a word and the exchange after it are one step: an exchange that fails only leads to another read, so in between a
 * thread is in the same state as before the read. Only in `set`, which searches the table in between, they are two.
 *
 * Each thread has a slot of its own, and uses it again for its next wait, for other events. The sequence number in a slot
 * is exact here: it never wraps. So is the generation of the manual-reset event, which is cleared only so often (MANUAL).
 * The buckets are not modelled: their bits go on before a slot is published, and off after it was closed.
 * With ROLES every thread waits for all events, and each setter sets one of its own.
 * `set` chooses freely between a plain waiter and a listener. Memory is sequentially consistent.
 *
 *     spin -run -O2 -safety -noreduce -m4000000 listeners.pml    the model: errors: 0
 *     spin -DMUTANT_... -run -bfs listeners.pml                  a fault: errors: 1
 *     spin -DMUTANT_... -t -p -g listeners.pml                   and the run that shows it
 *
 * `.ci/spin` runs them all. Sets of threads and of events are bit masks; ME is the thread itself.
 */

#ifndef THREADS
#define THREADS 2
#endif
#ifndef SETTERS
#define SETTERS 2
#endif
/* The number of auto-reset events. A manual-reset event, if there is one, has the number after theirs. */
#ifndef EVENTS
#define EVENTS 2
#endif
#ifndef LIMIT
#define LIMIT 2
#endif
#define THE_MANUAL EVENTS

#define ME (1 << _pid)
#define BIT(number) (1 << (number))

/* An auto-reset event's word. */
#define SET 1
#define LISTENED 2
#define GRANT 4
#define WAITER 16
#define GRANTS(word) (((word) / GRANT) & 3)
#define COUNTED(word) ((word) / WAITER)
byte word[EVENTS];

#ifdef MANUAL
bool manual_set;
bool manual_listened;
byte generation;
byte clears_left = MANUAL;
#define ALL_EVENTS (BIT(EVENTS + 1) - 1)
#else
#define ALL_EVENTS (BIT(EVENTS) - 1)
#endif

/* A slot. OWED says that a nudge was for a token; CLAIMED comes with the number of the event. */
#define FREE 0
#define BUSY 1
#define AWAKE 2
#define ASLEEP 3
#define NUDGED 4
#define ROUSED 5            /* nudged when it was asleep: its wake may still be to come */
#define CLAIMED 8
#define OWED 16
#define IS_CLAIMED(slot) ((slot) & CLAIMED)
#define IS_OPEN(slot) (!IS_CLAIMED(slot) && ((slot) & 7) >= AWAKE)
#define BY(slot) ((slot) & 7)
#define SLEEPS(slot) ((slot) == ASLEEP || ((slot) & ~OWED) == ROUSED)
#define IS_NUDGED(slot) (((slot) & ~OWED) == NUDGED || ((slot) & ~OWED) == ROUSED)
#ifdef MUTANT_A_NUDGED_SLEEPER_COUNTS_AS_AWAKE
#define NUDGE(slot) NUDGED
#else
#define NUDGE(slot) (SLEEPS(slot) -> ROUSED : NUDGED)
#endif
byte slot[THREADS];
byte addresses[THREADS];
byte known[THREADS];        /* the threads that have read the slot since it was filled: the sequence number that they saw is the same */

byte sleeping;              /* in the kernel, on their slots */
byte on_word;               /* in the kernel, on the word of event 0 */

/* What the claims are about, and the code does not know. */
byte tokens[EVENTS];        /* sets that returned true, less the waits and clears that did */
byte running;               /* threads inside a wait that are not asleep */
byte setting;               /* setters inside a set */
byte settled;               /* the threads that have marked all events, and can be claimed since */
byte all_along[SETTERS];    /* the threads that have been settled since before the set began */
#ifdef MANUAL
byte waiting;
byte released;              /* of the waiting threads, those for which the manual-reset event was set since they began */
byte begun[THREADS];
#endif

#ifdef MUTANT_NO_SEQUENCE_NUMBER
#define UNCHANGED(i) (slot[i] == seen)
#else
#define UNCHANGED(i) (slot[i] == seen && (known[i] & ME))
#endif

#ifdef MUTANT_CLAIM_OF_A_BUSY_SLOT
#define CAN_BE_CLAIMED(slot) (IS_OPEN(slot) || (slot) == BUSY)
#else
#define CAN_BE_CLAIMED(slot) IS_OPEN(slot)
#endif

/* `seen` is the slot, or FREE if it does not matter. */
inline read_slot(i, event, interesting) {
    seen = slot[i];
    if
    :: interesting && (addresses[i] & BIT(event)) -> known[i] = known[i] | ME
    :: else -> seen = FREE
    fi
}

inline forget(i) {
    known[i] = known[i] & ~ME
}

inline wake(i) {
    if
    :: sleeping & BIT(i) -> sleeping = sleeping & ~BIT(i); running++
    :: else
    fi
}

/* A set that is about to return without a wake relies on no wake of another. */
inline is_awake(i) {
    assert(!(sleeping & BIT(i)))
}

inline unsettle(i) {
    settled = settled & ~BIT(i);
    for (other : 0 .. SETTERS - 1) {
        all_along[other] = all_along[other] & ~BIT(i)
    };
    other = 0
}

/* Three steps that wake one listener of the event, for it to check the token that is remembered. */
inline nudge_one(event) {
    read_slot(i, event, IS_OPEN(slot[i]));
    if
#ifndef MUTANT_A_PENDING_NUDGE_IS_LEFT_ALONE
    :: seen != FREE && (seen & OWED) && !SLEEPS(seen) -> forget(i); goto nudged
    :: seen != FREE && (!(seen & OWED) || SLEEPS(seen)) -> goto nudge_exchange
#else
    :: seen != FREE && IS_NUDGED(seen) -> forget(i); goto nudged
    :: seen != FREE && !IS_NUDGED(seen) -> goto nudge_exchange
#endif
    :: seen == FREE ->
        i++;
        if :: i == THREADS -> goto nudged :: else -> goto nudge fi
    fi
}

inline exchange_for_nudge() {
    if
    :: UNCHANGED(i) ->
        forget(i);
#ifdef MUTANT_NUDGE_OWES_NOTHING
        slot[i] = NUDGE(seen);
#else
        slot[i] = NUDGE(seen) | OWED;
#endif
        if :: SLEEPS(seen) -> goto nudge_wake :: else -> is_awake(i); goto nudged fi
    :: else -> forget(i); goto nudge
    fi
}

inline wake_nudged() {
#ifndef MUTANT_NUDGE_DOES_NOT_WAKE
    wake(i);
#endif
    goto nudged
}

inline next_event() {
    do
    :: event < EVENTS && !(events & BIT(event)) -> event++
    :: else -> break
    od
}

inline got(event) {
    assert(!took);
    took = true;
    tokens[event]--
}

active [THREADS] proctype thread() {
    byte event, i, other, seen, events, word_seen;
    bool owes, took, in_time;

begin:
    atomic {
        if
#ifndef ROLES
        :: events = 1
#endif
        :: events = ALL_EVENTS
#ifdef PLAIN
        :: events = 1; word_seen = 1
#endif
        fi;
        running++;
#ifdef MANUAL
        if
        :: (events & BIT(THE_MANUAL)) && !manual_set ->
            waiting = waiting | ME; begun[_pid] = generation
        :: (events & BIT(THE_MANUAL)) && manual_set -> events = 0
        :: else
        fi;
        if
        :: events == 0 -> running--; goto begin
        :: else
        fi;
#endif
#ifdef PLAIN
        if
        :: word_seen -> word_seen = 0; goto come_in
        :: else -> goto fill
        fi
#else
        goto fill
#endif
    };
#ifdef PLAIN
    atomic {
        skip;
come_in:
        if
        :: word[0] & SET -> word[0] = word[0] & ~SET; got(0); goto end
#ifdef MUTANT_NEWCOMER_IGNORES_GRANTS
        :: !(word[0] & SET) && COUNTED(word[0]) < LIMIT ->
            assert(GRANTS(word[0]) == 0);
#else
        :: !(word[0] & SET) && GRANTS(word[0]) == 0 && COUNTED(word[0]) < LIMIT ->
#endif
            word[0] = word[0] + WAITER; word_seen = word[0]; in_time = true; goto park
        :: else -> goto fill
        fi
    };
park:
    atomic {
        if
        :: GRANTS(word_seen) == 0 && in_time -> goto sleep_on_word
        :: else ->
            if
            :: word[0] == word_seen
            :: word[0] != word_seen -> word_seen = word[0]; goto park
            fi;
            if
#ifdef MUTANT_TIMEOUT_LEAVES_ITS_GRANT
            :: GRANTS(word_seen) > 0 && in_time -> word[0] = word[0] - WAITER - GRANT; got(0)
            :: GRANTS(word_seen) > 0 && !in_time -> word[0] = word[0] - WAITER
#else
            :: GRANTS(word_seen) > 0 -> word[0] = word[0] - WAITER - GRANT; got(0)
#endif
            :: else -> word[0] = word[0] - WAITER
            fi;
            word_seen = 0; in_time = false;
            goto end
        fi
    };
sleep_on_word:
    atomic {
        if
#ifndef MUTANT_SLEEP_ON_THE_WORD_DOES_NOT_COMPARE
        :: word[0] == word_seen -> on_word = on_word | ME; running--
#else
        :: on_word = on_word | ME; running--
#endif
        :: skip
        fi;
        word_seen = 0
    };
    atomic {
        if
        :: on_word & ME -> on_word = on_word & ~ME; running++
        :: else
        fi;
        if :: in_time = true :: in_time = false fi;
        word_seen = word[0];
        goto park
    };
#endif

    atomic {
        skip;
fill:
        slot[_pid] = BUSY;
        addresses[_pid] = events;
        known[_pid] = 0;
#ifndef MUTANT_MARKS_BEFORE_IT_IS_PUBLISHED
        goto publish_now
#endif
    };
#ifdef MUTANT_MARKS_BEFORE_IT_IS_PUBLISHED
    goto pass;
publish:
    atomic { slot[_pid] = AWAKE; goto settle };
#else
publish:
    atomic { skip; publish_now: slot[_pid] = AWAKE; event = 0; next_event() };
#endif
pass:
#ifdef MANUAL
    /* The first of its events. */
    atomic {
        if
        :: !(events & BIT(THE_MANUAL))
        :: (events & BIT(THE_MANUAL)) && (manual_set || generation != begun[_pid]) ->
            event = THE_MANUAL;
            goto withdraw
        :: else -> manual_listened = true
        fi
    };
#endif
mark:
    atomic {
        if
#ifndef MUTANT_MARKS_WITHOUT_A_LOOK
        :: word[event] & SET -> goto withdraw
#endif
        :: else -> word[event] = word[event] | LISTENED
        fi;
        event++;
        next_event();
        if :: event < EVENTS -> goto mark :: else fi;
#ifdef MUTANT_MARKS_BEFORE_IT_IS_PUBLISHED
        goto publish
#else
        goto settle
#endif
    };
settle:
    atomic {
        event = 0;
        if
        :: IS_OPEN(slot[_pid]) -> settled = settled | ME
        :: else
        fi;
        if
        :: slot[_pid] == AWAKE -> slot[_pid] = ASLEEP
        :: else -> goto check
        fi
    };
sleep:
    atomic {
        if
#ifndef MUTANT_SLEEP_DOES_NOT_COMPARE
        :: slot[_pid] == ASLEEP -> sleeping = sleeping | ME; running--
#else
        :: sleeping = sleeping | ME; running--
#endif
        :: skip
        fi
    };
check:
    atomic {
        if
        :: sleeping & ME -> sleeping = sleeping & ~ME; running++
        :: else
        fi;
        if
        :: IS_CLAIMED(slot[_pid]) -> goto claimed
        :: IS_NUDGED(slot[_pid]) ->
            if :: slot[_pid] & OWED -> owes = true :: else fi;
            slot[_pid] = AWAKE;
            next_event();
            goto pass
        :: slot[_pid] == ASLEEP -> goto sleep
        :: slot[_pid] == ASLEEP -> goto time_out
        fi
    };
time_out:
    atomic {
#ifndef MUTANT_TIMEOUT_DOES_NOT_SEE_A_CLAIM
        if
        :: IS_CLAIMED(slot[_pid]) -> goto claimed
        :: else
        fi;
#endif
        if :: slot[_pid] & OWED -> owes = true :: else fi;
        slot[_pid] = BUSY;
        unsettle(_pid);
        event = 0;
        next_event()
    };
last_check:
    atomic {
        if
        :: event == EVENTS -> goto leave
        :: event < EVENTS && (word[event] & SET) ->
            word[event] = word[event] & ~SET;
            got(event);
            goto leave
        :: else ->
            event++;
            next_event();
            goto last_check
        fi
    };

/* It has found the event set, and may take the token only if it was not given another one. */
withdraw:
#ifdef MUTANT_TAKES_BEFORE_IT_WITHDRAWS
    atomic {
        if
        :: event < EVENTS && (word[event] & SET) -> word[event] = word[event] & ~SET; got(event)
        :: else
        fi
    };
#endif
    atomic {
        if
        :: IS_CLAIMED(slot[_pid]) -> goto claimed
        :: else
        fi;
        if :: slot[_pid] & OWED -> owes = true :: else fi;
        slot[_pid] = BUSY;
        unsettle(_pid)
    };
#ifdef MUTANT_TAKES_BEFORE_IT_WITHDRAWS
    if :: took -> goto leave :: else fi;
#endif
    atomic {
#ifdef MANUAL
        if
        :: event == THE_MANUAL -> assert(released & ME); goto leave
        :: else
        fi;
#endif
        if
        :: word[event] & SET -> word[event] = word[event] & ~SET; got(event); goto leave
        :: else -> goto publish
        fi
    };
    atomic {
        skip;
claimed:
        event = BY(slot[_pid]);
        assert(events & BIT(event));
        /* Only an auto-reset event claims: a manual-reset one has no token to hand over. */
        assert(event < EVENTS);
        if :: slot[_pid] & OWED -> owes = true :: else fi;
        slot[_pid] = BUSY;
        unsettle(_pid);
        got(event);
leave:
        slot[_pid] = FREE;
        addresses[_pid] = 0;
        known[_pid] = 0;
        event = 0;
        if :: !owes -> goto end :: else fi
    };
    /* It was woken for a token. If it has not checked for that token, another thread has to. */
#ifndef MUTANT_A_NUDGE_IS_NOT_PASSED_ON
pass_on:
    atomic {
        next_event();
        if
        :: event == EVENTS -> goto end
        :: event < EVENTS && !(word[event] & SET) -> event++; goto pass_on
        :: event < EVENTS && (word[event] & SET) -> goto nudge
        fi
    };
nudge:
    atomic { nudge_one(event) };
nudge_exchange:
    atomic { exchange_for_nudge() };
nudge_wake:
    atomic { wake_nudged() };
    atomic { skip; nudged: i = 0; seen = FREE; event++; goto pass_on };
#endif
    atomic {
        skip;
end:
        running--;
#ifdef MANUAL
        waiting = waiting & ~ME;
        released = released & ~ME;
        begun[_pid] = 0;
#endif
        owes = false; took = false; event = 0; events = 0; seen = FREE; i = 0;
        goto begin
    }
}

active [SETTERS] proctype setter() {
    byte event, i, other, seen, word_seen;
#define THIS (_pid - THREADS)

begin:
    atomic {
#ifdef ROLES
        event = THIS;
#else
        if
        :: event = 0
#if EVENTS > 1
        :: event = 1
#endif
#ifdef MANUAL
        :: event = THE_MANUAL
#endif
        fi;
#endif
        setting++;
#ifdef MANUAL
        if
        :: event == THE_MANUAL ->
            i = !manual_set && manual_listened;
            manual_set = true;
            released = waiting;
            if
            :: i -> i = 0; goto broadcast
            :: else -> goto end
            fi
        :: else
        fi;
#endif
        for (i : 0 .. THREADS - 1) {
            if
            :: (settled & BIT(i)) && (addresses[i] & BIT(event)) -> all_along[THIS] = all_along[THIS] | BIT(i)
            :: else
            fi
        };
        goto load_now
    };
load:
    atomic {
        skip;
load_now:
        word_seen = word[event];
        i = 0;
        if
        :: !(word_seen & LISTENED) -> goto write_now
#ifdef MUTANT_A_SET_EVENT_IS_NOT_LOOKED_UP
        :: word_seen & SET -> goto write
#endif
        /* A plain waiter first. */
        :: GRANTS(word_seen) < COUNTED(word_seen) -> goto write
        :: word_seen & LISTENED
        fi
    };
search:
    atomic {
        read_slot(i, event, CAN_BE_CLAIMED(slot[i]));
        if
        :: seen != FREE -> goto claim
        :: else ->
            i++;
            if :: i == THREADS -> i = 0; goto write :: else -> goto search fi
        fi
    };
claim:
    atomic {
        if
#ifdef MUTANT_CLAIM_IS_NO_EXCHANGE
        :: true ->
#else
        :: UNCHANGED(i) ->
#endif
            forget(i);
#ifdef MUTANT_CLAIM_FORGETS_WHAT_IS_OWED
            slot[i] = CLAIMED | event;
#else
            slot[i] = CLAIMED | event | (seen & OWED);
#endif
            tokens[event]++;
            unsettle(i);
            if :: SLEEPS(seen) -> goto wake_claimed :: else -> is_awake(i); goto end fi
        :: else -> forget(i); goto search
        fi
    };
wake_claimed:
    atomic { wake(i); goto end };
write:
    atomic {
        skip;
write_now:
        i = 0;
        if
        :: word[event] != word_seen -> goto load
        :: else
        fi;
        if
        :: GRANTS(word_seen) < COUNTED(word_seen) ->
            word[event] = word_seen + GRANT;
            tokens[event]++;
            goto grant
        :: else
        fi;
        /* Each set releases a thread that has been waiting since before. */
        assert(!all_along[THIS]);
        tokens[event] = tokens[event] + !(word_seen & SET);
#ifdef MUTANT_SET_TURNS_LISTENED_OFF
        word[event] = (word_seen | SET) & ~LISTENED;
#else
        word[event] = word_seen | SET;
#endif
#ifdef MUTANT_NO_SECOND_LOOK
        goto end
#else
        if :: word_seen & LISTENED -> goto nudge :: else -> goto end fi
#endif
    };
#ifndef MUTANT_NO_SECOND_LOOK
nudge:
    atomic { nudge_one(event) };
nudge_exchange:
    atomic { exchange_for_nudge() };
nudge_wake:
    atomic { wake_nudged() };
    atomic { skip; nudged: goto end };
#endif
grant:
    atomic {
        do
        :: on_word & BIT(i) -> on_word = on_word & ~BIT(i); running++; break
        :: on_word >> (i + 1) -> i++
        :: else -> break
        od;
        i = 0;
        goto end
    };
#ifdef MANUAL
broadcast:
    atomic {
        read_slot(i, event, IS_OPEN(slot[i]));
        if
        :: seen != FREE && (seen & ~OWED) != NUDGED -> goto nudge_each
        :: else ->
            forget(i);
            i++;
            if :: i == THREADS -> goto end :: else -> goto broadcast fi
        fi
    };
nudge_each:
    atomic {
        if
#ifdef MUTANT_A_MANUAL_EVENT_CLAIMS
        :: UNCHANGED(i) -> forget(i); slot[i] = CLAIMED | THE_MANUAL
#else
        :: UNCHANGED(i) -> forget(i); slot[i] = NUDGE(seen) | (seen & OWED)
#endif
        :: else -> forget(i); goto broadcast
        fi;
        if :: SLEEPS(seen) -> goto wake_each :: else -> is_awake(i) fi;
#ifdef MUTANT_A_BROADCAST_IS_FOR_ONE
        goto end
#else
        i++;
        if :: i == THREADS -> goto end :: else -> goto broadcast fi
#endif
    };
wake_each:
    atomic {
        wake(i);
#ifdef MUTANT_A_BROADCAST_IS_FOR_ONE
        goto end
#else
        i++;
        if :: i == THREADS -> goto end :: else -> goto broadcast fi
#endif
    };
#endif
    atomic {
        skip;
end:
        setting--;
        all_along[THIS] = 0;
        event = 0; i = 0; seen = FREE; word_seen = 0;
        goto begin
    }
}

active proctype taker() {
    do
    :: atomic { word[0] & SET -> word[0] = word[0] & ~SET; tokens[0]-- }
#if EVENTS > 1
    :: atomic { word[1] & SET -> word[1] = word[1] & ~SET; tokens[1]-- }
#endif
#ifdef MANUAL
    :: atomic {
            manual_set && clears_left > 0 ->
            clears_left--;
            manual_set = false;
            generation++;
            manual_listened = false
        }
#endif
    od
}

#define ALWAYS(claim) !(claim) -> assert(claim)
#define CLAIMED_BY(i, event) (slot[i] == (CLAIMED | (event)) || slot[i] == (CLAIMED | (event) | OWED))
#if THREADS > 2
#define CLAIMS(event) (CLAIMED_BY(0, event) + CLAIMED_BY(1, event) + CLAIMED_BY(2, event))
#else
#define CLAIMS(event) (CLAIMED_BY(0, event) + CLAIMED_BY(1, event))
#endif
/* Nothing is lost or doubled. */
#define CONSERVED(event) (tokens[event] == (word[event] & SET) + GRANTS(word[event]) + CLAIMS(event))
/* When no thread can run, none sleeps while its event is set. */
#define SLEEPS_WHILE_SET(event) ((word[event] & SET) && (ASLEEP_ON(0, event) || ASLEEP_ON(1, event) || ASLEEP_ON(THREADS - 1, event)))
#define ASLEEP_ON(i, event) ((sleeping & BIT(i)) && (addresses[i] & BIT(event)))
#define QUIET (!running && !setting)
#ifdef MANUAL
#define MISSED(i) (ASLEEP_ON(i, THE_MANUAL) && (manual_set || generation != begun[i]))
#endif

active proctype claims() {
    do
    :: ALWAYS(CONSERVED(0))
    :: ALWAYS(!(QUIET && SLEEPS_WHILE_SET(0)))
    /* Grants belong to threads that are awake, or are being woken. */
    :: ALWAYS(GRANTS(word[0]) <= COUNTED(word[0]))
    :: ALWAYS(!(word[0] & SET) || GRANTS(word[0]) == COUNTED(word[0]))
    :: ALWAYS(!(QUIET && GRANTS(word[0])))
#if EVENTS > 1
    :: ALWAYS(CONSERVED(1))
    :: ALWAYS(!(QUIET && SLEEPS_WHILE_SET(1)))
#endif
#ifdef MANUAL
    :: ALWAYS(!(QUIET && (MISSED(0) || MISSED(1) || MISSED(THREADS - 1))))
#endif
    od
}
