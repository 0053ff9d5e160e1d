#include <futex_event.hpp>
#include <iostream>
#include <thread>

static futex_event::event stop;
static futex_event::auto_reset_event work;

int main() {
    std::thread thread([] {
        while (futex_event::wait_any({stop, work}) != 0) {
            std::cout << "Work" << std::endl;
            stop.set();
        }
    });
    work.set(); // releases the thread, or keeps a token until it waits
    thread.join();
}
