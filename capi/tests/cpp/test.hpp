// What the tests share.

#ifndef TEST_HPP
#define TEST_HPP

#include "futex_event.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <thread>

#define CHECK(claim) \
    do { \
        if (!(claim)) { \
            std::fprintf(stderr, "%s:%d: it does not hold that %s\n", __FILE__, __LINE__, #claim); \
            std::exit(1); \
        } \
    } while (false)

using namespace std::chrono_literals;

// Only a test that fails waits this long.
constexpr auto long_time = 60s;

// Checks that signals end this wait as soon as the function that it is given returns true, which is at the third call.
template <class Wait>
void is_interrupted(Wait wait) {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
    std::atomic<int> asked = 0;
    const auto third_time = [&] { return ++asked == 3; };
    std::thread waiter([&] { CHECK(wait(third_time) == FUTEX_EVENT_INTERRUPTED); });
    while (asked < 3) {
        CHECK(pthread_kill(waiter.native_handle(), SIGUSR1) == 0);
        std::this_thread::sleep_for(1ms);
    }
    waiter.join();
    CHECK(asked == 3);
}

// For an interruptible wait that only time or an event may end.
constexpr auto never = [] { return false; };

#endif
