/// The JSON Schema of policies, as `policies/policy.schema.json` has it, so that the installed program needs no file beside it.
///
/// A test holds the two equal: after a change of the file, `.ci/embed-schema` writes this one again.
package enum PolicySchema {
    package static let text = #"""
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "$id": "https://gatehouse.dev/schemas/policy-1.json",
          "title": "Gatehouse policy",
          "description": "Who may do what: data, not code. Order never matters, deny beats allow, and what nothing matches is closed. `gatehouse policy check` judges what a schema cannot: names, overlaps, cycles and the policy's own tests.",
          "type": "object",
          "required": [
            "policy",
            "routes"
          ],
          "additionalProperties": false,
          "properties": {
            "policy": {
              "description": "The version of this format.",
              "const": 1
            },
            "scopes": {
              "description": "What there is to allow: each scope with a sentence that says what it allows.",
              "type": "object",
              "maxProperties": 256,
              "propertyNames": {
                "$ref": "#/$defs/name"
              },
              "additionalProperties": {
                "type": "string",
                "minLength": 1
              }
            },
            "roles": {
              "description": "Bundles of scopes. The roles of a principal add up.",
              "type": "object",
              "maxProperties": 256,
              "propertyNames": {
                "$ref": "#/$defs/name"
              },
              "additionalProperties": {
                "$ref": "#/$defs/role"
              }
            },
            "callers": {
              "description": "Which credential may carry which role; other roles are dropped. A credential speaks for one caller.",
              "type": "object",
              "maxProperties": 2,
              "propertyNames": {
                "allOf": [
                  {
                    "$ref": "#/$defs/name"
                  },
                  {
                    "not": {
                      "const": "anonymous"
                    }
                  }
                ]
              },
              "additionalProperties": {
                "$ref": "#/$defs/caller"
              }
            },
            "routes": {
              "description": "Every request that is let in, and what it needs.",
              "type": "array",
              "items": {
                "$ref": "#/$defs/route"
              }
            },
            "deny": {
              "description": "Rules that refuse what is allowed elsewhere.",
              "type": "array",
              "items": {
                "$ref": "#/$defs/denyRule"
              }
            },
            "tests": {
              "description": "What must hold; a policy with a failing test does not load.",
              "type": "array",
              "items": {
                "$ref": "#/$defs/test"
              }
            }
          },
          "$defs": {
            "name": {
              "type": "string",
              "pattern": "^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$"
            },
            "reference": {
              "type": "string",
              "minLength": 1
            },
            "text": {
              "type": "string",
              "minLength": 1
            },
            "partner": {
              "description": "A partner's id.",
              "type": "string",
              "pattern": "^[a-z0-9][a-z0-9-]{1,62}$"
            },
            "network": {
              "description": "An address, or a network such as `10.0.0.0/8` or `2001:db8::/32`.",
              "type": "string",
              "pattern": "^[0-9A-Fa-f:.]+(/(0|[1-9][0-9]{0,2}))?$",
              "not": {
                "pattern": "^::[Ff]{4}:"
              }
            },
            "role": {
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "includes": {
                  "description": "Roles whose scopes and reach this one has too.",
                  "type": "array",
                  "items": {
                    "$ref": "#/$defs/reference"
                  },
                  "uniqueItems": true
                },
                "grants": {
                  "description": "Scopes.",
                  "type": "array",
                  "items": {
                    "$ref": "#/$defs/reference"
                  },
                  "uniqueItems": true
                },
                "objects": {
                  "description": "`own`: those of the principal's tenant. `any` beats `own`.",
                  "enum": [
                    "own",
                    "any"
                  ],
                  "default": "own"
                }
              }
            },
            "caller": {
              "type": "object",
              "required": [
                "via",
                "roles"
              ],
              "additionalProperties": false,
              "properties": {
                "via": {
                  "description": "The credential.",
                  "enum": [
                    "partner-token",
                    "session"
                  ]
                },
                "roles": {
                  "description": "The roles it may carry.",
                  "type": "array",
                  "items": {
                    "$ref": "#/$defs/reference"
                  },
                  "uniqueItems": true
                }
              }
            },
            "route": {
              "type": "object",
              "required": [
                "id",
                "methods",
                "path"
              ],
              "additionalProperties": false,
              "properties": {
                "id": {
                  "description": "Names the route in tests, logs and metrics.",
                  "$ref": "#/$defs/name"
                },
                "methods": {
                  "description": "HEAD follows GET; OPTIONS is answered by the gateway.",
                  "type": "array",
                  "minItems": 1,
                  "uniqueItems": true,
                  "items": {
                    "enum": [
                      "GET",
                      "HEAD",
                      "POST",
                      "PUT",
                      "PATCH",
                      "DELETE"
                    ]
                  }
                },
                "path": {
                  "description": "Literal segments, `{name}` for one segment, and `{name...}` for the rest, only last. A literal beats a parameter. What the gateway answers itself cannot be routed.",
                  "type": "string",
                  "pattern": "^/((?!:[A-Za-z_][A-Za-z0-9_]*(/|$))[^/{}*?#;\\\\\\s]+|\\{[A-Za-z_][A-Za-z0-9_]*\\})?(/((?!:[A-Za-z_][A-Za-z0-9_]*(/|$))[^/{}*?#;\\\\\\s]+|\\{[A-Za-z_][A-Za-z0-9_]*\\}))*(/\\{[A-Za-z_][A-Za-z0-9_]*\\.\\.\\.\\}|/)?$|^/\\{[A-Za-z_][A-Za-z0-9_]*\\.\\.\\.\\}$",
                  "not": {
                    "enum": [
                      "/oauth2/token",
                      "/.well-known/oauth-authorization-server",
                      "/session",
                      "/oauth2/signature-check",
                      "/oauth2/introspect",
                      "/oauth2/revoke",
                      "/.well-known/jwks.json"
                    ]
                  }
                },
                "needs": {
                  "description": "Scopes: all of them. `[]` lets any caller in.",
                  "type": "array",
                  "items": {
                    "$ref": "#/$defs/reference"
                  },
                  "uniqueItems": true
                },
                "object": {
                  "description": "The path parameter that names an owned object.",
                  "type": "string",
                  "minLength": 1
                },
                "public": {
                  "description": "Reads no credential.",
                  "type": "boolean",
                  "default": false
                },
                "closed": {
                  "description": "Closed to everybody, on purpose.",
                  "type": "boolean",
                  "default": false
                },
                "callers": {
                  "description": "Only these; default: all.",
                  "type": "array",
                  "items": {
                    "$ref": "#/$defs/reference"
                  },
                  "uniqueItems": true,
                  "minItems": 1
                },
                "signed": {
                  "description": "Whether the request must, may or must not be signed. Only partners can sign.",
                  "enum": [
                    "required",
                    "optional",
                    "refused"
                  ],
                  "default": "optional"
                },
                "idempotency": {
                  "description": "Whether `Idempotency-Key` must be sent.",
                  "enum": [
                    "required",
                    "optional"
                  ],
                  "default": "optional"
                },
                "precondition": {
                  "description": "Whether `If-Match` must be sent.",
                  "enum": [
                    "required",
                    "optional"
                  ],
                  "default": "optional"
                },
                "body": {
                  "type": "object",
                  "additionalProperties": false,
                  "properties": {
                    "types": {
                      "description": "Media types, lower case, without parameters.",
                      "type": "array",
                      "minItems": 1,
                      "uniqueItems": true,
                      "items": {
                        "type": "string",
                        "pattern": "^[a-z0-9!#$%&'+.^_`|~-]+/[a-z0-9!#$%&'+.^_`|~-]+$"
                      }
                    },
                    "max": {
                      "description": "A size: `64KiB`; B, KiB, MiB or GiB.",
                      "type": "string",
                      "pattern": "^[0-9]+(B|KiB|MiB|GiB)$"
                    }
                  }
                },
                "rate": {
                  "description": "Requests of one principal in a second, minute or hour: `50/s`.",
                  "type": "string",
                  "pattern": "^0*[1-9][0-9]*/(s|m|h)$"
                },
                "timeout": {
                  "description": "How long an answer may take: `10s`; ms, s, m, h or d.",
                  "type": "string",
                  "pattern": "^0*[1-9][0-9]*(ms|s|m|h|d)$"
                },
                "upgrade": {
                  "description": "What a connection may switch to; upstreams only.",
                  "enum": [
                    "websocket"
                  ]
                },
                "because": {
                  "description": "Why the route is as it is, for people.",
                  "$ref": "#/$defs/text"
                },
                "to": {
                  "description": "`provisioning`, or the name of an upstream of gateway.yaml.",
                  "type": "string",
                  "minLength": 1
                }
              },
              "if": {
                "required": [
                  "closed"
                ],
                "properties": {
                  "closed": {
                    "const": true
                  }
                }
              },
              "then": true,
              "else": {
                "required": [
                  "to"
                ]
              },
              "allOf": [
                {
                  "if": {
                    "required": [
                      "public"
                    ],
                    "properties": {
                      "public": {
                        "const": true
                      }
                    }
                  },
                  "then": {
                    "properties": {
                      "needs": false,
                      "object": false,
                      "callers": false,
                      "signed": false,
                      "closed": false
                    }
                  }
                },
                {
                  "if": {
                    "required": [
                      "upgrade"
                    ]
                  },
                  "then": {
                    "properties": {
                      "to": {
                        "not": {
                          "const": "provisioning"
                        }
                      }
                    }
                  }
                }
              ]
            },
            "denyRule": {
              "type": "object",
              "required": [
                "id",
                "when"
              ],
              "additionalProperties": false,
              "properties": {
                "id": {
                  "$ref": "#/$defs/name"
                },
                "because": {
                  "description": "Told to the caller.",
                  "$ref": "#/$defs/text"
                },
                "when": {
                  "description": "All keys given must match; a key matches by any of its values.",
                  "type": "object",
                  "minProperties": 1,
                  "additionalProperties": false,
                  "properties": {
                    "caller": {
                      "oneOf": [
                        {
                          "$ref": "#/$defs/reference"
                        },
                        {
                          "type": "array",
                          "items": {
                            "$ref": "#/$defs/reference"
                          },
                          "uniqueItems": true,
                          "minItems": 1
                        }
                      ]
                    },
                    "partner": {
                      "oneOf": [
                        {
                          "$ref": "#/$defs/partner"
                        },
                        {
                          "type": "array",
                          "items": {
                            "$ref": "#/$defs/partner"
                          },
                          "uniqueItems": true,
                          "minItems": 1
                        }
                      ]
                    },
                    "subject": {
                      "oneOf": [
                        {
                          "$ref": "#/$defs/text"
                        },
                        {
                          "type": "array",
                          "items": {
                            "$ref": "#/$defs/text"
                          },
                          "uniqueItems": true,
                          "minItems": 1
                        }
                      ]
                    },
                    "role": {
                      "oneOf": [
                        {
                          "$ref": "#/$defs/reference"
                        },
                        {
                          "type": "array",
                          "items": {
                            "$ref": "#/$defs/reference"
                          },
                          "uniqueItems": true,
                          "minItems": 1
                        }
                      ]
                    },
                    "scope": {
                      "oneOf": [
                        {
                          "$ref": "#/$defs/reference"
                        },
                        {
                          "type": "array",
                          "items": {
                            "$ref": "#/$defs/reference"
                          },
                          "uniqueItems": true,
                          "minItems": 1
                        }
                      ]
                    },
                    "route": {
                      "oneOf": [
                        {
                          "$ref": "#/$defs/reference"
                        },
                        {
                          "type": "array",
                          "items": {
                            "$ref": "#/$defs/reference"
                          },
                          "uniqueItems": true,
                          "minItems": 1
                        }
                      ]
                    },
                    "network": {
                      "oneOf": [
                        {
                          "$ref": "#/$defs/network"
                        },
                        {
                          "type": "array",
                          "items": {
                            "$ref": "#/$defs/network"
                          },
                          "uniqueItems": true,
                          "minItems": 1
                        }
                      ]
                    }
                  }
                }
              }
            },
            "test": {
              "type": "object",
              "required": [
                "as"
              ],
              "additionalProperties": false,
              "anyOf": [
                {
                  "required": [
                    "may"
                  ]
                },
                {
                  "required": [
                    "may-not"
                  ]
                }
              ],
              "properties": {
                "as": {
                  "$ref": "#/$defs/testSubject"
                },
                "may": {
                  "description": "`ROUTE`, `ROUTE own` or `ROUTE other`; a route with an object named alone means both.",
                  "type": "array",
                  "items": {
                    "$ref": "#/$defs/target"
                  },
                  "uniqueItems": true,
                  "minItems": 1
                },
                "may-not": {
                  "type": "array",
                  "items": {
                    "$ref": "#/$defs/target"
                  },
                  "uniqueItems": true,
                  "minItems": 1
                }
              }
            },
            "target": {
              "type": "string",
              "pattern": "^\\S+( (own|other))?$"
            },
            "testSubject": {
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "partner": {
                  "description": "A partner, whose tenant is its id unless given.",
                  "$ref": "#/$defs/partner"
                },
                "caller": {
                  "description": "A caller of this policy.",
                  "$ref": "#/$defs/reference"
                },
                "anonymous": {
                  "description": "No credential.",
                  "const": true
                },
                "roles": {
                  "type": "array",
                  "items": {
                    "$ref": "#/$defs/reference"
                  },
                  "uniqueItems": true
                },
                "scopes": {
                  "description": "Narrows what the roles grant.",
                  "type": "array",
                  "items": {
                    "$ref": "#/$defs/reference"
                  },
                  "uniqueItems": true
                },
                "tenant": {
                  "$ref": "#/$defs/text"
                },
                "subject": {
                  "$ref": "#/$defs/text"
                },
                "network": {
                  "$ref": "#/$defs/network"
                }
              },
              "oneOf": [
                {
                  "required": [
                    "partner"
                  ]
                },
                {
                  "required": [
                    "caller"
                  ]
                },
                {
                  "required": [
                    "anonymous"
                  ],
                  "properties": {
                    "roles": false,
                    "scopes": false,
                    "tenant": false,
                    "subject": false
                  }
                }
              ]
            }
          }
        }
        """#
}
