extension PolicyErrorTests {
    static let pathRows = [
        Row(
            "P-14: a path without a leading slash",
            replacing: [7: "  - {id: a.write, methods: [POST], path: a/b, needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: a path must begin with `/` [/a/b]"
            ]
        ),
        Row(
            "P-14: a pattern of another router without a leading slash",
            replacing: [7: "  - {id: a.write, methods: [POST], path: api/**, needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: a path must begin with `/`"
            ]
        ),
        Row(
            "a path with a wildcard of other routers",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a/**', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: `**` is no wildcard here: write `{name}` for one segment, `{name...}` for the rest"
            ]
        ),
        Row(
            "a path with a parameter of other routers",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a/:id', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: `:id` is no parameter here [{id}]"
            ]
        ),
        Row(
            "a path with an empty segment",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a//b', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: the path is not canonical: no request could ever match it"
            ]
        ),
        Row(
            "a path with dot segments",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a/../b', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: the path is not canonical: no request could ever match it"
            ]
        ),
        Row(
            "a path with an encoded slash",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a%2fb', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: the path is not canonical: no request could ever match it"
            ]
        ),
        Row(
            "a path with an encoded letter",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/%61', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: the path is not canonical: no request could ever match it"
            ]
        ),
        Row(
            "a path with a lower-case escape",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a%c3%a4', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: the path is not canonical: no request could ever match it"
            ]
        ),
        Row(
            "a path with a raw non-ASCII character",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a/ä', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: the path is not canonical: no request could ever match it"
            ]
        ),
        Row(
            "a path with a query",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a?x=1', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: the path is not canonical: no request could ever match it"
            ]
        ),
        Row(
            "a path with a fragment",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a#b', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: the path is not canonical: no request could ever match it"
            ]
        ),
        Row(
            "a path with a semicolon",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a;b', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: the path is not canonical: no request could ever match it"
            ]
        ),
        Row(
            "a path with a space",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a b', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: the path is not canonical: no request could ever match it"
            ]
        ),
        Row(
            "a path with half a parameter",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a/x{id}', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: a parameter must be a whole segment, as in `/{name}`"
            ]
        ),
        Row(
            "a path with an open brace",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a/{id', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: a parameter must be a whole segment, as in `/{name}`"
            ]
        ),
        Row(
            "a path with a parameter without a name",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a/{}', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: a parameter's name must be letters, digits and `_`, not beginning with a digit: `{}`"
            ]
        ),
        Row(
            "a path with a parameter that begins with a digit",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a/{1d}', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: a parameter's name must be letters, digits and `_`, not beginning with a digit: `{1d}`"
            ]
        ),
        Row(
            "a path with a parameter twice",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a/{id}/{id}', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: the parameter `{id}` stands twice in the path"
            ]
        ),
        Row(
            "a path with the rest in the middle",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '/a/{rest...}/b', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write`: `{rest...}` stands for the rest of the path and must be its last segment"
            ]
        ),
        Row(
            "a parameter without quotes on one line",
            replacing: [7: "  - {id: a.write, methods: [POST], path: /a/{x}, needs: [t], to: provisioning}"],
            problems: [
                "7:45 error: text with `{` in it needs quotes inside of `{ }` and `[ ]`"
            ]
        ),
        Row(
            "an empty path",
            replacing: [7: "  - {id: a.write, methods: [POST], path: '', needs: [t], to: provisioning}"],
            problems: [
                "7:42 error: `path` of route `a.write` must not be empty"
            ]
        ),
        Row(
            "a path that is a number",
            replacing: [7: "  - {id: a.write, methods: [POST], path: 5, needs: [t], to: provisioning}"],
            problems: [
                #"7:42 error: `path` of route `a.write` must be text, found an integer ["5"]"#
            ]
        ),
    ]
}
