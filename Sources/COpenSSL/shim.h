#ifndef GATEHOUSE_COPENSSL_SHIM_H
#define GATEHOUSE_COPENSSL_SHIM_H

// What OpenSSL 3.0 deprecates does not exist here, so a deprecated call does not compile.
#define OPENSSL_API_COMPAT 30000
#define OPENSSL_NO_DEPRECATED

#include <stdint.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

/// The calling thread's identity as a number: `pthread_t` is a number on one system and a pointer on another.
static inline uint64_t gatehouse_thread_number(void) {
    return (uint64_t)(uintptr_t)CRYPTO_THREAD_get_current_id();
}

#endif
