// The C header in C++, and what a compiler can check of the types.

#include "futex_event.h"

#include "test.hpp"

#include <cstring>
#include <type_traits>

static_assert(std::is_standard_layout_v<futex_event::auto_reset_event>);
static_assert(!std::is_copy_constructible_v<futex_event::event> && !std::is_move_assignable_v<futex_event::event>);
static_assert(std::is_nothrow_default_constructible_v<futex_event::event>);
static_assert(noexcept(std::declval<futex_event::event&>().wait_for(std::declval<std::chrono::hours>())));
static_assert(std::is_same_v<decltype(futex_event_manual_set(nullptr)), bool>);

int main() {
    futex_event_manual event = FUTEX_EVENT_INIT;
    CHECK(futex_event_manual_set(&event));
    CHECK(std::strcmp(futex_event_version(), FUTEX_EVENT_VERSION) == 0);
}
