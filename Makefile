# The commands of this project; .ci/run calls the same ones.
#   make run      set up, build, start on 127.0.0.1:8080 and print commands to paste
#   make test     set up and run every test
#   make demo     play the whole story on a free port, then stop

SHELL := /bin/bash
SYSTEM_PACKAGES := ca-certificates curl git libpq-dev libsqlite3-dev libssl-dev pkg-config
GATEHOUSE := .build/release/gatehouse

.PHONY: run test demo build bench format check setup clean

run: build
	@[ -e keys/tokens.jwks.json ] || $(GATEHOUSE) init
	@exec $(GATEHOUSE) serve --guide

test: setup
	swift build --build-tests
	swift test --skip-build

demo: build
	@.ci/demo.sh $(GATEHOUSE)

build: setup
	swift build -c release --product gatehouse

bench: build
	@Benchmarks/run.sh $(GATEHOUSE)

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests

# The formatting, then the tests.
check:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests
	$(MAKE) test

# Installs the system packages that are missing, and only those.
setup:
	@missing=; for package in $(SYSTEM_PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "installing:$$missing"; \
	  as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	  $$as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends $$missing; \
	fi
	@command -v swift >/dev/null || { echo "error: no swift on the PATH; install a Swift 6.3 toolchain from swift.org" >&2; exit 1; }

clean:
	rm -rf .build
