/*
 * The protocol of src/event_count/protocol.rs, in every interleaving.
 *
 * Modelled: threads that take an item if there is one, and otherwise prepare, check again, and wait or drop the ticket;
 * threads that add an item and notify one; and threads that notify all. All of them repeat forever. Each
 * atomic operation on the word, a slot or the items is one step, and a compare-exchange may fail spuriously. Time may run
 * out at any moment. The names are those of the Rust.
 *
 * Of the listeners, which listeners.pml has in full, there is what an event count needs: a slot for each thread, that can
 * be claimed or nudged while it is open. A thread that notifies visits the slots one after the other, in any order.
 *
 * Memory is sequentially consistent. A missing fence would allow two steps to change places, which two of the mutants do.
 * The generation has one bit or two. It does not wrap while a thread has a ticket, which the documentation lists under
 * Limits: a step waits until no ticket has seen too many. With WRAP it does not wait.
 *
 *     spin -run -O2 -safety -noreduce -m4000000 event_count.pml         the model: errors: 0
 *     spin -DWRAP -run -bfs event_count.pml                             the generation wraps: errors: 1
 *     spin -DMUTANT_... -run -bfs event_count.pml                       a fault: errors: 1
 *     spin -DMUTANT_... -t -p -g event_count.pml                        and the run that shows it
 *
 * `.ci/spin` runs them all. Sets of threads are bit masks; ME is the thread itself.
 */

#ifndef TAKERS
#define TAKERS 2
#endif
#ifndef ADDERS
#define ADDERS 1
#endif
/* Threads that notify all. */
#ifndef CLOSERS
#define CLOSERS 1
#endif
#ifndef ITEMS
#define ITEMS 2
#endif
/* How many steps of the generation a ticket may see: one, with a generation of one bit, or three, with two. */
#ifndef STEPS
#define STEPS 1
#endif

#define PREPARED 1
#define LISTENED 2
#define ONE_GENERATION 4
#if STEPS == 1
#define GENERATION 4
#else
#define GENERATION 12
#endif

#define BIT(number) (1 << (number))
#define ME BIT(_pid)
#define EVERYONE (BIT(TAKERS) - 1)

byte event;
byte items;
/* Slots: which of them can be claimed or nudged, and which have been. */
byte open, claimed, nudged;

/* What the claims are about, and the code does not know. */
byte will_check;    /* threads that will check the items, before they sleep or go away */
byte asleep;        /* threads that have marked the event count and sleep until they are claimed or nudged */
byte tickets;       /* threads that have a ticket */
byte owed;          /* of these, the threads that had it before the notification of all that is under way */
byte steps[TAKERS]; /* of the generation since the ticket was prepared */
byte notifying;     /* notifications under way, each from its change on */

#ifdef WRAP
#define MAY_STEP true
#else
#define MAY_STEP steps[0] < STEPS && steps[TAKERS - 1] < STEPS && steps[TAKERS / 2] < STEPS
#endif

#ifdef MUTANT_STEP_KEEPS_THE_GENERATION
#define STEPPED(word) (word & GENERATION)
#else
#define STEPPED(word) ((word + ONE_GENERATION) & GENERATION)
#endif

/* Whether a thread with a ticket need not be woken, or is woken already. */
#define IS_RELEASED(thread) ((claimed & BIT(thread)) || steps[thread] && (!(asleep & BIT(thread)) || nudged & BIT(thread)))

inline no_ticket() {
    tickets = tickets & ~ME;
    owed = owed & ~ME;
    steps[_pid] = 0
}

/* Checks the items: takes one, or there is none. */
inline check_items(found) {
    will_check = will_check & ~ME;
    if
    :: items > 0 -> items--; found = true
    :: else -> found = false
    fi
}

active [TAKERS] proctype taker() {
    byte generation, word;
    bool found;

again:
    /* It may pause for any time. */
    atomic { will_check = will_check | ME };
    atomic {
        check_items(found);
        if
        :: found -> found = false; goto again
        :: else
        fi
    };
prepare:
    atomic {
#ifndef MUTANT_PREPARE_DOES_NOT_MARK
        event = event | PREPARED;
#endif
        generation = event & GENERATION;
        tickets = tickets | ME;
        steps[_pid] = 0;
        will_check = will_check | ME
    };
#ifdef MUTANT_CHECK_BEFORE_PREPARE
    atomic { will_check = will_check & ~ME };
#else
    atomic {
        check_items(found);
        if
        :: found -> found = false; no_ticket(); generation = 0; goto again
        :: else
        fi
    };
#endif
    if
    :: atomic { true -> no_ticket(); generation = 0; goto again }
    :: atomic { true -> open = open | ME }
    fi;

mark:
    atomic {
        word = event;
        if
        :: (word & GENERATION) != generation -> word = 0; goto withdraw
        :: else
        fi
    };
    if
    :: atomic {
#ifdef MUTANT_MARK_DOES_NOT_COMPARE
        event = event | LISTENED;
#elif defined MUTANT_LISTENED_IS_NOT_TURNED_ON
        event == word;
#else
        event == word -> event = word | LISTENED;
#endif
        asleep = asleep | ME;
        word = 0
    }
    /* The word has changed, or the exchange has failed spuriously. */
    :: atomic { true -> word = 0; goto mark }
    fi;

    if
    :: atomic { claimed & ME -> asleep = asleep & ~ME; goto withdraw }
    :: atomic { (nudged & ME) && !(claimed & ME) -> asleep = asleep & ~ME; nudged = nudged & ~ME; goto mark }
    /* The time is up. */
    :: atomic { true -> asleep = asleep & ~ME; goto withdraw }
    fi;

withdraw:
    /* The slot can be claimed until here, and the thread checks in any case, however its wait has ended. */
    atomic {
        will_check = will_check | ME;
#ifdef MUTANT_TIMEOUT_LOSES_A_CLAIM
        will_check = will_check & ~ME;
#endif
        open = open & ~ME;
        claimed = claimed & ~ME;
        nudged = nudged & ~ME;
        no_ticket();
        generation = 0
    };
#ifdef MUTANT_TIMEOUT_LOSES_A_CLAIM
    goto prepare;
#endif
    atomic {
        check_items(found);
        if
        :: found -> found = false
        :: else
        fi
    };
    goto again
}

/* Steps the generation, if the word has not changed; and then, if there were listeners, nudges all of them. */
inline step() {
    event = STEPPED(word);
    for (i : 0 .. TAKERS - 1) {
        if
        :: tickets & BIT(i) -> steps[i]++
        :: else
        fi
    };
    i = 0;
    visited = 0
}

inline nudge_all() {
    do
    :: visited != EVERYONE ->
        atomic {
            select_one();
            if
            :: open & BIT(i) -> nudged = nudged | BIT(i)
            :: else
            fi;
            i = 0
        }
    :: else -> break
    od
}

/* One of the slots that have not been visited. */
inline select_one() {
    i = 0;
    do
    :: !(visited & BIT(i)) -> break
    :: i < TAKERS - 1 && ((visited | (BIT(i + 1) - 1)) & EVERYONE) != EVERYONE -> i++
    od;
    visited = visited | BIT(i)
}

#ifdef MUTANT_A_CLAIMED_SLOT_IS_CLAIMED_AGAIN
#define CAN_BE_CLAIMED(thread) (open & BIT(thread))
#else
#define CAN_BE_CLAIMED(thread) (open & BIT(thread) & ~claimed)
#endif

#if ADDERS > 0
active [ADDERS] proctype adder() {
    byte word, visited, i;

again:
#ifdef MUTANT_NOTIFY_BEFORE_THE_CHANGE
    atomic { word = event; items < ITEMS -> notifying++ };
    atomic {
        items++;
        if
        :: !(word & PREPARED) -> goto done
        :: else
        fi
    };
#else
    atomic { items < ITEMS -> items++; notifying++ };
    /* From here on this is notify_one. */
#endif
retry:
    atomic {
        word = event;
        visited = 0;
        if
        :: !(word & PREPARED) -> goto done
        :: else
        fi
    };
    do
    :: (word & LISTENED) && visited != EVERYONE ->
        atomic {
            select_one();
            if
            :: CAN_BE_CLAIMED(i) -> claimed = claimed | BIT(i); i = 0; goto done
            :: else -> i = 0
            fi
        }
    :: else -> break
    od;
    if
    :: atomic { event == word && MAY_STEP -> step() }
    :: goto retry
    fi;
#ifndef MUTANT_STEP_DOES_NOT_NUDGE
    if
    :: word & LISTENED -> nudge_all()
    :: else
    fi;
#endif
done:
    atomic { notifying--; word = 0; visited = 0; i = 0 };
    goto again
}
#endif

#if CLOSERS > 0
active [CLOSERS] proctype closer() {
    byte word, visited, i;

again:
    atomic { !owed -> owed = tickets; notifying++ };
retry:
    atomic {
        word = event;
        if
        :: !(word & PREPARED) -> goto done
        :: else
        fi
    };
    if
    :: atomic { event == word && MAY_STEP -> step() }
    :: goto retry
    fi;
#ifdef MUTANT_ALL_IS_ONE
    atomic { select_one(); if :: open & BIT(i) -> nudged = nudged | BIT(i) :: else fi; i = 0 };
#else
    if
    :: word & LISTENED -> nudge_all()
    :: else
    fi;
#endif
done:
    atomic {
        notifying--;
        /* Unless another notification is about to wake them. */
        for (i : 0 .. TAKERS - 1) {
            assert(notifying || !(owed & BIT(i)) || IS_RELEASED(i))
        };
        owed = 0; word = 0; visited = 0; i = 0
    };
    goto again
}
#endif

#define ALWAYS(claim) !(claim) -> assert(claim)
#define COUNT(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1))
#define RELEASED(thread) (IS_RELEASED(thread) && (tickets & BIT(thread)) -> BIT(thread) : 0)
#if TAKERS == 1
#define RELEASED_ONES RELEASED(0)
#elif TAKERS == 2
#define RELEASED_ONES (RELEASED(0) | RELEASED(1))
#else
#define RELEASED_ONES (RELEASED(0) | RELEASED(1) | RELEASED(2))
#endif

active proctype claims() {
    do
    /* A thread that sleeps is not released. */
    :: atomic { ALWAYS(notifying || !(asleep & ~claimed & ~nudged & RELEASED_ONES)) }
    /* For each item there is a thread that will check, or none is asleep. */
    :: atomic { ALWAYS(notifying || !(asleep & ~RELEASED_ONES) || items <= COUNT(will_check | RELEASED_ONES)) }
    /* A thread that sleeps has left its mark. */
    :: atomic { ALWAYS(notifying || !(asleep & ~claimed & ~nudged) || (event & (PREPARED | LISTENED)) == (PREPARED | LISTENED)) }
    od
}
