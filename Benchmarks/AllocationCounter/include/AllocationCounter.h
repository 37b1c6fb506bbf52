#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdint.h>

/// How many times this thread has asked for memory on the heap so far.
uint64_t allocation_count(void);

#endif
