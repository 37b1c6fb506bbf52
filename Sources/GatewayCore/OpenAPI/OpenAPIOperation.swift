package import Access
package import StrictJSON

/// One operation of the public API, as OpenAPI 3.1 describes it. Declared beside the code that answers it.
package struct OpenAPIOperation: Sendable {
    /// Who may use it.
    package enum Security: Sendable {
        case everyone
        /// A client's own secret.
        case client
        /// Whoever has a credential.
        case credential
        /// Whoever the policy's route for it lets through.
        case policy
    }

    package struct Parameter: Sendable {
        package enum Place: String, Sendable { case path, query, header }

        package let name: String
        package let place: Place
        package let description: String
        package let schema: JSONValue
        var isRequired: Bool

        package init(_ name: String, in place: Place, _ description: String, schema: JSONValue, isRequired: Bool = false) {
            self.name = name
            self.place = place
            self.description = description
            self.schema = schema
            self.isRequired = isRequired || place == .path
        }
    }

    package struct Body: Sendable {
        package let types: [String]
        package let schema: JSONValue

        package init(_ types: [String], schema: JSONValue) {
            self.types = types
            self.schema = schema
        }
    }

    /// An answer that is no problem document.
    package struct Answer: Sendable {
        package let status: Int
        package let description: String
        /// Names as people write them, with their Header Objects.
        package let headers: [(name: String, header: JSONValue)]
        /// Nil: an answer without a body.
        package let schema: JSONValue?
        package let links: [(name: String, link: JSONValue)]

        package init(
            _ status: Int, _ description: String, headers: [(name: String, header: JSONValue)] = [], schema: JSONValue? = nil,
            links: [(name: String, link: JSONValue)] = []
        ) {
            self.status = status
            self.description = description
            self.headers = headers
            self.schema = schema
            self.links = links
        }
    }

    /// What the problem document of one code has beside what all have.
    package struct ProblemMember: Sendable {
        let code: ProblemCode
        let name: String
        let schema: JSONValue

        package init(_ code: ProblemCode, _ name: String, schema: JSONValue) {
            self.code = code
            self.name = name
            self.schema = schema
        }
    }

    package let id: String
    /// HEAD follows GET and has no operation of its own.
    package let method: Method
    /// `/a/{name}`.
    package let path: String
    package let tag: String
    package let summary: String
    package let description: String
    package let security: Security
    package var parameters: [Parameter]
    package let body: Body?
    package let answers: [Answer]
    /// The refusals of the operation itself; what can be refused before it is asked comes in addition.
    package let problems: [ProblemCode]
    let problemMembers: [ProblemMember]

    package init(
        _ id: String, _ method: Method, _ path: String, tag: String, summary: String, description: String = "",
        security: Security = .policy, parameters: [Parameter] = [], body: Body? = nil, answers: [Answer], problems: [ProblemCode] = [],
        problemMembers: [ProblemMember] = []
    ) {
        self.id = id
        self.method = method
        self.path = path
        self.tag = tag
        self.summary = summary
        self.description = description
        self.security = security
        self.parameters = parameters
        self.body = body
        self.answers = answers
        self.problems = problems
        self.problemMembers = problemMembers
    }

    /// All refusals that a caller can meet, in the order of the closed list.
    package var allProblems: [ProblemCode] {
        var codes = Set(problems).union(ProblemCode.ofAnyRequest)
        switch security {
        case .everyone, .client: break
        case .credential: codes.formUnion(ProblemCode.ofCredentials)
        case .policy: codes.formUnion(ProblemCode.ofCredentials + ProblemCode.ofPolicy)
        }
        if body != nil { codes.formUnion(ProblemCode.ofBodies) }
        return ProblemCode.allCases.filter(codes.contains)
    }

    /// A path as a request for this operation could have it. What stands for a parameter is no segment that a route names literally.
    package var samplePath: String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { $0.hasPrefix("{") ? "~" : String($0) }.joined(separator: "/")
    }
}

/// What is refused before an operation is asked, by what the gateway looks at.
extension ProblemCode {
    static let ofAnyRequest: [ProblemCode] = [
        .malformedRequest, .malformedTarget, .repeatedHeader, .tokenInQuery, .requestTimeout, .bodyTooLarge, .targetTooLong,
        .expectationFailed, .misdirected, .headersTooLarge, .rateLimited, .internal, .overloaded,
    ]
    static let ofCredentials: [ProblemCode] = [
        .ambiguousCredentials, .unauthenticated, .invalidToken, .invalidSession, .signature, .forbidden, .crossSite, .storeUnavailable,
    ]
    static let ofPolicy: [ProblemCode] = [.insufficientScope, .denied]
    static let ofBodies: [ProblemCode] = [.unsupportedMediaType]
}
