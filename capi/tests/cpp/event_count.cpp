// An event count, by hand and with a condition.

#include "test.hpp"

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

static void interruption() {
    const auto deadline = [] { return futex_event::clock::now() + long_time; };
    const auto ticket = changed.prepare();
    is_interrupted([&](auto& third_time) { return changed.wait_interruptible(ticket, third_time); });
    is_interrupted([&](auto& third_time) { return changed.wait_for_interruptible(ticket, long_time, third_time); });
    is_interrupted([&](auto& third_time) { return changed.wait_until_interruptible(ticket, deadline(), third_time); });

    is_interrupted([&](auto& third_time) { return changed.wait_interruptible(take, third_time); });
    is_interrupted([&](auto& third_time) {
        return changed.wait_interruptible([] { return take(); }, [&] { return third_time(); });
    });
    is_interrupted([&](auto& third_time) { return changed.wait_for_interruptible(long_time, take, third_time); });
    is_interrupted([&](auto& third_time) { return changed.wait_until_interruptible(deadline(), take, third_time); });
    const auto begun = futex_event::clock::now();
    CHECK(changed.wait_for_interruptible(1ms, take, never) == FUTEX_EVENT_TIMED_OUT);
    CHECK(changed.wait_until_interruptible(begun + 2ms, take, never) == FUTEX_EVENT_TIMED_OUT);
    CHECK(futex_event::clock::now() >= begun + 2ms);
    std::thread giver([] {
        items = 1;
        changed.notify_one();
    });
    CHECK(changed.wait_interruptible(take, never) == FUTEX_EVENT_RELEASED);
    giver.join();
    items = 2;
    CHECK(changed.wait_for_interruptible(0s, take, never) == FUTEX_EVENT_RELEASED);
    CHECK(changed.wait_until_interruptible(begun, take, never) == FUTEX_EVENT_RELEASED);
    CHECK(items == 0);
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
    CHECK(changed.wait_for_interruptible(ticket, 1ms, never) == FUTEX_EVENT_TIMED_OUT);
    CHECK(changed.wait_until_interruptible(ticket, begun, never) == FUTEX_EVENT_TIMED_OUT);
    changed.notify_all();
    CHECK(changed.wait_interruptible(ticket, never) == FUTEX_EVENT_RELEASED);
    CHECK(changed.wait_for(ticket, 0s));
    CHECK(changed.wait_until(ticket, begun));

    interruption();
}
