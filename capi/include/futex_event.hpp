// Events for C++17: a thread sleeps until another one sets the event. futex_event.h says what each function promises.
//
//     static futex_event::event ready;
//
//     ready.wait();    // in one thread: sleeps until the event is set
//     ready.set();     // in another
//
// Each type is as large as its C struct, four bytes, and usable before `main`. No function throws. The only invalid
// argument is a list for `wait_any` that is empty or too long.

#ifndef FUTEX_EVENT_HPP
#define FUTEX_EVENT_HPP

#include "futex_event.h"

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <ratio>
#include <type_traits>

namespace futex_event {

/// The clock of the waits with a deadline.
using clock = std::chrono::steady_clock;

namespace detail {

using seconds = std::chrono::duration<long double>;

/// In nanoseconds, rounded up, so that no wait ends early. FUTEX_EVENT_FOREVER if that does not fit.
template <class Rep, class Period>
std::uint64_t nanoseconds(const std::chrono::duration<Rep, Period>& duration) noexcept {
    using in_a_tick = std::ratio_divide<Period, std::nano>;
    if (!(duration > duration.zero())) {
        return 0;
    }
    if (seconds(duration).count() >= 1.8e10L) {
        return FUTEX_EVENT_FOREVER;
    }
    if constexpr (std::is_integral_v<Rep> && in_a_tick::den == 1) {
        return static_cast<std::uint64_t>(duration.count()) * static_cast<std::uint64_t>(in_a_tick::num);
    } else {
        // std::chrono would calculate in `Rep`: a float has 24 bits, and an integer can overflow.
        const long double ticks = std::chrono::duration<long double, Period>(duration).count();
        return static_cast<std::uint64_t>(std::ceil(ticks * in_a_tick::num / in_a_tick::den));
    }
}

/// The time left until then. A time that the clock cannot represent is forever, or past.
template <class Duration>
std::uint64_t left_until(const std::chrono::time_point<clock, Duration>& deadline) noexcept {
    const auto since_epoch = deadline.time_since_epoch();
    if (seconds(since_epoch).count() >= 9.2e9L) {
        return FUTEX_EVENT_FOREVER;
    }
    // Not the difference of the two, which would be in the type of `Duration`.
    const std::uint64_t then = nanoseconds(since_epoch), now = nanoseconds(clock::now().time_since_epoch());
    return then > now ? then - now : 0;
}

/// Calls `use` with `function` in the form of C: a function that takes a pointer, and the pointer.
template <class Function, class Use>
auto as_in_c(Function& function, Use use) noexcept {
    auto call = [&function]() -> bool { return function(); };
    const auto of_c = [](void* context) noexcept -> bool { return (*static_cast<decltype(call)*>(context))(); };
    return use(of_c, &call);
}

/// The operations that every kind of event has, by the C functions in `Kind`.
template <class Kind>
class basic_event {
  public:
    using native_type = typename Kind::type;

    /// Not set.
    constexpr basic_event() noexcept : event_ FUTEX_EVENT_INIT {}
    /// Set from the start, or not.
    explicit constexpr basic_event(bool is_set) noexcept
        : event_(is_set ? native_type FUTEX_EVENT_INIT_SET : native_type FUTEX_EVENT_INIT) {}
    basic_event(const basic_event&) = delete;
    basic_event& operator=(const basic_event&) = delete;

    bool set() noexcept { return Kind::set(&event_); }
    bool clear() noexcept { return Kind::clear(&event_); }
    [[nodiscard]] bool is_set() const noexcept { return Kind::is_set(&event_); }
    [[nodiscard]] bool try_wait() noexcept { return Kind::try_wait(&event_); }

    void wait() noexcept { Kind::wait(&event_); }

    /// Returns whether the event released the wait; false if time ran out.
    template <class Rep, class Period>
    bool wait_for(const std::chrono::duration<Rep, Period>& timeout) noexcept {
        return Kind::wait_timeout(&event_, nanoseconds(timeout)) == FUTEX_EVENT_RELEASED;
    }

    /// Returns whether the event released the wait; false if time ran out.
    template <class Duration>
    bool wait_until(const std::chrono::time_point<clock, Duration>& deadline) noexcept {
        return Kind::wait_timeout(&event_, left_until(deadline)) == FUTEX_EVENT_RELEASED;
    }

    /// The same, but each time the thread wakes without having been released, this calls `interrupted()`, and if that
    /// returns true, it returns FUTEX_EVENT_INTERRUPTED. An exception there ends the program.
    template <class Interrupted>
    futex_event_result wait_interruptible(Interrupted&& interrupted) noexcept {
        return as_in_c(interrupted, [&](auto function, void* context) {
            return Kind::wait_timeout_interruptible(&event_, FUTEX_EVENT_FOREVER, function, context);
        });
    }

    template <class Rep, class Period, class Interrupted>
    futex_event_result wait_for_interruptible(const std::chrono::duration<Rep, Period>& timeout,
                                              Interrupted&& interrupted) noexcept {
        return as_in_c(interrupted, [&](auto function, void* context) {
            return Kind::wait_timeout_interruptible(&event_, nanoseconds(timeout), function, context);
        });
    }

    template <class Duration, class Interrupted>
    futex_event_result wait_until_interruptible(const std::chrono::time_point<clock, Duration>& deadline,
                                                Interrupted&& interrupted) noexcept {
        return as_in_c(interrupted, [&](auto function, void* context) {
            return Kind::wait_timeout_interruptible(&event_, left_until(deadline), function, context);
        });
    }

    /// For the C functions.
    [[nodiscard]] native_type* native_handle() noexcept { return &event_; }

  protected:
    native_type event_;
};

struct manual {
    using type = futex_event_manual;
    static constexpr auto set = futex_event_manual_set;
    static constexpr auto clear = futex_event_manual_clear;
    static constexpr auto is_set = futex_event_manual_is_set;
    static constexpr auto try_wait = futex_event_manual_try_wait;
    static constexpr auto wait = futex_event_manual_wait;
    static constexpr auto wait_timeout = futex_event_manual_wait_timeout;
    static constexpr auto wait_timeout_interruptible = futex_event_manual_wait_timeout_interruptible;
};

struct automatic {
    using type = futex_event_auto;
    static constexpr auto set = futex_event_auto_set;
    static constexpr auto clear = futex_event_auto_clear;
    static constexpr auto is_set = futex_event_auto_is_set;
    static constexpr auto try_wait = futex_event_auto_try_wait;
    static constexpr auto wait = futex_event_auto_wait;
    static constexpr auto wait_timeout = futex_event_auto_wait_timeout;
    static constexpr auto wait_timeout_interruptible = futex_event_auto_wait_timeout_interruptible;
};

struct shared {
    using type = futex_event_shared;
    static constexpr auto set = futex_event_shared_set;
    static constexpr auto clear = futex_event_shared_clear;
    static constexpr auto is_set = futex_event_shared_is_set;
    static constexpr auto try_wait = futex_event_shared_try_wait;
    static constexpr auto wait = futex_event_shared_wait;
    static constexpr auto wait_timeout = futex_event_shared_wait_timeout;
    static constexpr auto wait_timeout_interruptible = futex_event_shared_wait_timeout_interruptible;
};

}  // namespace detail

/// A manual-reset event: once set it stays set until it is cleared, and it releases every waiter.
class event : public detail::basic_event<detail::manual> {
  public:
    using basic_event::basic_event;
};

/// An auto-reset event: each set releases one waiter, or keeps a token for the next.
class auto_reset_event : public detail::basic_event<detail::automatic> {
  public:
    using basic_event::basic_event;

    /// Repairs the event in the child of a `fork`.
    void reset_after_fork() noexcept { futex_event_auto_reset_after_fork(&event_); }
};

/// A manual-reset event for several processes, in memory that they share.
class shared_event : public detail::basic_event<detail::shared> {
  public:
    using basic_event::basic_event;
};

/// An event count: makes any lock-free structure blocking. See `struct futex_event_count`.
class event_count {
  public:
    using ticket = futex_event_ticket;

    constexpr event_count() noexcept : count_ FUTEX_EVENT_INIT {}
    event_count(const event_count&) = delete;
    event_count& operator=(const event_count&) = delete;

    [[nodiscard]] ticket prepare() noexcept { return futex_event_count_prepare(&count_); }
    void notify_one() noexcept { futex_event_count_notify_one(&count_); }
    void notify_all() noexcept { futex_event_count_notify_all(&count_); }

    void wait(ticket ticket) noexcept { futex_event_count_wait(&count_, ticket); }

    /// Returns whether the ticket was released; false if time ran out.
    template <class Rep, class Period>
    bool wait_for(ticket ticket, const std::chrono::duration<Rep, Period>& timeout) noexcept {
        return futex_event_count_wait_timeout(&count_, ticket, detail::nanoseconds(timeout)) == FUTEX_EVENT_RELEASED;
    }

    /// Returns whether the ticket was released; false if time ran out.
    template <class Duration>
    bool wait_until(ticket ticket, const std::chrono::time_point<clock, Duration>& deadline) noexcept {
        return futex_event_count_wait_timeout(&count_, ticket, detail::left_until(deadline)) == FUTEX_EVENT_RELEASED;
    }

    /// Like the interruptible waits of the events.
    template <class Interrupted>
    futex_event_result wait_interruptible(ticket ticket, Interrupted&& interrupted) noexcept {
        return wait_interruptible(ticket, FUTEX_EVENT_FOREVER, interrupted);
    }

    template <class Rep, class Period, class Interrupted>
    futex_event_result wait_for_interruptible(ticket ticket, const std::chrono::duration<Rep, Period>& timeout,
                                              Interrupted&& interrupted) noexcept {
        return wait_interruptible(ticket, detail::nanoseconds(timeout), interrupted);
    }

    template <class Duration, class Interrupted>
    futex_event_result wait_until_interruptible(ticket ticket, const std::chrono::time_point<clock, Duration>& deadline,
                                                Interrupted&& interrupted) noexcept {
        return wait_interruptible(ticket, detail::left_until(deadline), interrupted);
    }

    /// Blocks until `condition()` returns true. An exception there ends the program.
    template <class Condition, class = std::enable_if_t<std::is_invocable_v<Condition&>>>
    void wait(Condition&& condition) noexcept {
        detail::as_in_c(condition, [&](auto function, void* context) {
            return futex_event_count_wait_until(&count_, function, context);
        });
    }

    /// The same with a time limit. Returns whether the condition held; false if time ran out.
    template <class Rep, class Period, class Condition>
    bool wait_for(const std::chrono::duration<Rep, Period>& timeout, Condition&& condition) noexcept {
        return detail::as_in_c(condition, [&](auto function, void* context) {
            return futex_event_count_wait_until_timeout(&count_, function, context, detail::nanoseconds(timeout)) ==
                   FUTEX_EVENT_RELEASED;
        });
    }

    /// The same with a time limit. Returns whether the condition held; false if time ran out.
    template <class Duration, class Condition>
    bool wait_until(const std::chrono::time_point<clock, Duration>& deadline, Condition&& condition) noexcept {
        return detail::as_in_c(condition, [&](auto function, void* context) {
            return futex_event_count_wait_until_timeout(&count_, function, context, detail::left_until(deadline)) ==
                   FUTEX_EVENT_RELEASED;
        });
    }

    /// Like the interruptible waits of the events; FUTEX_EVENT_RELEASED if the condition holds.
    template <class Condition, class Interrupted, class = std::enable_if_t<std::is_invocable_v<Condition&>>>
    futex_event_result wait_interruptible(Condition&& condition, Interrupted&& interrupted) noexcept {
        return wait_until_interrupted(condition, FUTEX_EVENT_FOREVER, interrupted);
    }

    template <class Rep, class Period, class Condition, class Interrupted,
              class = std::enable_if_t<std::is_invocable_v<Condition&>>>
    futex_event_result wait_for_interruptible(const std::chrono::duration<Rep, Period>& timeout, Condition&& condition,
                                              Interrupted&& interrupted) noexcept {
        return wait_until_interrupted(condition, detail::nanoseconds(timeout), interrupted);
    }

    template <class Duration, class Condition, class Interrupted,
              class = std::enable_if_t<std::is_invocable_v<Condition&>>>
    futex_event_result wait_until_interruptible(const std::chrono::time_point<clock, Duration>& deadline,
                                                Condition&& condition, Interrupted&& interrupted) noexcept {
        return wait_until_interrupted(condition, detail::left_until(deadline), interrupted);
    }

    /// For the C functions.
    [[nodiscard]] futex_event_count* native_handle() noexcept { return &count_; }

  private:
    template <class Condition, class Interrupted>
    futex_event_result wait_until_interrupted(Condition& condition, std::uint64_t timeout,
                                              Interrupted& interrupted) noexcept {
        return detail::as_in_c(condition, [&](auto condition_of_c, void* context) {
            return detail::as_in_c(interrupted, [&](auto function, void* interrupted_context) {
                return futex_event_count_wait_until_timeout_interruptible(&count_, condition_of_c, context, timeout,
                                                                          function, interrupted_context);
            });
        });
    }

    template <class Interrupted>
    futex_event_result wait_interruptible(ticket ticket, std::uint64_t timeout, Interrupted& interrupted) noexcept {
        return detail::as_in_c(interrupted, [&](auto function, void* context) {
            return futex_event_count_wait_timeout_interruptible(&count_, ticket, timeout, function, context);
        });
    }

    futex_event_count count_;
};

static_assert(sizeof(event) == 4 && sizeof(auto_reset_event) == 4);
static_assert(sizeof(shared_event) == 4 && sizeof(event_count) == 4);
static_assert(std::is_standard_layout_v<event> && std::is_trivially_destructible_v<event>);

/// A reference to one of several events, manual-reset or auto-reset.
class waitable {
  public:
    waitable(event& event) noexcept : waitable_{event.native_handle(), nullptr} {}
    waitable(auto_reset_event& event) noexcept : waitable_{nullptr, event.native_handle()} {}

  private:
    futex_event_waitable waitable_;
};

/// A reference to one of several manual-reset events.
class event_reference {
  public:
    event_reference(event& event) noexcept : event_(event.native_handle()) {}

  private:
    futex_event_manual* event_;
};

namespace detail {

// Each class has the layout of its only member, a C struct.

inline const futex_event_waitable* in_c(std::initializer_list<waitable> events) noexcept {
    static_assert(sizeof(waitable) == sizeof(futex_event_waitable) && std::is_standard_layout_v<waitable>);
    return reinterpret_cast<const futex_event_waitable*>(events.begin());
}

inline futex_event_manual* const* in_c(std::initializer_list<event_reference> events) noexcept {
    static_assert(sizeof(event_reference) == sizeof(void*) && std::is_standard_layout_v<event_reference>);
    return reinterpret_cast<futex_event_manual* const*>(events.begin());
}

inline std::optional<std::size_t> wait_any(std::initializer_list<waitable> events, std::uint64_t timeout) noexcept {
    const int index = futex_event_wait_any_timeout(in_c(events), events.size(), timeout);
    return index >= 0 ? std::optional<std::size_t>(index) : std::nullopt;
}

template <class Interrupted>
int wait_any_interruptible(std::initializer_list<waitable> events, std::uint64_t timeout,
                           Interrupted& interrupted) noexcept {
    return as_in_c(interrupted, [&](auto function, void* context) {
        return futex_event_wait_any_timeout_interruptible(in_c(events), events.size(), timeout, function, context);
    });
}

inline bool wait_all(std::initializer_list<event_reference> events, std::uint64_t timeout) noexcept {
    return futex_event_wait_all_timeout(in_c(events), events.size(), timeout) == FUTEX_EVENT_RELEASED;
}

template <class Interrupted>
futex_event_result wait_all_interruptible(std::initializer_list<event_reference> events, std::uint64_t timeout,
                                          Interrupted& interrupted) noexcept {
    return as_in_c(interrupted, [&](auto function, void* context) {
        return futex_event_wait_all_timeout_interruptible(in_c(events), events.size(), timeout, function, context);
    });
}

inline futex_event_result wait_all_or(std::initializer_list<event_reference> events, waitable other,
                                      std::uint64_t timeout) noexcept {
    return futex_event_wait_all_or_timeout(in_c(events), events.size(), *in_c({other}), timeout);
}

template <class Interrupted>
futex_event_result wait_all_or_interruptible(std::initializer_list<event_reference> events, waitable other,
                                             std::uint64_t timeout, Interrupted& interrupted) noexcept {
    return as_in_c(interrupted, [&](auto function, void* context) {
        return futex_event_wait_all_or_timeout_interruptible(in_c(events), events.size(), *in_c({other}), timeout,
                                                             function, context);
    });
}

}  // namespace detail

/// Blocks until one of the events releases this wait, and returns its index. If there are no events, or more than
/// FUTEX_EVENT_WAIT_ANY_MAX, returns nothing at once.
inline std::optional<std::size_t> wait_any(std::initializer_list<waitable> events) noexcept {
    return detail::wait_any(events, FUTEX_EVENT_FOREVER);
}

/// The same for at most this long. Also returns nothing if time ran out.
template <class Rep, class Period>
std::optional<std::size_t> wait_any_for(std::initializer_list<waitable> events,
                                        const std::chrono::duration<Rep, Period>& timeout) noexcept {
    return detail::wait_any(events, detail::nanoseconds(timeout));
}

/// The same until then at most. Also returns nothing if time ran out.
template <class Duration>
std::optional<std::size_t> wait_any_until(std::initializer_list<waitable> events,
                                          const std::chrono::time_point<clock, Duration>& deadline) noexcept {
    return detail::wait_any(events, detail::left_until(deadline));
}

/// The same, but each time the thread wakes without having been released, this calls `interrupted()`, and if that
/// returns true, it returns FUTEX_EVENT_INTERRUPTED. Returns what the C function returns: the index, or a `futex_event_result`, which is
/// negative. An exception in `interrupted` ends the program.
template <class Interrupted>
int wait_any_interruptible(std::initializer_list<waitable> events, Interrupted&& interrupted) noexcept {
    return detail::wait_any_interruptible(events, FUTEX_EVENT_FOREVER, interrupted);
}

template <class Rep, class Period, class Interrupted>
int wait_any_for_interruptible(std::initializer_list<waitable> events,
                               const std::chrono::duration<Rep, Period>& timeout, Interrupted&& interrupted) noexcept {
    return detail::wait_any_interruptible(events, detail::nanoseconds(timeout), interrupted);
}

template <class Duration, class Interrupted>
int wait_any_until_interruptible(std::initializer_list<waitable> events,
                                 const std::chrono::time_point<clock, Duration>& deadline,
                                 Interrupted&& interrupted) noexcept {
    return detail::wait_any_interruptible(events, detail::left_until(deadline), interrupted);
}

/// Blocks until each of the events has been set since this began.
inline void wait_all(std::initializer_list<event_reference> events) noexcept {
    detail::wait_all(events, FUTEX_EVENT_FOREVER);
}

/// The same for at most this long. Returns whether all have been set.
template <class Rep, class Period>
bool wait_all_for(std::initializer_list<event_reference> events,
                  const std::chrono::duration<Rep, Period>& timeout) noexcept {
    return detail::wait_all(events, detail::nanoseconds(timeout));
}

/// The same until then at most. Returns whether all have been set.
template <class Duration>
bool wait_all_until(std::initializer_list<event_reference> events,
                    const std::chrono::time_point<clock, Duration>& deadline) noexcept {
    return detail::wait_all(events, detail::left_until(deadline));
}

/// Like the interruptible waits of the events; FUTEX_EVENT_RELEASED if all have been set.
template <class Interrupted>
futex_event_result wait_all_interruptible(std::initializer_list<event_reference> events,
                                          Interrupted&& interrupted) noexcept {
    return detail::wait_all_interruptible(events, FUTEX_EVENT_FOREVER, interrupted);
}

template <class Rep, class Period, class Interrupted>
futex_event_result wait_all_for_interruptible(std::initializer_list<event_reference> events,
                                              const std::chrono::duration<Rep, Period>& timeout,
                                              Interrupted&& interrupted) noexcept {
    return detail::wait_all_interruptible(events, detail::nanoseconds(timeout), interrupted);
}

template <class Duration, class Interrupted>
futex_event_result wait_all_until_interruptible(std::initializer_list<event_reference> events,
                                                const std::chrono::time_point<clock, Duration>& deadline,
                                                Interrupted&& interrupted) noexcept {
    return detail::wait_all_interruptible(events, detail::left_until(deadline), interrupted);
}

/// Blocks until each of the events has been set since this began: FUTEX_EVENT_RELEASED, or until `other` releases this
/// wait: FUTEX_EVENT_STOPPED. If both hold, `other` wins. If it is an auto-reset event, its token is taken only then.
[[nodiscard]] inline futex_event_result wait_all_or(std::initializer_list<event_reference> events,
                                                    waitable other) noexcept {
    return detail::wait_all_or(events, other, FUTEX_EVENT_FOREVER);
}

/// The same for at most this long. Returns FUTEX_EVENT_TIMED_OUT if time ran out.
template <class Rep, class Period>
[[nodiscard]] futex_event_result wait_all_or_for(std::initializer_list<event_reference> events, waitable other,
                                                 const std::chrono::duration<Rep, Period>& timeout) noexcept {
    return detail::wait_all_or(events, other, detail::nanoseconds(timeout));
}

/// The same until then at most. Returns FUTEX_EVENT_TIMED_OUT if time ran out.
template <class Duration>
[[nodiscard]] futex_event_result wait_all_or_until(
    std::initializer_list<event_reference> events, waitable other,
    const std::chrono::time_point<clock, Duration>& deadline) noexcept {
    return detail::wait_all_or(events, other, detail::left_until(deadline));
}

/// Like the interruptible waits of the events: also returns FUTEX_EVENT_INTERRUPTED.
template <class Interrupted>
[[nodiscard]] futex_event_result wait_all_or_interruptible(std::initializer_list<event_reference> events,
                                                           waitable other, Interrupted&& interrupted) noexcept {
    return detail::wait_all_or_interruptible(events, other, FUTEX_EVENT_FOREVER, interrupted);
}

template <class Rep, class Period, class Interrupted>
[[nodiscard]] futex_event_result wait_all_or_for_interruptible(std::initializer_list<event_reference> events,
                                                               waitable other,
                                                               const std::chrono::duration<Rep, Period>& timeout,
                                                               Interrupted&& interrupted) noexcept {
    return detail::wait_all_or_interruptible(events, other, detail::nanoseconds(timeout), interrupted);
}

template <class Duration, class Interrupted>
[[nodiscard]] futex_event_result wait_all_or_until_interruptible(
    std::initializer_list<event_reference> events, waitable other,
    const std::chrono::time_point<clock, Duration>& deadline, Interrupted&& interrupted) noexcept {
    return detail::wait_all_or_interruptible(events, other, detail::left_until(deadline), interrupted);
}

}  // namespace futex_event

#endif
