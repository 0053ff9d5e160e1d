// futex-event next to other ways in C and C++ to wait for another thread, in one run: bench [ROUNDS]
//
// Each round measures each way once, in another order than the round before, so that other load on the machine affects all of
// them alike. It prints the medians of the rounds with their quartiles, and the ratio of each median to futex-event's.

#include "futex_event.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <semaphore>
#include <thread>
#include <vector>

// The ways to wait. `wait` takes the token of a `set`. `poll` leaves it, if the way has such an operation; `prepare` sets the
// event so often that this many calls of `poll` succeed.

struct futex_events {
    static constexpr const char* name = "futex-event";
    futex_event::event event;
    futex_event::auto_reset_event token;
    void set() { token.set(); }
    void wait() { token.wait(); }
    void set_and_clear() { event.set(), event.clear(); }
    void prepare(int) { event.set(); }
    void poll() { event.wait(); }
    void finish(int) { event.clear(); }
};

struct pthreads {
    static constexpr const char* name = "pthread_cond_t and mutex";
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    bool flag = false;
    void set() {
        pthread_mutex_lock(&mutex);
        flag = true;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    void clear() {
        pthread_mutex_lock(&mutex);
        flag = false;
        pthread_mutex_unlock(&mutex);
    }
    template <bool takes>
    void until_set() {
        pthread_mutex_lock(&mutex);
        while (!flag) {
            pthread_cond_wait(&condition, &mutex);
        }
        if (takes) {
            flag = false;
        }
        pthread_mutex_unlock(&mutex);
    }
    void wait() { until_set<true>(); }
    void set_and_clear() { set(), clear(); }
    void prepare(int) { set(); }
    void poll() { until_set<false>(); }
    void finish(int) { clear(); }
};

struct posix_semaphore {
    static constexpr const char* name = "sem_t";
    sem_t semaphore;
    posix_semaphore() { sem_init(&semaphore, 0, 0); }
    ~posix_semaphore() { sem_destroy(&semaphore); }
    void set() { sem_post(&semaphore); }
    void wait() {
        while (sem_wait(&semaphore) != 0) {
        }
    }
    void set_and_clear() { sem_post(&semaphore), sem_trywait(&semaphore); }
    void prepare(int count) {
        for (; count > 0; count--) {
            sem_post(&semaphore);
        }
    }
    void poll() { wait(); }
    void finish(int) {}
};

struct atomic_wait {
    static constexpr const char* name = "std::atomic::wait";
    // The type for which libstdc++ sleeps on the word itself.
    std::atomic<int> flag{0};
    void set() {
        flag.store(1, std::memory_order_release);
        flag.notify_all();
    }
    void wait() {
        while (flag.exchange(0, std::memory_order_acquire) == 0) {
            flag.wait(0, std::memory_order_relaxed);
        }
    }
    void set_and_clear() { set(), flag.store(0, std::memory_order_relaxed); }
    void prepare(int) { set(); }
    void poll() { flag.wait(0, std::memory_order_acquire); }
    void finish(int) { flag = 0; }
};

struct standard_semaphore {
    static constexpr const char* name = "std::counting_semaphore";
    std::counting_semaphore<> semaphore{0};
    void set() { semaphore.release(); }
    void wait() { semaphore.acquire(); }
    void set_and_clear() {
        semaphore.release();
        if (!semaphore.try_acquire()) {
            abort();
        }
    }
    void prepare(int count) { semaphore.release(count); }
    void poll() { semaphore.acquire(); }
    void finish(int) {}
};

using clock_type = std::chrono::steady_clock;

// Nanoseconds for each of `count` times.
template <class Work>
static double time_of(int count, Work work) {
    const auto begun = clock_type::now();
    for (int i = 0; i < count; i++) {
        work();
    }
    return std::chrono::duration<double, std::nano>(clock_type::now() - begun).count() / count;
}

static void pin(int cpu) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(cpu, &cpus);
    if (pthread_setaffinity_np(pthread_self(), sizeof cpus, &cpus) != 0) {
        perror("bench: pthread_setaffinity_np");
        exit(1);
    }
}

template <class Way>
static double set_and_clear() {
    static Way way;
    return time_of(100000, [] { way.set_and_clear(); });
}

template <class Way>
static double wait_on_a_set_event() {
    constexpr int count = 100000;
    static Way way;
    way.prepare(count);
    const double time = time_of(count, [] { way.poll(); });
    way.finish(count);
    return time;
}

// There and back.
template <class Way>
static double hand_off(int cpu, int other_cpu) {
    constexpr int count = 1000, warm_up = 200;
    static Way ping, pong;
    std::thread other([=] {
        pin(other_cpu);
        for (int i = 0; i < warm_up + count; i++) {
            ping.wait();
            pong.set();
        }
    });
    pin(cpu);
    const auto round_trip = [] {
        ping.set();
        pong.wait();
    };
    time_of(warm_up, round_trip);
    const double time = time_of(count, round_trip);
    other.join();
    return time;
}

struct contender {
    const char* name;
    std::function<double()> measure;
    std::vector<double> samples = {};
};

struct group {
    const char* name;
    std::vector<contender> contenders;
};

template <class... Ways>
static std::vector<group> groups(const std::vector<int>& cpus) {
    std::vector<group> all = {
        {"set and clear, no thread waits", {{Ways::name, set_and_clear<Ways>}...}},
        {"wait on a set event", {{Ways::name, wait_on_a_set_event<Ways>}...}},
        {"hand-off and back, one CPU", {{Ways::name, [=] { return hand_off<Ways>(cpus[0], cpus[0]); }}...}},
    };
    if (cpus.size() > 1) {
        all.push_back({"hand-off and back, two CPUs", {{Ways::name, [=] { return hand_off<Ways>(cpus[0], cpus[1]); }}...}});
    } else {
        std::puts("SKIPPED: the hand-off between two CPUs: there is one");
    }
    return all;
}

static double quantile(const std::vector<double>& sorted, double part) {
    return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1) + 0.5)];
}

int main(int count, char** arguments) {
    const int rounds = count > 1 ? std::atoi(arguments[1]) : 51;
    if (count > 2 || rounds <= 0) {
        std::fprintf(stderr, "usage: bench [ROUNDS]\n");
        return 2;
    }
    cpu_set_t allowed;
    std::vector<int> cpus;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        perror("bench: sched_getaffinity");
        return 1;
    }
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &allowed)) {
            cpus.push_back(cpu);
        }
    }

    auto all = groups<futex_events, pthreads, posix_semaphore, atomic_wait, standard_semaphore>(cpus);
    for (int round = 0; round < rounds; round++) {
        for (auto& group : all) {
            // Another order in each round: another way is the first, and every second round goes backwards.
            std::vector<contender*> order;
            for (auto& contender : group.contenders) {
                order.push_back(&contender);
            }
            std::rotate(order.begin(), order.begin() + round % static_cast<int>(order.size()), order.end());
            if (round % 2 != 0) {
                std::reverse(order.begin(), order.end());
            }
            for (auto* contender : order) {
                contender->samples.push_back(contender->measure());
            }
        }
    }

    std::printf("%zu CPUs, %d rounds. Nanoseconds: the median of the rounds, and the quartiles.\n", cpus.size(), rounds);
    for (auto& group : all) {
        std::printf("\n%-30s %10s %21s %8s\n", group.name, "median", "quartiles", "ratio");
        double own = 0;
        for (auto& contender : group.contenders) {
            auto& samples = contender.samples;
            std::sort(samples.begin(), samples.end());
            const double median = quantile(samples, 0.5);
            own = own == 0 ? median : own;
            std::printf("  %-28s %10.1f %10.1f %10.1f %8.2f\n", contender.name, median, quantile(samples, 0.25),
                        quantile(samples, 0.75), median / own);
        }
    }
}
