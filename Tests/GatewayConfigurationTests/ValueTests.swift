import Access
import StrictJSON
import Testing

@testable import GatewayConfiguration

@Suite struct ValueTests {
    @Test(arguments: [
        ("0ms", 0), ("1ms", 1), ("500ms", 500), ("10s", 10_000), ("1m", 60_000), ("2h", 7_200_000), ("30d", 2_592_000_000),
    ])
    func aTimeHasAUnit(text: String, milliseconds: Int64) {
        #expect(TimeSpan(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "10", "s", "10 s", " 10s", "10s ", "-10s", "+10s", "1.5s", "1e3s", "10S", "10sec", "1h30m", "٣s", "99999999999999999999s",
        "9223372036854775807d",
    ])
    func whatIsNoTimeIsRefused(text: String) {
        #expect(TimeSpan(text) == nil)
    }

    @Test(arguments: [("0B", 0), ("1B", 1), ("1KiB", 1024), ("64KiB", 65536), ("1MiB", 1 << 20), ("2GiB", 2 << 30)])
    func aSizeHasAUnit(text: String, bytes: Int) throws {
        #expect(try ByteSize(parsing: text).bytes == bytes)
    }

    @Test(arguments: ["", "1", "KiB", "1KB", "1kB", "1K", "1 KiB", "-1B", "1.5MiB", "1TiB", "9999999999GiB"])
    func whatIsNoSizeIsRefused(text: String) {
        #expect(throws: ValueError.self) { try ByteSize(parsing: text) }
    }

    @Test(arguments: ["600s", "1h", "90m", "1500ms", "36h", "2d"])
    func aTimeIsPrintedAsItIsShortest(text: String) {
        let printed = ["600s": "10m", "1h": "1h", "90m": "90m", "1500ms": "1500ms", "36h": "36h", "2d": "2d"]
        #expect(TimeSpan(text)?.description == printed[text])
    }

    @Test(arguments: [
        ("sqlite:data/gatehouse.sqlite", "sqlite:data/gatehouse.sqlite"),
        ("sqlite:/var/lib/gate house/db", "sqlite:/var/lib/gate house/db"),
        ("postgres://u:hunter2@h:5432/d", "postgres://u:…@h:5432/d"),
        ("postgres://u@h/d", "postgres://u@h/d"),
        ("postgresql://u:hunt@er2@h/d", "postgresql://u:…@h/d"),
        ("postgres://u:hunter2:hunter2@h/d", "postgres://u:…@h/d"),
        ("postgres://h/d?password=hunter2", "postgres://h/d"), ("postgres://a:1,b:65535/d", "postgres://a:1,b:65535/d"),
        ("postgres://[::1]/d", "postgres://[::1]/d"), ("postgres://[::1]:5432/d", "postgres://[::1]:5432/d"),
        ("postgres://u:p@h/d?sslmode=require&password=hunter2", "postgres://u:…@h/d"),
    ])
    func aStoreIsPrintedWithoutItsPassword(text: String, printed: String) throws {
        let store = try StoreLocation(parsing: text)
        #expect(store.description == printed)
        #expect("\(store)" == printed)
        #expect(!String(reflecting: store).contains("hunter2"))
        var dumped = ""
        dump(store, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(!store.shown.serialized().contains("hunter2"))
    }

    @Test(arguments: [
        "", "sqlite:", "sqlite", "postgres://", "postgres://u:p@/d", "postgres://u:p@h", "postgres://u:p@h/", "postgres:h/d",
        "mysql://h/d", "postgres://u:hun/ter2@h/d", "postgres://u:hun ter2@h/d", "postgres://u:hun#ter2@h/d", "postgres://u:hun?ter2@h/d",
        "sqlite:a\u{0}b", "postgres://u:p@h:0/d", "postgres://u:p@h:99999/d", "postgres://u:p@h:x/d", "postgres://u:p@a:1,b:65536/d",
        "postgres://[::1]:65536/d",
    ])
    func whatIsNoStoreIsRefusedWithoutRepeatingIt(text: String) {
        #expect {
            try StoreLocation(parsing: text)
        } throws: { error in
            !"\(error)".contains("ter2")
        }
    }

    @Test func aWordFromOutsideIsQuotedShortAndWithoutControlCharacters() {
        #expect(ForeignText.quotable("a\u{1B}[31mb\nc\u{202E}") == "a\u{FFFD}[31mb\u{FFFD}c\u{FFFD}")
        #expect(ForeignText.quotable(String(repeating: "x", count: 1000)).count == 65)
    }
}
