import Glibc

/// What the system says of this process (proc(5)), as every Prometheus client reports it.
struct ProcessFacts {
    var cpuSeconds: Double = 0
    var startSeconds: Double = 0
    var virtualBytes: Int64 = 0
    var residentBytes: Int64 = 0
    var openFiles: Int64 = 0
    var maximumFiles: Int64 = 0

    /// Now. Reads a few files of /proc: for a scrape, not for a request.
    init() {
        let ticks = Double(sysconf(CInt(_SC_CLK_TCK)))
        // Behind the name of the program, which may hold anything but ends with the last parenthesis.
        let fields = Self.read("/proc/self/stat").split(separator: ")").last?.split(separator: " ") ?? []
        if fields.count > 21 {
            cpuSeconds = ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / ticks
            virtualBytes = Int64(fields[20]) ?? 0
            residentBytes = (Int64(fields[21]) ?? 0) * Int64(sysconf(CInt(_SC_PAGESIZE)))
            let boot = Self.read("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
            startSeconds = (boot.flatMap { Double($0.dropFirst(6)) } ?? 0) + (Double(fields[19]) ?? 0) / ticks
        }
        openFiles = Self.count("/proc/self/fd")
        var limit = rlimit()
        // The pointer is to a local that outlives the call.
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 { maximumFiles = Int64(clamping: limit.rlim_cur) }
    }

    func write(to text: inout MetricsText) {
        text.begin("process_cpu_seconds_total", .counter, "User and system time that was used.")
        text.add("process_cpu_seconds_total", seconds: cpuSeconds)
        text.begin("process_start_time_seconds", .gauge, "When the process was started, unix time.")
        text.add("process_start_time_seconds", seconds: startSeconds)
        for (name, help, value) in [
            ("process_virtual_memory_bytes", "Virtual memory.", virtualBytes),
            ("process_resident_memory_bytes", "Resident memory.", residentBytes),
            ("process_open_fds", "Open file descriptors.", openFiles),
            ("process_max_fds", "How many file descriptors may be open.", maximumFiles),
        ] {
            text.begin(name, .gauge, help)
            text.add(name, value)
        }
    }

    private static func read(_ path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 1 << 20 {
            // The buffer's own address and count.
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count <= 0 { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Entries of a folder, without the one that this very call opens.
    private static func count(_ path: String) -> Int64 {
        guard let folder = unsafe opendir(path) else { return 0 }
        defer { unsafe closedir(folder) }
        var count: Int64 = 0
        while let _ = unsafe readdir(folder) { count += 1 }
        // `.`, `..` and the folder itself.
        return max(0, count - 3)
    }
}
