import Glibc

/// How many files and connections this process may have open: the soft limit that it was started with is often 1024.
enum OpenFileLimit {
    /// Raises it as far as may be. Returns what holds now.
    static func raise() -> Int {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        // The pointers are to a local that outlives the calls.
        guard unsafe getrlimit(resource, &limit) == 0 else { return 0 }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(resource, &limit)
        guard unsafe getrlimit(resource, &limit) == 0 else { return 0 }
        return Int(clamping: limit.rlim_cur)
    }
}
