/*
 * attributes - what the compiler is told about functions and locks.
 *
 * The lock attributes are checked by clang -Wthread-safety and are nothing
 * to other compilers.
 */
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

#if defined(__clang__)
#define THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define THREAD_ATTRIBUTE(x)
#endif

#define CAPABILITY(name) THREAD_ATTRIBUTE(capability(name))
#define GUARDED_BY(lock) /* clang cannot yet name a member here in C */
#define REQUIRES(...) THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define ACQUIRES(...) THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define RELEASES(...) THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define UNCHECKED_LOCKS THREAD_ATTRIBUTE(no_thread_safety_analysis)

#endif
