import OpenSSLCrypto
import Testing

@testable import Tokens

/// A signed POST and the key it was signed with, to be changed and judged.
private struct SignedPost {
    static let now: Int64 = 1_800_000_000
    static let nonce = "0123456789abcdef"
    static let key = HMACKey(.sha256, key: SecretBytes(Array("a key of nobody in particular   ".utf8)))
    static let signer = MessageSigner(keyID: "acme:s1", key: key)

    static func message(
        method: String = "POST", host: String = "Api.Example.com:443", path: String = "/customers", query: String? = "a=1&b=2",
        hasBody: Bool = true,
        fields: [(String, String)] = [
            ("authorization", "Bearer abc"), ("content-type", "application/json"),
            ("content-digest", ContentDigest.sha256(of: Array("{}".utf8))),
        ]
    ) -> SignableMessage {
        var message = SignableMessage(
            method: Array(method.utf8), host: Array(host.utf8), path: Array(path.utf8), query: query.map { Array($0.utf8) },
            hasBody: hasBody
        )
        for (name, value) in fields { message.add(name, Array(value.utf8)) }
        return message
    }

    /// The component that is named first, nil when all holds.
    static func fault(
        input: String?, signature: String?, of message: SignableMessage = message(), at now: Int64 = now, key: HMACKey = key,
        isKnown: Bool = true
    ) -> String? {
        do throws(SignatureFault) {
            let unverified = try UnverifiedMessageSignature(
                input: input.map { Array($0.utf8) }, signature: signature.map { Array($0.utf8) })
            _ = try SignatureJudgement(unverified, of: message, at: now).verify(with: key, isKnown: isKnown)
            return nil
        } catch {
            return error.component
        }
    }

    /// Signs with these parameters, which need not be good ones: the MAC is right.
    static func headers(_ parameters: String, over components: [String], of message: SignableMessage = message()) -> (
        input: String, signature: String
    ) {
        let list = "(" + components.map { "\"\($0)\"" }.joined(separator: " ") + ")" + parameters
        let base = message.base(over: components, parameters: Array(list.utf8))
        return ("gatehouse=\(list)", "gatehouse=:\(Base64.encode(key.authenticate(base))):")
    }
}

@Suite("Signed requests (RFC 9421)")
struct MessageSignatureTests {
    private let required = ["@method", "@authority", "@path", "@query", "authorization", "content-digest", "content-type"]
    private let good = #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#

    @Test("RFC 9421 appendix B.2.5: the base and the MAC of hmac-sha256")
    func appendixB25() throws {
        let secret = try #require(
            Base64.decode(Array("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==".utf8))
        )
        let message = SignedPost.message(
            host: "example.com", path: "/foo", query: "param=Value&Pet=dog",
            fields: [
                ("date", "Tue, 20 Apr 2021 02:07:55 GMT"), ("content-type", "application/json"),
                ("content-digest", "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"),
                ("content-length", "18"),
            ]
        )
        let input = #"sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#
        let unverified = try UnverifiedMessageSignature(
            input: Array(input.utf8), signature: Array("sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:".utf8)
        )
        let judgement = SignatureJudgement(unverified, of: message, at: 1_618_884_473)
        let expected = """
            "date": Tue, 20 Apr 2021 02:07:55 GMT
            "@authority": example.com
            "content-type": application/json
            "@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"
            """
        #expect(String(decoding: judgement.base, as: UTF8.self) == expected)
        #expect(HMACKey(.sha256, key: SecretBytes(secret)).isValid(unverified.mac, for: judgement.base))
        // And for all that it is not a signature that this gateway accepts.
        #expect(
            judgement.faults.map(\.component) == ["tag", "nonce", "keyid", "@method", "@path", "@query", "authorization", "content-digest"])
    }

    @Test("what the signer signs is verified, with and without a body, an algorithm, a further component and an end")
    func accepted() throws {
        for (message, components, more) in [
            (SignedPost.message(), nil, ""), (SignedPost.message(method: "GET", query: nil, hasBody: false), nil, ""),
            (SignedPost.message(), nil, ";expires=1800000001"),
            (
                SignedPost.message(),
                ["content-type", "content-digest", "authorization", "@query", "@path", "@authority", "@method", "@request-target"], ""
            ),
        ] as [(SignableMessage, [String]?, String)] {
            for algorithm in [nil, "hmac-sha256"] {
                let headers = SignedPost.signer.sign(
                    message, components: components, created: SignedPost.now, nonce: SignedPost.nonce, algorithm: algorithm, more: more
                )
                #expect(SignedPost.fault(input: headers.input, signature: headers.signature, of: message) == nil)
            }
        }
        let headers = SignedPost.signer.sign(SignedPost.message(), created: SignedPost.now, nonce: "quote\"back\\slash=====")
        let unverified = try UnverifiedMessageSignature(input: Array(headers.input.utf8), signature: Array(headers.signature.utf8))
        let verified = try SignatureJudgement(unverified, of: SignedPost.message(), at: SignedPost.now).verify(
            with: SignedPost.key, isKnown: true)
        #expect(verified.nonce == "quote\"back\\slash=====")
        #expect(verified.keyID == "acme:s1")
        #expect(verified.created == SignedPost.now)
        #expect(
            String(decoding: headers.base, as: UTF8.self).hasPrefix(
                "\"@method\": POST\n\"@authority\": api.example.com\n\"@path\": /customers\n\"@query\": ?a=1&b=2\n"))
    }

    @Test(
        "every component and parameter that is not right is named, with a MAC that is right",
        arguments: [
            (
                "@method", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#,
                ["@authority", "@path", "@query", "authorization", "content-digest", "content-type"]
            ),
            (
                "authorization", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#,
                ["@method", "@authority", "@path", "@query", "content-digest", "content-type"]
            ),
            (
                "content-digest", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#,
                ["@method", "@authority", "@path", "@query", "authorization", "content-type"]
            ),
            (
                "content-type", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#,
                ["@method", "@authority", "@path", "@query", "authorization", "content-digest"]
            ),
            ("@method", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#, []),
            ("@method", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#, ["date"]),
        ])
    func notCovered(named: String, parameters: String, components: [String]) {
        let headers = SignedPost.headers(parameters, over: components)
        #expect(SignedPost.fault(input: headers.input, signature: headers.signature) == named)
    }

    @Test(
        "parameters are judged one by one (M-06, M-07, M-10, M-11)",
        arguments: [
            ("tag", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1""#),
            ("tag", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="other""#),
            ("tag", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag=gatehouse"#),
            ("tag", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag"#),
            ("tag", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse";tag="gatehouse""#),
            ("alg", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";alg="hmac-sha1";tag="gatehouse""#),
            ("alg", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";alg="HMAC-SHA256";tag="gatehouse""#),
            ("alg", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";alg="ed25519";tag="gatehouse""#),
            ("alg", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";alg="";tag="gatehouse""#),
            ("alg", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";alg=hmac-sha256;tag="gatehouse""#),
            ("created", #";nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#),
            ("created", #";created=1799999699;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#),
            ("created", #";created=1800000301;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#),
            ("created", #";created=1768464000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#),
            ("created", #";created=4102444800;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#),
            ("created", #";created=999999999999999;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#),
            ("created", #";created=0;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#),
            ("created", #";created="1800000000";nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#),
            ("created", #";created=1800000000.0;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#),
            ("created", #";created=-1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#),
            ("created", #";created=01800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#),
            ("created", #";created=1800000000;created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#),
            ("expires", #";created=1800000000;expires=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#),
            ("nonce", #";created=1800000000;keyid="acme:s1";tag="gatehouse""#),
            ("nonce", #";created=1800000000;nonce="0123456789abcde";keyid="acme:s1";tag="gatehouse""#),
            (
                "nonce",
                #";created=1800000000;nonce="01234567890123456789012345678901234567890123456789012345678901234";keyid="acme:s1";tag="gatehouse""#
            ),
            ("nonce", #";created=1800000000;nonce=0123456789abcdef;keyid="acme:s1";tag="gatehouse""#),
            ("nonce", #";created=1800000000;nonce="a\bcdef0123456789";keyid="acme:s1";tag="gatehouse""#),
            ("keyid", #";created=1800000000;nonce="0123456789abcdef";tag="gatehouse""#),
            ("keyid", #";created=1800000000;nonce="0123456789abcdef";keyid="acme";tag="gatehouse""#),
            ("keyid", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:";tag="gatehouse""#),
            ("keyid", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1:s2";tag="gatehouse""#),
            ("keyid", #";created=1800000000;nonce="0123456789abcdef";keyid="../x:s1";tag="gatehouse""#),
            ("extra", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse";extra=1"#),
            ("signature-input", #"; created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse""#),
            ("signature-input", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse" "#),
            ("signature-input", #";created=1800000000;nonce="0123456789abcdef";keyid="acme:s1";tag="gatehouse";"#),
        ])
    func parameters(named: String, parameters: String) {
        let headers = SignedPost.headers(parameters, over: required)
        #expect(SignedPost.fault(input: headers.input, signature: headers.signature) == named)
    }

    @Test("the window has two sides, both inclusive", arguments: [-300, 300] as [Int64])
    func window(offset: Int64) {
        let headers = SignedPost.signer.sign(SignedPost.message(), created: SignedPost.now + offset, nonce: SignedPost.nonce)
        #expect(SignedPost.fault(input: headers.input, signature: headers.signature) == nil)
    }

    @Test(
        "the list of components is read strictly (M-03, M-04, M-10)",
        arguments: [
            ("@path", #"gatehouse=("@method" "@path" "@path")"#), ("content-digest", #"gatehouse=("@method" "content-digest";req)"#),
            ("content-type", #"gatehouse=("content-type";sf "@path")"#), ("content-type", #"gatehouse=("content-type";bs)"#),
            ("content-digest", #"gatehouse=("content-digest";key="sha-256")"#), ("x", #"gatehouse=("x";tr)"#),
            ("@query-param", #"gatehouse=("@query-param";name="a")"#), ("Content-Type", #"gatehouse=("Content-Type")"#),
            ("@", #"gatehouse=("@")"#), ("", #"gatehouse=("")"#), ("a b", #"gatehouse=("a b")"#),
            ("signature-input", "gatehouse=(@method)"),
            ("signature-input", #"gatehouse=("@method"  "@path")"#), ("signature-input", #"gatehouse=( "@method")"#),
            ("signature-input", #"gatehouse=("@method" )"#), ("signature-input", #"gatehouse=("@method""#),
            ("signature-input", "gatehouse"),
            ("signature-input", "gatehouse="), ("signature-input", ""), ("signature-input", #""gatehouse"=()"#),
            ("signature-input", "Gatehouse=()"),
            ("signature-input", " gatehouse=()"), ("signature-input", "gatehouse=1"),
            ("signature-input", #"gatehouse=("@method"), other=("@path")"#),
            ("signature-input", #"gatehouse=("@method"),other=("@path")"#), ("signature-input", #"gatehouse=("@method\u{7f}")"#),
        ])
    func components(named: String, input: String) {
        #expect(SignedPost.fault(input: input, signature: "gatehouse=:AAAA:") == named)
    }

    @Test(
        "a covered component must be in the request, and must be one that can be told (M-03)",
        arguments: [
            "x-absent", "@status", "@scheme", "@target-uri", "@query-params", "@signature-params", "date",
        ])
    func absent(component: String) {
        let headers = SignedPost.headers(good, over: required + [component])
        #expect(SignedPost.fault(input: headers.input, signature: headers.signature) == component)
    }

    @Test(
        "the signature itself has one spelling (M-06)",
        arguments: [
            "gatehouse=:AAAA", "gatehouse=AAAA", "gatehouse=:AAA:", "gatehouse=:AA==:, other=:AAAA:", "other=:AAAA:", "gatehouse=::x",
            "gatehouse=:AB==:",
            "gatehouse=:AA= =:", "gatehouse=:AAA-:", "gatehouse=:AAAA:;a=1", "gatehouse=\"AAAA\"", "", "gatehouse", "gatehouse=:AAAA%3D:",
        ])
    func signature(signature: String) {
        let input = SignedPost.headers(good, over: required).input
        #expect(SignedPost.fault(input: input, signature: signature) == "signature")
    }

    @Test("one header without the other is refused, and names the one that is missing")
    func missing() {
        let headers = SignedPost.headers(good, over: required)
        #expect(SignedPost.fault(input: nil, signature: headers.signature) == "signature-input")
        #expect(SignedPost.fault(input: headers.input, signature: nil) == "signature")
    }

    @Test("a MAC that is not the whole right one is refused, and the fault is the same for a key that is not known (M-02, M-08)")
    func mac() throws {
        let headers = SignedPost.headers(good, over: required)
        let unverified = try UnverifiedMessageSignature(input: Array(headers.input.utf8), signature: Array(headers.signature.utf8))
        let mac = unverified.mac
        #expect(mac.count == 32)
        var wrong: [[UInt8]] = [[], Array(mac.dropLast()), mac + [0], Array(mac.prefix(16))]
        for index in mac.indices {
            var changed = mac
            changed[index] ^= 1
            wrong.append(changed)
        }
        for mac in wrong {
            #expect(SignedPost.fault(input: headers.input, signature: "gatehouse=:\(Base64.encode(mac)):") == "signature")
        }
        #expect(SignedPost.fault(input: headers.input, signature: headers.signature, isKnown: false) == "signature")
        let other = HMACKey(.sha256, key: SecretBytes(Array("another key of nobody           ".utf8)))
        #expect(SignedPost.fault(input: headers.input, signature: headers.signature, key: other) == "signature")
        #expect(SignedPost.fault(input: headers.input, signature: headers.signature) == nil)
    }

    @Test(
        "what was signed for one request holds for no other (M-01, M-04, M-05)",
        arguments: [
            SignedPost.message(method: "DELETE"), SignedPost.message(host: "other.example.com"), SignedPost.message(path: "/customers/1"),
            SignedPost.message(query: "a=1&b=3"), SignedPost.message(query: "b=2&a=1"), SignedPost.message(query: nil),
            SignedPost.message(fields: [
                ("authorization", "Bearer abd"), ("content-type", "application/json"),
                ("content-digest", ContentDigest.sha256(of: Array("{}".utf8))),
            ]),
            SignedPost.message(fields: [
                ("authorization", "Bearer abc"), ("content-type", "text/plain"),
                ("content-digest", ContentDigest.sha256(of: Array("{}".utf8))),
            ]),
            SignedPost.message(fields: [
                ("authorization", "Bearer abc"), ("content-type", "application/json"),
                ("content-digest", ContentDigest.sha256(of: Array("[]".utf8))),
            ]),
        ])
    func changed(message: SignableMessage) {
        let headers = SignedPost.headers(good, over: required)
        #expect(SignedPost.fault(input: headers.input, signature: headers.signature, of: message) == "signature")
    }

    @Test("re-dating a signature changes what is signed (M-01)")
    func redated() {
        let headers = SignedPost.headers(good, over: required)
        let input = headers.input.replacing("1800000000", with: "1800000001")
        #expect(SignedPost.fault(input: input, signature: headers.signature) == "signature")
        let nonce = headers.input.replacing("0123456789abcdef", with: "0123456789abcdeg")
        #expect(SignedPost.fault(input: nonce, signature: headers.signature) == "signature")
        let key = headers.input.replacing("acme:s1", with: "acme:s2")
        #expect(SignedPost.fault(input: key, signature: headers.signature) == "signature")
    }

    @Test("an idempotency key must be covered when it is sent")
    func idempotencyKey() {
        let headers = SignedPost.headers(good, over: required)
        var message = SignedPost.message()
        message.add("idempotency-key", Array("k1".utf8))
        #expect(SignedPost.fault(input: headers.input, signature: headers.signature, of: message) == "idempotency-key")
        let covered = SignedPost.headers(good, over: required + ["idempotency-key"], of: message)
        #expect(SignedPost.fault(input: covered.input, signature: covered.signature, of: message) == nil)
    }

    @Test("the authority is lower case and without a default port; a field's lines are joined")
    func values() {
        for (host, authority) in [
            ("Example.COM", "example.com"), ("example.com:80", "example.com"), ("example.com:443", "example.com"),
            ("example.com:8080", "example.com:8080"),
            ("[::1]:8080", "[::1]:8080"), ("example.com:4443", "example.com:4443"), ("localhost:180", "localhost:180"), ("a:80:80", "a:80"),
        ] {
            let message = SignedPost.message(host: host)
            #expect(String(decoding: message.authority, as: UTF8.self) == authority)
        }
        var message = SignedPost.message(fields: [("x", "a")])
        message.add("x", Array("b, c".utf8))
        #expect(message.value(of: "x") == Array("a, b, c".utf8))
        #expect(SignedPost.message(query: nil).value(of: "@query") == Array("?".utf8))
        #expect(SignedPost.message(query: "").value(of: "@query") == Array("?".utf8))
        #expect(SignedPost.message().value(of: "@request-target") == Array("/customers?a=1&b=2".utf8))
    }
}
