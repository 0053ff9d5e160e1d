// What the tests share.

#ifndef TEST_HPP
#define TEST_HPP

#include "futex_event.hpp"

#include <cstdio>
#include <cstdlib>
#include <thread>

#define CHECK(claim) \
    do { \
        if (!(claim)) { \
            std::fprintf(stderr, "%s:%d: it does not hold that %s\n", __FILE__, __LINE__, #claim); \
            std::exit(1); \
        } \
    } while (false)

using namespace std::chrono_literals;

// Only a test that fails waits so long.
constexpr auto long_time = 60s;

#endif
