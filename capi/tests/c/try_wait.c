// A wait that does not block: it takes a token, if the event has tokens.

#include "test.h"

int main(void) {
    struct EVENT event = FUTEX_EVENT_INIT;
    CHECK(!OP(try_wait)(&event));
    OP(set)(&event);
    CHECK(OP(try_wait)(&event));
    CHECK(OP(try_wait)(&event) == !takes());

    CHECK(!OP(try_wait)(NULL));
    CHECK(!OP(try_wait)(misaligned()));
}
