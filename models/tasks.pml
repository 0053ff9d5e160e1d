/*
 * The protocol of src/tasks.rs, with an auto-reset event or, with MANUAL, a manual-reset one, in every interleaving.
 *
 * Modelled: tasks that wait, are woken, and give up at any moment; threads that set; one that takes tokens, or
 * clears; and the waker thread. All of them repeat forever. A task is a thread here: it checks its
 * event, which is a poll, and continues when its waker has been run. The kernel compares and puts to sleep in one step, and
 * may end a sleep spuriously. A critical section of the registry is one step.
 *
 * There is one bucket, and one group. The waker thread takes any of the registrations, not the oldest. The generation of
 * the manual-reset event does not wrap: it is cleared only so often (MANUAL). Memory is sequentially consistent.
 *
 *     spin -run -O2 -safety -noreduce -m4000000 tasks.pml    the model: errors: 0
 *     spin -DMUTANT_... -run -bfs tasks.pml                  a fault: errors: 1
 *     spin -DMUTANT_... -t -p -g tasks.pml                   and the run that shows it
 *
 * `.ci/spin` runs them all. Sets of tasks are bit masks; ME is the task itself.
 */

#ifndef TASKS
#define TASKS 2
#endif
#ifndef SETTERS
#define SETTERS 2
#endif

#define ME (1 << _pid)
#define BIT(number) (1 << (number))

/* The event's word. */
bool set;
bool listened;
#ifdef MANUAL
byte generation;
byte clears_left = MANUAL;
byte begun[TASKS];
#endif

/* The words of the tasks' table. */
byte count;
bool bucket;
bool group;
bool asleep;

/* The registry. */
byte registered;

/* What wakers do, and the kernel. */
byte woken;
bool sleeping;

/* What the claims are about, and the code does not know. */
byte pending;       /* tasks that wait to be woken */
byte resting;       /* tasks that do not wait, and may never wait again */
byte setting;       /* setters inside a set, and tasks that pass a wake on */
byte ringing;       /* the threads that have turned the group's bit on since the waker thread took it off */
bool rung;          /* one of them has returned from its set */

#ifdef MANUAL
#define RELEASED(i) (set || generation != begun[i])
#else
#define RELEASED(i) set
#endif

/* The steps of a ring. */
#ifdef MUTANT_A_LONE_TASK_IS_NOT_RUNG_FOR
#define NO_TASKS (count < 2)
#else
#define NO_TASKS (count == 0)
#endif

inline turn_on_bit() {
#ifdef MUTANT_GROUP_BEFORE_BIT
    was_asleep = asleep; group = true; ringing = ringing | ME
#else
    bucket = true
#endif
}

inline turn_on_group() {
#ifdef MUTANT_GROUP_BEFORE_BIT
    bucket = true
#else
    was_asleep = asleep; group = true; ringing = ringing | ME
#endif
#ifdef MUTANT_SET_TURNS_ASLEEP_OFF
    ; asleep = false
#endif
}

inline wake_thread() {
    if :: was_asleep -> sleeping = false :: else fi;
    was_asleep = false
}

active [TASKS] proctype task() {
    bool known, owes, was_asleep;

begin:
    atomic { resting = resting | ME };
    atomic {
        resting = resting & ~ME;
#ifdef MANUAL
        begun[_pid] = generation;
        /* A wait for a set event is over at once. */
        !set
#endif
    };
poll:
    atomic {
        if
        :: RELEASED(_pid) ->
#ifndef MANUAL
            set = false;
#endif
#ifdef MUTANT_A_TASK_THAT_IS_RELEASED_OWES_NOTHING
            goto leave_ready
#else
            goto leave
#endif
        :: else
        fi;
        if
        :: known && (registered & ME) -> goto mark_now
        :: known && !(registered & ME) -> owes = true
        :: else
        fi;
#ifdef MUTANT_MARKS_BEFORE_IT_REGISTERS
        goto mark_now
#endif
    };
enter:
#ifdef MUTANT_COUNTS_AFTER_IT_REGISTERS
    atomic { registered = registered | ME; known = true };
    atomic { count++ };
#else
    atomic { count++ };
    atomic { registered = registered | ME; known = true };
#endif
#ifdef MUTANT_MARKS_BEFORE_IT_REGISTERS
    goto wait;
#endif
mark:
    atomic {
        skip;
mark_now:
#ifdef MUTANT_MARKS_WITHOUT_A_LOOK
        listened = true
#else
        if
        :: RELEASED(_pid) ->
#ifndef MANUAL
            listened = true;
#endif
            goto poll
        :: else -> listened = true
        fi;
#endif
        owes = false;
#ifdef MUTANT_MARKS_BEFORE_IT_REGISTERS
        if :: !(registered & ME) -> goto enter :: else fi
#endif
    };
wait:
    atomic {
        pending = pending | ME
    };
    atomic {
        if
        :: woken & ME -> woken = woken & ~ME; pending = pending & ~ME; goto poll
        /* The runtime polls it for another reason. */
        :: pending = pending & ~ME; goto poll
        /* It is dropped, or another event has released it. */
        :: pending = pending & ~ME; woken = woken & ~ME; goto leave
        fi
    };
leave:
    atomic {
        if
        :: registered & ME -> registered = registered & ~ME
        :: else -> owes = true; goto left
        fi
    };
    atomic { count--; goto left };
#ifdef MUTANT_A_TASK_THAT_IS_RELEASED_OWES_NOTHING
leave_ready:
    atomic {
        skip;
        if
        :: registered & ME -> registered = registered & ~ME
        :: else -> owes = false; goto left
        fi
    };
    atomic { count--; owes = false };
#endif
left:
    atomic {
        known = false;
        woken = woken & ~ME;
#ifndef MANUAL
#ifndef MUTANT_A_WAKE_IS_NOT_PASSED_ON
        if
        :: owes -> owes = false; listened = true;
            if :: set -> setting++; goto ring :: else fi
        :: else
        fi;
#endif
#endif
        owes = false;
        goto begin
    };
ring:
    atomic { if :: NO_TASKS -> goto rung_out :: else fi };
    atomic { turn_on_bit() };
    atomic { turn_on_group() };
    atomic { wake_thread() };
    atomic { skip; rung_out: setting--; goto begin }
}

active [SETTERS] proctype setter() {
    bool was_asleep, was_set;

begin:
    atomic {
        setting++;
        was_set = set;
        set = true;
#ifdef MANUAL
        if :: was_set || !listened -> goto end :: else fi;
#else
        if :: !listened -> goto end :: else fi;
#endif
        was_set = false
    };
ring:
    atomic { if :: NO_TASKS -> goto end :: else fi };
    atomic { turn_on_bit() };
    atomic { turn_on_group() };
    atomic {
        wake_thread();
        if :: ringing & ME -> rung = true :: else fi
    };
    atomic { skip; end: was_set = false; setting--; goto begin }
}

active proctype taker() {
    do
#ifdef MANUAL
    :: atomic { set && clears_left > 0 -> clears_left--; set = false; generation++; listened = false }
#else
    :: atomic { set -> set = false }
#endif
    od
}

active proctype waker_thread() {
    byte i;

begin:
    atomic {
        if
#ifndef MUTANT_TAKES_BIT_BEFORE_GROUP
        :: group -> group = false; asleep = false; rung = false; ringing = 0; goto take_bit
#else
        :: group -> i = bucket; bucket = false; goto take_group
#endif
        :: !group && !asleep -> asleep = true
        :: !group && asleep
        fi
    };
sleep:
    atomic {
#ifdef MUTANT_SLEEP_DOES_NOT_COMPARE
        sleeping = true
#else
        if :: !group && asleep -> sleeping = true :: else -> goto begin fi
#endif
    };
    atomic {
        /* Woken, or not. */
        sleeping = false;
        goto begin
    };
#ifdef MUTANT_TAKES_BIT_BEFORE_GROUP
take_group:
    atomic {
        group = false; asleep = false; rung = false; ringing = 0;
        if :: i -> i = 0; goto pass :: else -> goto begin fi
    };
#endif
take_bit:
    atomic {
        if :: bucket -> bucket = false :: else -> goto begin fi
    };
pass:
    atomic {
        if :: count == 0 || !registered -> goto begin :: else fi;
        if
        :: registered & 1 -> i = 0
        :: registered & 2 -> i = 1
        :: registered & 4 -> i = 2
        fi;
        registered = registered & ~BIT(i)
    };
    atomic { count-- };
    atomic {
        woken = woken | BIT(i);
        i = 0;
#ifdef MANUAL
#ifndef MUTANT_A_BROADCAST_IS_FOR_ONE
        goto pass;
#endif
#endif
        goto begin
    }
}

#define ALWAYS(claim) !(claim) -> assert(claim)
#define ALL (BIT(TASKS) - 1)
/* Tasks wait for their wakers, and nothing will run these. */
#define QUIET ((pending | resting) == ALL && !woken && !setting && sleeping)
#define WAITS(i) (pending & BIT(i))
#define REGISTERED ((registered & 1) + (registered >> 1 & 1) + (registered >> 2 & 1))

active proctype claims() {
    do
    :: ALWAYS(!(QUIET && (WAITS(0) && RELEASED(0) || WAITS(TASKS - 1) && RELEASED(TASKS - 1))))
    /* A task may be counted twice for a while, and the count is never below zero. */
    :: ALWAYS(count <= 2 * TASKS && count >= REGISTERED)
    /* No set relies on the wake of another. */
    :: ALWAYS(!(rung && sleeping))
    od
}
