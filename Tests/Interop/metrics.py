"""Reads /metrics with the parser of prometheus_client and checks what the contract names."""

import sys
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

with urllib.request.urlopen(sys.argv[1], timeout=30) as answer:
    text = answer.read().decode()

families = {family.name: family for family in text_string_to_metric_families(text)}
assert text.endswith("\n")

# The parser drops the `_total` of a counter from the name of its family.
expected = {
    "gatehouse_requests": ("counter", {"route", "decision", "reason", "status"}),
    "gatehouse_request_duration_seconds": ("histogram", None),
    "gatehouse_token_cache_hits": ("counter", set()),
    "gatehouse_token_cache_misses": ("counter", set()),
    "gatehouse_reloads": ("counter", {"outcome"}),
    "gatehouse_policy_stale": ("gauge", set()),
    "gatehouse_shadow_disagreements": ("counter", {"route", "live", "shadow"}),
    "gatehouse_decisions_unwritten": ("counter", set()),
    "gatehouse_build_info": ("gauge", {"version"}),
    "gatehouse_policy_info": ("gauge", {"digest"}),
    "gatehouse_revocations_age_seconds": ("gauge", set()),
    "process_cpu_seconds": ("counter", set()),
    "process_resident_memory_bytes": ("gauge", set()),
    "process_virtual_memory_bytes": ("gauge", set()),
    "process_open_fds": ("gauge", set()),
    "process_max_fds": ("gauge", set()),
    "process_start_time_seconds": ("gauge", set()),
}
for name, (kind, labels) in expected.items():
    family = families.get(name)
    assert family is not None, f"{name} is missing"
    assert family.type == kind, f"{name} is a {family.type}"
    assert family.documentation, f"{name} has no help"
    for sample in family.samples:
        assert labels is None or set(sample.labels) == labels, f"{name} has the labels {sample.labels}"

seen = set()
for family in families.values():
    for sample in family.samples:
        key = (sample.name, tuple(sorted(sample.labels.items())))
        assert key not in seen, f"twice: {key}"
        seen.add(key)

histogram = families["gatehouse_request_duration_seconds"].samples
buckets = [s for s in histogram if s.name.endswith("_bucket")]
assert [float(b.labels["le"]) for b in buckets] == sorted(float(b.labels["le"]) for b in buckets)
assert [b.value for b in buckets] == sorted(b.value for b in buckets)
count = next(s.value for s in histogram if s.name.endswith("_count"))
assert buckets[-1].labels["le"] == "+Inf" and buckets[-1].value == count
assert next(s.value for s in histogram if s.name.endswith("_sum")) > 0


def value(name):
    return families[name].samples[0].value


assert value("process_resident_memory_bytes") > 1_000_000
assert 3 < value("process_open_fds") < value("process_max_fds")
assert value("process_start_time_seconds") > 1_700_000_000
assert value("process_cpu_seconds") > 0

for sample in families["gatehouse_requests"].samples:
    labels = sample.labels
    print("requests", labels["route"], labels["decision"], labels["reason"], labels["status"], int(sample.value))
print("duration", int(count))
print(
    "cache hits", int(value("gatehouse_token_cache_hits")), "misses", int(value("gatehouse_token_cache_misses")),
    "entries", int(value("gatehouse_token_cache_entries")),
)
