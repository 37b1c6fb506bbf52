extension PolicyErrorTests {
    static let routeRows = [
        Row(
            "a route id with a space (D-05)",
            replacing: [
                7: "  - {id: 'a write', methods: [POST], path: /a, needs: [t], to: provisioning}",
                9: "  - {as: {partner: acme, roles: [writer]}, may: [a.read]}",
            ],
            problems: [
                "7:10 error: the name of a route must be at most 100 letters, digits and `._:/-`, beginning with a letter or digit"
            ]
        ),
        Row(
            "a misspelt key of a route (D-04)",
            replacing: [7: "  - {id: a.write, methodss: [POST], path: /a, needs: [t], to: provisioning}"],
            problems: [
                "7:5 error: a route needs the key `methods`",
                "7:19 error: unknown key `methodss` in a route [methods]",
            ]
        ),
        Row(
            "a route without an id",
            replacing: [7: "  - {methods: [POST], path: /a, needs: [t], to: provisioning}"],
            problems: [
                "7:5 error: a route needs the key `id`"
            ]
        ),
        Row(
            "a route without a path",
            replacing: [7: "  - {id: a.write, methods: [POST], needs: [t], to: provisioning}"],
            problems: [
                "7:5 error: a route needs the key `path`"
            ]
        ),
        Row(
            "a route without a destination",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t]}"],
            problems: [
                "7:5 error: a route needs the key `to`"
            ]
        ),
        Row(
            "a route that is text",
            replacing: [7: "  - a.write"],
            problems: [
                "7:5 error: a route must be a mapping, found text"
            ]
        ),
        Row(
            "a route that is defined twice",
            replacing: [
                7:
                    "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning}\n  - {id: a.write, methods: [POST], path: /b, needs: [t], to: provisioning}"
            ],
            problems: [
                "8:10 error: duplicate route `a.write`, first defined on line 7"
            ]
        ),
        Row(
            "a route that is copied with its id and path, so that another is missing",
            replacing: [
                7: "  - {id: a.read, methods: [GET], path: '/a/{id}', needs: [t], object: id, to: provisioning}"
            ],
            problems: ["7:10 error: duplicate route `a.read`, first defined on line 6"]
        ),
        Row(
            "a route with two ids",
            replacing: [7: "  - {id: a.new, id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning}"],
            problems: [
                "7:10 warning: no test covers the route `a.new`", "7:17 error: duplicate key `id`, first given on line 7",
            ]
        ),
        Row(
            "one method outside a list",
            replacing: [7: "  - {id: a.write, methods: POST, path: /a, needs: [t], to: provisioning}"],
            problems: [
                "7:28 error: `methods` of route `a.write` must be a list, found text"
            ]
        ),
        Row(
            "no methods",
            replacing: [7: "  - {id: a.write, methods: [], path: /a, needs: [t], to: provisioning}"],
            problems: [
                "7:28 error: `methods` of route `a.write` must not be empty"
            ]
        ),
        Row(
            "an unknown method",
            replacing: [7: "  - {id: a.write, methods: [POST, PATHC], path: /a, needs: [t], to: provisioning}"],
            problems: [
                "7:35 error: unknown method `PATHC` of route `a.write` [PATCH]"
            ]
        ),
        Row(
            "a method in lower case",
            replacing: [7: "  - {id: a.write, methods: [post], path: /a, needs: [t], to: provisioning}"],
            problems: [
                "7:29 error: unknown method `post` of route `a.write` [POST]"
            ]
        ),
        Row(
            "OPTIONS",
            replacing: [7: "  - {id: a.write, methods: [POST, OPTIONS], path: /a, needs: [t], to: provisioning}"],
            problems: [
                "7:35 error: OPTIONS is answered by the gateway and cannot be routed"
            ]
        ),
        Row(
            "a method twice",
            replacing: [7: "  - {id: a.write, methods: [POST, POST], path: /a, needs: [t], to: provisioning}"],
            problems: [
                "7:35 error: `POST` stands twice in `methods` of route `a.write`"
            ]
        ),
        Row(
            "an undefined scope",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t, v], to: provisioning}"],
            problems: [
                "7:57 error: undefined scope `v`"
            ]
        ),
        Row(
            "an undefined scope with a near one",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [T], to: provisioning}"],
            problems: [
                "7:54 error: undefined scope `T` [t]"
            ]
        ),
        Row(
            "`needs` outside a list",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: t, to: provisioning}"],
            problems: [
                "7:53 error: `needs` of route `a.write` must be a list, found text"
            ]
        ),
        Row(
            "a route without `needs`",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, to: provisioning}"],
            problems: [
                "7:10 warning: the route `a.write` needs no scope, so any caller may use it; `needs: []` says that this is meant"
            ]
        ),
        Row(
            "an object that is no parameter",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/b/{ident}', object: idnt, needs: [t], to: provisioning}"],
            problems: [
                "7:64 error: `object` must be a parameter of the path, which has `{ident}`: `idnt` [ident]"
            ]
        ),
        Row(
            "an object of a path without parameters",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, object: id}"],
            problems: [
                "7:84 error: `object` must be a parameter of the path, which has none: `id`"
            ]
        ),
        Row(
            "a public route that needs a scope",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], public: true, to: provisioning}"],
            problems: [
                "7:46 error: route `a.write` is public, so it cannot have `needs`"
            ]
        ),
        Row(
            "a public route with an object, callers and a signature",
            replacing: [
                7:
                    "  - {id: a.write, methods: [POST], path: '/b/{id}', public: true, object: id, callers: [staff], signed: required, to: provisioning}"
            ],
            problems: [
                "7:67 error: route `a.write` is public, so it cannot have `object`",
                "7:79 error: route `a.write` is public, so it cannot have `callers`",
                "7:97 error: route `a.write` is public, so it cannot have `signed`",
            ]
        ),
        Row(
            "a flag that is a word",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, public: yes, to: provisioning}"],
            problems: [
                "7:54 error: `public` of route `a.write` must be true or false [true]"
            ]
        ),
        Row(
            "a flag that is text",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, public: 'true', to: provisioning}"],
            problems: [
                "7:54 error: `public` of route `a.write` must be true or false [true]"
            ]
        ),
        Row(
            "an undefined caller",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, callers: [stuff, partner]}"],
            problems: [
                "7:86 error: undefined caller `stuff` [staff]"
            ]
        ),
        Row(
            "no callers",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, callers: []}"],
            problems: [
                "7:85 error: `callers` of route `a.write` must not be empty"
            ]
        ),
        Row(
            "a signature rule that does not exist",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, signed: require}"],
            problems: [
                "7:84 error: `signed` of route `a.write` must be one of `required`, `optional`, `refused`, not `require` [required]"
            ]
        ),
        Row(
            "an idempotency rule that does not exist",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, idempotency: refused}"],
            problems: [
                "7:89 error: `idempotency` of route `a.write` must be one of `required`, `optional`, not `refused`"
            ]
        ),
        Row(
            "a precondition rule that is a flag",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, precondition: true}"],
            problems: [
                #"7:90 error: `precondition` of route `a.write` must be text, found true or false ["true"]"#
            ]
        ),
        Row(
            "an unknown key of a body",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, body: {type: [application/json]}}"],
            problems: [
                "7:83 error: unknown key `type` in `body` of route `a.write` [types]"
            ]
        ),
        Row(
            "a media type with a parameter",
            replacing: [
                7:
                    "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, body: {types: [application/json; charset=utf-8]}}"
            ],
            problems: [
                "7:91 error: `application/json; charset=utf-8` must be a media type in lower case and without parameters, as in `application/json` [application/json]"
            ]
        ),
        Row(
            "a media type in upper case",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, body: {types: [Application/JSON]}}"],
            problems: [
                "7:91 error: `Application/JSON` must be a media type in lower case and without parameters, as in `application/json` [application/json]"
            ]
        ),
        Row(
            "a media range",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, body: {types: [application/*]}}"],
            problems: [
                "7:91 error: `application/*` must be a media type in lower case and without parameters, as in `application/json`"
            ]
        ),
        Row(
            "a size without unit",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, body: {max: 65536}}"],
            problems: [
                "7:88 error: `max` of route `a.write` must be a whole number with its unit, as in `64KiB` [65536B]"
            ]
        ),
        Row(
            "a size in other units",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, body: {max: 64KB}}"],
            problems: [
                "7:88 error: `max` of route `a.write` must be a whole number with its unit, as in `64KiB`"
            ]
        ),
        Row(
            "a size that is too large",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, body: {max: 99999999999GiB}}"],
            problems: [
                "7:88 error: `max` of route `a.write` must be a whole number with its unit, as in `64KiB`"
            ]
        ),
        Row(
            "a rate without a window",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, rate: 50}"],
            problems: [
                "7:82 error: `rate` of route `a.write` must be a whole number with its unit, as in `50/s` [50/s]"
            ]
        ),
        Row(
            "a rate of nothing",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, rate: 0/s}"],
            problems: [
                "7:82 error: `rate` of route `a.write` must be a whole number with its unit, as in `50/s`"
            ]
        ),
        Row(
            "a timeout without a unit",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, timeout: 10}"],
            problems: [
                "7:85 error: `timeout` of route `a.write` must be a whole number with its unit, as in `10s` [10s]"
            ]
        ),
        Row(
            "a timeout of nothing",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, timeout: 0s}"],
            problems: [
                "7:85 error: `timeout` of route `a.write` must be more than nothing"
            ]
        ),
        Row(
            "an upgrade of the internal module",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, upgrade: websocket}"],
            problems: [
                "7:76 error: only a route to an upstream can have `upgrade`"
            ]
        ),
        Row(
            "an upgrade that does not exist",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: billing, upgrade: websockets}"],
            problems: [
                "7:80 error: `upgrade` of route `a.write` must be one of `websocket`, not `websockets` [websocket]"
            ]
        ),
        Row(
            "an undefined upstream",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: biling}"],
            problems: [
                "7:62 error: undefined upstream `biling` [billing]"
            ]
        ),
        Row(
            "a destination misspelt",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisionning}"],
            problems: [
                "7:62 error: undefined upstream `provisionning` [provisioning]"
            ]
        ),
        Row(
            "a route that nobody can call, for want of a scope",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning, callers: [staff]}"],
            problems: [
                "7:10 error: nobody can call the route `a.write`: no role of `staff` grants `t`; `closed: true` says that this is meant"
            ]
        ),
        Row(
            "a route that nobody can call, for want of a signature",
            replacing: [
                7: "  - {id: a.write, methods: [POST], path: /a, needs: [s], callers: [staff], signed: required, to: provisioning}"
            ],
            problems: [
                "7:10 error: nobody can call the route `a.write`: only partners can sign requests; `closed: true` says that this is meant"
            ]
        ),
        Row(
            "a route that no test covers",
            replacing: [
                7:
                    "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning}\n  - {id: a.list, methods: [GET], path: /a, needs: [s], to: provisioning}"
            ],
            problems: [
                "8:10 warning: no test covers the route `a.list`"
            ]
        ),
        Row(
            "overlapping routes of one path",
            replacing: [
                7:
                    "  - {id: a.write, methods: [POST], path: /a, needs: [t], to: provisioning}\n  - {id: a.other, methods: [POST, PUT], path: /a, needs: [s], to: provisioning}"
            ],
            problems: [
                "8:10 warning: no test covers the route `a.other`",
                "8:47 error: route `a.other` overlaps route `a.write` (line 7): both match POST /a, and neither is the more specific",
            ]
        ),
        Row(
            "overlapping routes of parameters with other names",
            replacing: [7: "  - {id: a.write, methods: [GET], path: '/a/{name}', needs: [t], to: provisioning}"],
            problems: [
                "7:41 error: route `a.write` overlaps route `a.read` (line 6): both match GET /a/x, and neither is the more specific"
            ]
        ),
        Row(
            "HEAD overlapping GET",
            replacing: [7: "  - {id: a.write, methods: [HEAD], path: '/a/{id}', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: route `a.write` overlaps route `a.read` (line 6): both match HEAD /a/x, and neither is the more specific"
            ]
        ),
        Row(
            "a parameter overlapping the rest",
            replacing: [7: "  - {id: a.write, methods: [GET], path: '/a/{rest...}', needs: [t], to: provisioning}"],
            problems: [
                "7:41 error: route `a.write` overlaps route `a.read` (line 6): both match GET /a/x, and neither is the more specific"
            ]
        ),
        Row(
            "routes that are each more specific at one segment",
            replacing: [7: "  - {id: a.write, methods: [GET], path: '/{x}/b', needs: [t], to: provisioning}"],
            problems: [
                "7:41 error: route `a.write` overlaps route `a.read` (line 6): both match GET /a/b, and neither is the more specific"
            ]
        ),
    ]
}
