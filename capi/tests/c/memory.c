// Events in structs, in memory from `malloc` and from `mmap`; and freed or unmapped as soon as a wait has returned, while the
// call that set them may still be running.

#include "test.h"

#include <sys/mman.h>

struct task {
    char before;
    struct EVENT done;
    int result;
};

static void finish(void *task_) {
    struct task *task = task_;
    task->result = 42;
    OP(set)(&task->done);
}

static void release(struct task *task) {
    free(task);
}

static void unmap(struct task *task) {
    CHECK(munmap(task, sizeof *task) == 0);
}

static void is_done(struct task *task, void (*give_back)(struct task *)) {
    struct thread thread;
    start(&thread, finish, task);
    CHECK(OP(wait)(&task->done) == FUTEX_EVENT_RELEASED);
    CHECK(task->result == 42);
    give_back(task);
    join(&thread);
}

int main(void) {
    for (int round = 0; round < 300; round++) {
        struct task *task = malloc(sizeof *task);
        CHECK(task != NULL);
        memset(task, 0xff, sizeof *task);
        task->done = (struct EVENT)FUTEX_EVENT_INIT;
        is_done(task, release);

        task = calloc(1, sizeof *task);
        CHECK(task != NULL);
        is_done(task, release);

        task = mmap(NULL, sizeof *task, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(task != MAP_FAILED);
        is_done(task, unmap);
    }
}
