// Each operation of each type.

#include "test.hpp"

#include <limits>
#include <memory>

template <class Event, bool takes>
static void operations() {
    static Event event, ready(true);
    int payload = 0;
    CHECK(ready.is_set());
    CHECK(!event.is_set());
    CHECK(!event.try_wait());

    std::thread waiter([&] {
        event.wait();
        CHECK(payload == 42);
    });
    payload = 42;
    CHECK(event.set());
    waiter.join();
    CHECK(event.is_set() == !takes);
    CHECK(event.clear() == !takes);
    CHECK(!event.clear());

    CHECK(event.set());
    CHECK(!event.set());
    CHECK(event.try_wait());
    CHECK(event.try_wait() == !takes);
    event.clear();

    // The C functions take the handle.
    event.set();
    CHECK(event.native_handle()->word != 0);
    event.clear();
}

template <class Event>
static void time() {
    using clock = futex_event::clock;
    Event event;
    const auto runs_out = [&](auto timeout) {
        const auto begun = clock::now();
        const bool released = event.wait_for(timeout);
        return !released && clock::now() - begun >= timeout;
    };
    CHECK(runs_out(0s));
    CHECK(runs_out(1ns));
    CHECK(runs_out(1500us));
    CHECK(runs_out(20ms));
    // A tenth of a nanosecond is rounded up to one, and half a millisecond is no whole one.
    CHECK(runs_out(std::chrono::duration<double, std::nano>(0.1)));
    CHECK(runs_out(std::chrono::duration<double, std::milli>(0.5)));
    CHECK(!event.wait_for(-1s));
    CHECK(!event.wait_for(std::chrono::hours::min()));
    CHECK(!event.wait_for(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())));

    const auto deadline = clock::now() + 5ms;
    CHECK(!event.wait_until(deadline));
    CHECK(clock::now() >= deadline);
    CHECK(!event.wait_until(deadline));
    CHECK(!event.wait_until(clock::time_point::min()));
    CHECK(!event.wait_until(std::chrono::time_point<clock, std::chrono::hours>::min()));

    // All forms of forever. The event is set only when the thread has begun to wait, or is about to.
    const auto is_released = [&](auto wait) {
        std::thread waiter([&] { CHECK(wait()); });
        std::this_thread::sleep_for(2ms);
        CHECK(event.set());
        waiter.join();
        event.clear();
    };
    is_released([&] { return event.wait_for(std::chrono::hours::max()); });
    is_released([&] { return event.wait_for(std::chrono::nanoseconds::max()); });
    is_released([&] { return event.wait_for(std::chrono::duration<double>(std::numeric_limits<double>::infinity())); });
    is_released([&] { return event.wait_until(clock::time_point::max()); });
    is_released([&] { return event.wait_until(std::chrono::time_point<clock, std::chrono::hours>::max()); });
    is_released([&] { return event.wait_for(long_time); });
    is_released([&] { return event.wait_until(clock::now() + long_time); });
}

// A float has 24 bits: far fewer than these times have in nanoseconds.
static void times_are_rounded_up() {
    using futex_event::detail::nanoseconds;
    using futex_event::clock;
    using seconds = std::chrono::duration<float>;
    CHECK(nanoseconds(seconds(1000.5f)) == 1000500000000u);
    for (float time = 0.3f; time < 1e7f; time *= 1.1f) {
        CHECK(nanoseconds(seconds(time)) >= static_cast<long double>(time) * 1e9L);
    }
    CHECK(nanoseconds(std::chrono::duration<double>(0.5)) == 500000000);
    CHECK(nanoseconds(std::chrono::duration<std::int64_t, std::pico>(1)) == 1);
    CHECK(nanoseconds(std::chrono::duration<std::int64_t, std::pico>(2000)) == 2);
    // Eight hours in ticks of the ACPI timer.
    using ticks = std::chrono::duration<std::int64_t, std::ratio<1, 3579545>>;
    CHECK(nanoseconds(ticks(INT64_C(3579545) * 8 * 3600)) == 28800000000000u);

    // These deadlines are nanoseconds since the start of the machine: as a float, a multiple of some milliseconds.
    futex_event::event event;
    for (int round = 0; round < 10; round++) {
        const auto deadline = clock::now() + seconds(0.02f);
        CHECK(!event.wait_until(deadline));
        CHECK(clock::now().time_since_epoch().count() >= static_cast<long double>(deadline.time_since_epoch().count()));
    }
}

template <class Event>
static void interruption() {
    Event event;
    is_interrupted([&](auto& third_time) { return event.wait_interruptible(third_time); });
    is_interrupted([&](auto& third_time) { return event.wait_interruptible([&] { return third_time(); }); });
    is_interrupted([&](auto& third_time) { return event.wait_for_interruptible(long_time, third_time); });
    is_interrupted([&](auto& third_time) {
        return event.wait_until_interruptible(futex_event::clock::now() + long_time, third_time);
    });
    CHECK(event.wait_for_interruptible(1ms, never) == FUTEX_EVENT_TIMED_OUT);
    event.set();
    CHECK(event.wait_interruptible(never) == FUTEX_EVENT_RELEASED);
}

// Events are freed as soon as the wait has returned.
template <class Event>
static void destroy() {
    for (int round = 0; round < 200; round++) {
        auto event = std::make_unique<Event>();
        std::thread setter([&event = *event] { event.set(); });
        event->wait();
        event.reset();
        setter.join();
    }
}

int main() {
    operations<futex_event::event, false>();
    operations<futex_event::auto_reset_event, true>();
    operations<futex_event::shared_event, false>();
    time<futex_event::event>();
    time<futex_event::auto_reset_event>();
    time<futex_event::shared_event>();
    times_are_rounded_up();
    interruption<futex_event::event>();
    interruption<futex_event::auto_reset_event>();
    interruption<futex_event::shared_event>();
    destroy<futex_event::event>();
    destroy<futex_event::auto_reset_event>();

    futex_event::auto_reset_event event(true);
    event.reset_after_fork();
    CHECK(event.try_wait());
}
