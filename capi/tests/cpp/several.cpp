// The waits for several events.

#include "test.hpp"

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
}
