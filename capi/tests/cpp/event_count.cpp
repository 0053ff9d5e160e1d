// An event count, by hand and with a condition.

#include "test.hpp"

#include <atomic>

static futex_event::event_count changed;
static std::atomic<int> items = 0;

static bool take() {
    int found = items.load(std::memory_order_relaxed);
    while (found > 0) {
        if (items.compare_exchange_weak(found, found - 1, std::memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

static void take_by_hand() {
    while (!take()) {
        const auto ticket = changed.prepare();
        if (take()) {
            return;
        }
        changed.wait(ticket);
    }
}

int main() {
    constexpr int count = 4000;
    std::thread by_hand([] {
        for (int i = 0; i < count; i++) {
            take_by_hand();
        }
    });
    std::thread by_condition([] {
        for (int i = 0; i < count; i += 3) {
            changed.wait(take);
            CHECK(changed.wait_for(long_time, [] { return take(); }));
            CHECK(changed.wait_until(futex_event::clock::now() + long_time, take));
        }
    });
    for (int i = 0; i < count + (count + 2) / 3 * 3; i++) {
        items.fetch_add(1, std::memory_order_relaxed);
        changed.notify_one();
    }
    by_hand.join();
    by_condition.join();
    CHECK(items == 0);

    const auto begun = futex_event::clock::now();
    CHECK(!changed.wait_for(1ms, take));
    CHECK(!changed.wait_until(begun + 2ms, take));
    const auto ticket = changed.prepare();
    CHECK(!changed.wait_for(ticket, 1ms));
    CHECK(!changed.wait_until(ticket, begun + 4ms));
    CHECK(futex_event::clock::now() >= begun + 4ms);
    const auto never = [] { return false; };
    CHECK(changed.wait_for_interruptible(ticket, 1ms, never) == FUTEX_EVENT_TIMED_OUT);
    CHECK(changed.wait_until_interruptible(ticket, begun, never) == FUTEX_EVENT_TIMED_OUT);
    changed.notify_all();
    CHECK(changed.wait_interruptible(ticket, never) == FUTEX_EVENT_RELEASED);
    CHECK(changed.wait_for(ticket, 0s));
    CHECK(changed.wait_until(ticket, begun));
}
