#include <futex_event.h>
#include <pthread.h>
#include <stdio.h>

static struct futex_event_manual ready = FUTEX_EVENT_INIT;
static int answer;

static void *work(void *unused) {
    answer = 42;
    futex_event_manual_set(&ready);
    return unused;
}

int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    futex_event_manual_wait(&ready); // sleeps until the event is set
    printf("The answer is %d\n", answer);
    return pthread_join(thread, NULL);
}
