import Access
import Testing

@Suite("Methods")
struct MethodTests {
    @Test("every method is read back from its name", arguments: Method.allCases)
    func roundTrip(method: Method) {
        #expect(Method(method.name) == method)
        #expect(Method(name: method.name.utf8.span) == method)
    }

    @Test("no other spelling is a method", arguments: ["", "get", "Get", "GE", "GETS", "PUTT", "TRACE", "CONNECT", "GET ", "PÖST"])
    func refused(name: String) {
        #expect(Method(name) == nil)
    }

    @Test("HEAD follows GET and nothing else")
    func head() {
        #expect(MethodSet(.get).withHeadFollowingGet == [MethodSet(.get), MethodSet(.head)])
        #expect(MethodSet(.post).withHeadFollowingGet == MethodSet(.post))
        #expect(([MethodSet(.delete), MethodSet(.get)] as MethodSet).methods == [.get, .delete])
    }
}
