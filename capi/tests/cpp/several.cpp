// The waits for several events.

#include "test.hpp"

static void interruption_of_any() {
    using namespace futex_event;
    event stop;
    auto_reset_event work;
    is_interrupted([&](auto& third_time) { return wait_any_interruptible({stop, work}, third_time); });
    is_interrupted([&](auto& third_time) {
        return wait_any_interruptible({stop, work}, [&] { return third_time(); });
    });
    is_interrupted([&](auto& third_time) { return wait_any_for_interruptible({stop, work}, long_time, third_time); });
    is_interrupted([&](auto& third_time) {
        return wait_any_until_interruptible({stop, work}, clock::now() + long_time, third_time);
    });
    const auto begun = clock::now();
    CHECK(wait_any_for_interruptible({stop, work}, 2ms, never) == FUTEX_EVENT_TIMED_OUT);
    CHECK(wait_any_until_interruptible({stop, work}, begun + 4ms, never) == FUTEX_EVENT_TIMED_OUT);
    CHECK(clock::now() >= begun + 4ms);
    std::thread setter([&] { work.set(); });
    CHECK(wait_any_interruptible({stop, work}, never) == 1);
    setter.join();
    CHECK(!work.is_set());
    stop.set();
    CHECK(wait_any_for_interruptible({stop, work}, 0s, never) == 0);
    CHECK(wait_any_until_interruptible({work, stop}, begun, never) == 1);
    CHECK(wait_any_interruptible({}, never) == FUTEX_EVENT_INVALID);
}

static void interruption_of_all() {
    using namespace futex_event;
    event first(true), second;
    is_interrupted([&](auto& third_time) { return wait_all_interruptible({first, second}, third_time); });
    is_interrupted([&](auto& third_time) {
        return wait_all_interruptible({first, second}, [&] { return third_time(); });
    });
    is_interrupted([&](auto& third_time) { return wait_all_for_interruptible({first, second}, long_time, third_time); });
    is_interrupted([&](auto& third_time) {
        return wait_all_until_interruptible({first, second}, clock::now() + long_time, third_time);
    });
    const auto begun = clock::now();
    CHECK(wait_all_for_interruptible({first, second}, 2ms, never) == FUTEX_EVENT_TIMED_OUT);
    CHECK(wait_all_until_interruptible({first, second}, begun + 4ms, never) == FUTEX_EVENT_TIMED_OUT);
    CHECK(clock::now() >= begun + 4ms);
    std::thread setter([&] { second.set(); });
    CHECK(wait_all_interruptible({first, second}, never) == FUTEX_EVENT_RELEASED);
    setter.join();
    CHECK(wait_all_for_interruptible({first, second}, 0s, never) == FUTEX_EVENT_RELEASED);
    CHECK(wait_all_until_interruptible({first, second}, begun, never) == FUTEX_EVENT_RELEASED);
    CHECK(wait_all_interruptible({}, never) == FUTEX_EVENT_RELEASED);
}

static void all_or_another() {
    using namespace futex_event;
    event first(true), second, stop;
    auto_reset_event hurry;
    const auto begun = clock::now();
    CHECK(wait_all_or_for({first, second}, stop, 2ms) == FUTEX_EVENT_TIMED_OUT);
    CHECK(wait_all_or_until({first, second}, hurry, begun + 4ms) == FUTEX_EVENT_TIMED_OUT);
    CHECK(clock::now() >= begun + 4ms);
    std::thread stopper([&] { hurry.set(); });
    CHECK(wait_all_or({first, second}, hurry) == FUTEX_EVENT_STOPPED);
    stopper.join();
    CHECK(!hurry.is_set());
    std::thread setter([&] { second.set(); });
    CHECK(wait_all_or({first, second}, hurry) == FUTEX_EVENT_RELEASED);
    setter.join();
    CHECK(wait_all_or_for({first, second}, stop, 0s) == FUTEX_EVENT_RELEASED);
    CHECK(wait_all_or_until({}, stop, begun) == FUTEX_EVENT_RELEASED);
    stop.set();
    CHECK(wait_all_or_for({first, second}, stop, 0s) == FUTEX_EVENT_STOPPED);
    CHECK(wait_all_or_until({}, stop, begun) == FUTEX_EVENT_STOPPED);
}

static void interruption_of_all_or_another() {
    using namespace futex_event;
    event first(true), second, stop;
    is_interrupted([&](auto& third_time) { return wait_all_or_interruptible({first, second}, stop, third_time); });
    is_interrupted([&](auto& third_time) {
        return wait_all_or_for_interruptible({first, second}, stop, long_time, third_time);
    });
    is_interrupted([&](auto& third_time) {
        return wait_all_or_until_interruptible({first, second}, stop, clock::now() + long_time, third_time);
    });
    const auto begun = clock::now();
    CHECK(wait_all_or_for_interruptible({first, second}, stop, 2ms, never) == FUTEX_EVENT_TIMED_OUT);
    CHECK(wait_all_or_until_interruptible({first, second}, stop, begun + 4ms, never) == FUTEX_EVENT_TIMED_OUT);
    CHECK(clock::now() >= begun + 4ms);
    std::thread setter([&] { second.set(); });
    CHECK(wait_all_or_interruptible({first, second}, stop, never) == FUTEX_EVENT_RELEASED);
    setter.join();
    stop.set();
    CHECK(wait_all_or_interruptible({first, second}, stop, never) == FUTEX_EVENT_STOPPED);
    CHECK(wait_all_or_for_interruptible({first, second}, stop, 0s, never) == FUTEX_EVENT_STOPPED);
    CHECK(wait_all_or_until_interruptible({first, second}, stop, begun, never) == FUTEX_EVENT_STOPPED);
}

int main() {
    futex_event::event stop;
    futex_event::auto_reset_event work, done;
    std::thread worker([&] {
        while (futex_event::wait_any({stop, work}) == 1u) {
            done.set();
        }
    });
    for (int job = 0; job < 1000; job++) {
        CHECK(work.set());
        done.wait();
    }
    stop.set();
    worker.join();

    CHECK(futex_event::wait_any({work, stop}) == 1u);
    CHECK(futex_event::wait_any_for({work, stop}, 0s) == 1u);
    stop.clear();
    const auto begun = futex_event::clock::now();
    CHECK(!futex_event::wait_any_for({work, stop}, 2ms));
    CHECK(!futex_event::wait_any_until({work, stop}, begun + 4ms));
    CHECK(futex_event::clock::now() >= begun + 4ms);
    work.set();
    CHECK(futex_event::wait_any_until({stop, work}, begun) == 1u);
    CHECK(!futex_event::wait_any({}));

    futex_event::event first(true), second;
    CHECK(!futex_event::wait_all_for({first, second}, 2ms));
    CHECK(!futex_event::wait_all_until({first, second}, begun));
    std::thread setter([&] { second.set(); });
    futex_event::wait_all({first, second});
    setter.join();
    CHECK(futex_event::wait_all_for({first, second}, 0s));
    futex_event::wait_all({});

    interruption_of_any();
    interruption_of_all();
    all_or_another();
    interruption_of_all_or_another();
}
