// `is_set` tells whether an event is set, and changes nothing.

#include "test.h"

int main(void) {
    static const struct EVENT never;
    struct EVENT unset = FUTEX_EVENT_INIT, set = FUTEX_EVENT_INIT_SET;
    CHECK(!OP(is_set)(&never));
    CHECK(!OP(is_set)(&unset));
    CHECK(OP(is_set)(&set));
    CHECK(OP(is_set)(&set));
    CHECK(OP(set)(&unset));
    CHECK(OP(is_set)(&unset));

    CHECK(!OP(is_set)(NULL));
    CHECK(!OP(is_set)(misaligned()));
}
