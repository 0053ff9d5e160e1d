// What a compiler can check of the header; and its version is that of the library.

#include "test.h"

_Static_assert(sizeof(struct futex_event_manual) == 4 && _Alignof(struct futex_event_manual) == 4, "4 bytes");
_Static_assert(sizeof(struct futex_event_auto) == 4 && _Alignof(struct futex_event_auto) == 4, "4 bytes");
_Static_assert(sizeof(struct futex_event_shared) == 4 && _Alignof(struct futex_event_shared) == 4, "4 bytes");
_Static_assert(sizeof(struct futex_event_count) == 4 && _Alignof(struct futex_event_count) == 4, "4 bytes");
_Static_assert(sizeof(enum futex_event_result) == sizeof(int), "an int for Rust");
_Static_assert(FUTEX_EVENT_RELEASED == 0, "an index of wait_any may be 0");
_Static_assert(FUTEX_EVENT_TIMED_OUT < 0 && FUTEX_EVENT_INTERRUPTED < 0 && FUTEX_EVENT_INVALID < 0, "no index");
_Static_assert(FUTEX_EVENT_FOREVER == UINT64_MAX, "no limit");

int main(void) {
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", FUTEX_EVENT_VERSION_MAJOR, FUTEX_EVENT_VERSION_MINOR,
             FUTEX_EVENT_VERSION_PATCH);
    CHECK(strcmp(version, FUTEX_EVENT_VERSION) == 0);
    CHECK(strcmp(version, futex_event_version()) == 0);
}
