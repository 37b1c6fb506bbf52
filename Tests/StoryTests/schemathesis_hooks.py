"""What the document cannot say."""

import uuid

import schemathesis

LIMITS = {"name": 200, "address": 500, "phone": 50, "externalId": 100, "tenant": 200}


def fits(text, limit):
    """JSON Schema counts code points, the API UTF-16 code units: false for a text that only the former has fit."""
    return not isinstance(text, str) or not len(text) <= limit < len(text.encode("utf-16-le", "surrogatepass")) // 2


def all_fit(fields):
    if not isinstance(fields, dict):
        return True
    metadata = fields.get("metadata")
    entries = metadata.items() if isinstance(metadata, dict) else []
    return all(fits(fields.get(name), limit) for name, limit in LIMITS.items()) and all(
        fits(key, 40) and fits(value, 500) for key, value in entries
    )


@schemathesis.hook
def filter_body(context, body):
    return all_fit(body)


@schemathesis.hook
def filter_query(context, query):
    return all_fit(query)


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    # A cursor that was made up is none of this list, and refused.
    if case.operation.label == "GET /api/provisioning/customers" and case.query:
        case.query.pop("cursor", None)
    # The same key for another body is refused.
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
