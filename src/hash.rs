//! Hashes that spread addresses over tables.

/// Fibonacci hashing: the upper half of a product, on 32 bits as on 64.
pub(crate) fn of(number: usize) -> usize {
    ((number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize
}

/// The hash of a word's address. Words are at multiples of four, often next to each other.
pub(crate) fn of_address(address: usize) -> usize {
    of(address >> 2)
}
