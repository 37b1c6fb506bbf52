# The commands of this project; .ci/run calls the same ones.
#   make run      set up, build, start on 127.0.0.1:8080 and print commands to paste
#   make test     set up and run every test
#   make demo     play the whole story on a free port, then stop
#   make fuzz     fuzz the parsers for SECONDS (60 unless given) each

SHELL := /bin/bash
SYSTEM_PACKAGES := ca-certificates curl git libpq-dev libsqlite3-dev libssl-dev pkg-config
# The tests start a PostgreSQL server and a web server of their own, step clocks, make certificates, and run tools written in Python.
TEST_PACKAGES := libfaketime nginx-light openssl postgresql python3 python3-venv
GATEHOUSE := .build/release/gatehouse

.PHONY: run test demo build bench soak fuzz format check setup clean

run: build
	@[ -e keys/tokens.jwks.json ] || $(GATEHOUSE) init
	@exec $(GATEHOUSE) serve --guide

# The tests start programs, servers and connections of their own: of more than eight at once, most would only wait for the others.
# What failed is told again at the end, where it is looked for.
test: SYSTEM_PACKAGES += $(TEST_PACKAGES)
test: setup
	swift build --build-tests
	@set -o pipefail; export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=8; \
	swift test --skip-build 2>&1 | tee .build/test.log || { \
	  echo; echo "What failed, out of .build/test.log:"; grep -aE '✘|↳|[Ff]atal error|signal code' .build/test.log; exit 1; }

demo: build
	@.ci/demo.sh $(GATEHOUSE)

build: setup
	swift build -c release --product gatehouse --static-swift-stdlib

bench: build
	swift build -c release --product Measure --static-swift-stdlib
	@Benchmarks/run.sh $(GATEHOUSE)

# Ten minutes of mixed traffic, and whether memory comes back.
soak: build
	@python3 Benchmarks/soak.py $(GATEHOUSE)

SECONDS ?= 60
fuzz: setup
	@Fuzz/run.sh $(SECONDS)

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks/Measure

# The formatting, then the tests.
check:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks/Measure
	$(MAKE) test

# Installs the system packages that are missing, and only those. Debian would make a PostgreSQL cluster and start it as a service:
# while the server is installed, its configuration says not to.
CLUSTERS := /etc/postgresql-common/createcluster.conf
setup:
	@missing=; for package in $(SYSTEM_PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "installing:$$missing"; \
	  as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	  install="env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"; \
	  $$as_root apt-get update -qq || exit 1; \
	  case "$$missing" in *" postgresql"*) \
	    $$as_root $$install postgresql-common || exit 1; \
	    $$as_root sed -i.gatehouse 's/^#\?create_main_cluster *=.*/create_main_cluster = false/' $(CLUSTERS);; \
	  esac; \
	  $$as_root $$install $$missing; result=$$?; \
	  [ ! -e $(CLUSTERS).gatehouse ] || $$as_root mv $(CLUSTERS).gatehouse $(CLUSTERS); \
	  exit $$result; \
	fi
	@command -v swift >/dev/null || { echo "error: no swift on the PATH; install a Swift 6.3 toolchain from swift.org" >&2; exit 1; }

clean:
	rm -rf .build
