extension PolicyErrorTests {
    static let ruleRows = [
        Row(
            "an unknown key of a deny rule",
            adding: ["deny:", "  - {id: x, whem: {partner: acme}}"],
            problems: [
                "12:5 error: a deny rule needs the key `when`",
                "12:13 error: unknown key `whem` in a deny rule [when]",
            ]
        ),
        Row(
            "a deny rule without an id",
            adding: ["deny:", "  - {when: {partner: acme}}"],
            problems: [
                "12:5 error: a deny rule needs the key `id`"
            ]
        ),
        Row(
            "a deny rule without a condition",
            adding: ["deny:", "  - {id: x, when: {}}"],
            problems: [
                "12:19 error: deny rule `x` has no condition: it would refuse everything"
            ]
        ),
        Row(
            "a deny rule with an unknown condition",
            adding: ["deny:", "  - {id: x, when: {partners: [acme]}}"],
            problems: [
                "12:20 error: unknown key `partners` in `when` of deny rule `x` [partner]"
            ]
        ),
        Row(
            "a deny rule with an empty condition",
            adding: ["deny:", "  - {id: x, when: {partner: []}}"],
            problems: [
                "12:29 error: `partner` of deny rule `x` must not be empty"
            ]
        ),
        Row(
            "a deny rule of an undefined caller",
            adding: ["deny:", "  - {id: x, when: {caller: partners}}"],
            problems: [
                "12:28 error: undefined caller `partners` [partner]"
            ]
        ),
        Row(
            "a deny rule of an undefined role",
            adding: ["deny:", "  - {id: x, when: {role: [writers]}}"],
            problems: [
                "12:27 error: undefined role `writers` [writer]"
            ]
        ),
        Row(
            "a deny rule of an undefined scope",
            adding: ["deny:", "  - {id: x, when: {scope: [w]}}"],
            problems: [
                "12:28 error: undefined scope `w`"
            ]
        ),
        Row(
            "a deny rule of an undefined route",
            adding: ["deny:", "  - {id: x, when: {route: [a.raed]}}"],
            problems: [
                "12:28 error: undefined route `a.raed` [a.read]"
            ]
        ),
        Row(
            "a deny rule of no partner's id",
            adding: ["deny:", "  - {id: x, when: {partner: [Acme]}}"],
            problems: [
                "12:30 error: `Acme` is no partner's id: those are 2 to 63 lower-case letters, digits and `-` [acme]"
            ]
        ),
        Row(
            "H-17: a mapped network",
            adding: ["deny:", "  - {id: x, when: {network: ['::ffff:10.0.0.0/104']}}"],
            problems: [
                "12:30 error: `::ffff:10.0.0.0/104`: an IPv4-mapped IPv6 address: write the IPv4 form"
            ]
        ),
        Row(
            "H-17: a network with leading zeros",
            adding: ["deny:", "  - {id: x, when: {network: [010.0.0.0/8]}}"],
            problems: [
                "12:30 error: `010.0.0.0/8`: not an IP address or network"
            ]
        ),
        Row(
            "H-17: a network with bits below its length",
            adding: ["deny:", "  - {id: x, when: {network: 10.1.2.3/8}}"],
            problems: [
                "12:29 error: `10.1.2.3/8`: address bits are set below the network length [10.0.0.0/8]"
            ]
        ),
        Row(
            "a deny rule twice",
            adding: ["deny:", "  - {id: x, when: {partner: acme2}}\n  - {id: x, when: {partner: acme3}}"],
            problems: [
                "13:10 error: duplicate deny rule `x`, first defined on line 12"
            ]
        ),
        Row(
            "a condition that is a number",
            adding: ["deny:", "  - {id: x, when: {subject: 5}}"],
            problems: [
                #"12:29 error: an entry of `subject` of deny rule `x` must be text, found an integer ["5"]"#
            ]
        ),
        Row(
            "an unknown key of a test",
            adding: ["  - {as: {anonymous: true}, maynot: [a.read]}"],
            problems: [
                "11:5 error: a test needs `may` or `may-not`",
                "11:29 error: unknown key `maynot` in a test [may-not]",
            ]
        ),
        Row(
            "a test of nobody",
            adding: ["  - {may: [a.read]}"],
            problems: [
                "11:5 error: a test needs the key `as`"
            ]
        ),
        Row(
            "a test of two",
            adding: ["  - {as: {partner: acme, caller: staff}, may: [a.read]}"],
            problems: [
                "11:26 error: `as` needs one of `partner`, `caller` and `anonymous: true`"
            ]
        ),
        Row(
            "a test of somebody anonymous with roles",
            adding: ["  - {as: {anonymous: true, roles: [reader]}, may-not: [a.read]}"],
            problems: [
                "11:28 error: who presents no credential has no `roles`"
            ]
        ),
        Row(
            "a test of somebody not anonymous",
            adding: ["  - {as: {anonymous: false}, may: [a.read]}"],
            problems: [
                "11:22 error: `anonymous` can only be true"
            ]
        ),
        Row(
            "a test of an undefined caller",
            adding: ["  - {as: {caller: stuff}, may-not: [a.read]}"],
            problems: [
                "11:19 error: undefined caller `stuff` [staff]"
            ]
        ),
        Row(
            "a test of no partner's id",
            adding: ["  - {as: {partner: Acme}, may-not: [a.read]}"],
            problems: [
                "11:20 error: `Acme` is no partner's id: those are 2 to 63 lower-case letters, digits and `-` [acme]"
            ]
        ),
        Row(
            "a test with an undefined role",
            adding: ["  - {as: {partner: acme, roles: [raeder]}, may-not: [a.write]}"],
            problems: [
                "11:34 error: undefined role `raeder` [reader]"
            ]
        ),
        Row(
            "a test with an undefined scope",
            adding: ["  - {as: {partner: acme, roles: [reader], scopes: [x]}, may-not: [a.write]}"],
            problems: [
                "11:52 error: undefined scope `x`"
            ]
        ),
        Row(
            "a test of an undefined route",
            adding: ["  - {as: {partner: acme}, may-not: [a.reed, a.write]}"],
            problems: [
                "11:37 error: undefined route `a.reed` [a.read]"
            ]
        ),
        Row(
            "a test of an object that a route does not have",
            adding: ["  - {as: {partner: acme}, may-not: [a.write own]}"],
            problems: [
                "11:37 error: the route `a.write` has no object that could be own or other [a.write]"
            ]
        ),
        Row(
            "a test of an object neither own nor other",
            adding: ["  - {as: {partner: acme}, may-not: [a.read others]}"],
            problems: [
                "11:37 error: `a.read others` must be a route's id, alone or followed by `own` or `other` [a.read other]"
            ]
        ),
        Row(
            "a test from an address that is none",
            adding: ["  - {as: {partner: acme, network: 10.0.0.256}, may-not: [a.read]}"],
            problems: [
                "11:35 error: `network`: not an IP address or network"
            ]
        ),
        Row(
            "a test with nothing to judge",
            adding: ["  - {as: {partner: acme}}"],
            problems: [
                "11:5 error: a test needs `may` or `may-not`"
            ]
        ),
        Row(
            "a failing `may`",
            adding: ["  - {as: {partner: acme, roles: [reader]}, may: [a.read own, a.write]}"],
            problems: [
                "11:62 error: failing test: partner `acme` as `reader` may not `a.write` (missing_scope: t)"
            ]
        ),
        Row(
            "a failing `may` of a route that means own and other",
            adding: ["  - {as: {partner: acme, roles: [reader]}, may: [a.read]}"],
            problems: [
                "11:50 error: failing test: partner `acme` as `reader` may not `a.read other` (not_owner)"
            ]
        ),
        Row(
            "a failing `may-not`",
            adding: ["  - {as: {caller: staff, tenant: acme, roles: [reader]}, may-not: [a.write, a.read own]}"],
            problems: [
                "11:77 error: failing test: caller `staff` as `reader` may `a.read own` (allowed)"
            ]
        ),
        Row(
            "a role that the caller may not carry is dropped in tests",
            adding: ["  - {as: {caller: staff, tenant: acme, roles: [writer]}, may: [a.write]}"],
            problems: [
                "11:64 error: failing test: caller `staff` as `writer` may not `a.write` (missing_scope: t)"
            ]
        ),
        Row(
            "a session without a tenant owns nothing",
            adding: ["  - {as: {caller: staff, roles: [reader]}, may: [a.read own]}"],
            problems: [
                "11:50 error: failing test: caller `staff` as `reader` may not `a.read own` (no_tenant)"
            ]
        ),
        Row(
            "a failing `may` by a deny rule",
            adding: ["  - {as: {partner: globex, roles: [writer]}, may: [a.write]}\ndeny:\n  - {id: suspended, when: {partner: globex}}"],
            problems: [
                "11:52 error: failing test: partner `globex` as `writer` may not `a.write` (deny_rule: `suspended`, line 13)"
            ]
        ),
    ]
}
