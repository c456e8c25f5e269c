# Short names for the tasks; Meson and ninja do the work, in build/.
#
#   make            build/sealmail and build/libsealmail.so
#   make check      every test (./check; options in CHECK="--quick")
#   make check-asan, make check-valgrind
#   make lint       the house rules
#   make fuzz       every fuzzer for FUZZ_SECONDS each
#   make bench      against openssl cms; writes docs/BENCH.md
#   make soak       full counts and big messages, hours; writes docs/SOAK.md
#   make man        the manual pages as text and HTML, in build/man
#   make install    DESTDIR= PREFIX=

PREFIX ?= /usr/local
BUILD = build
FUZZ_SECONDS ?= 60

.PHONY: all check check-asan check-valgrind fuzz bench soak lint man install clean

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@meson setup $(BUILD) . --prefix $(PREFIX)

check:
	@./check $(CHECK)

check-asan:
	@./check --only asan $(CHECK)

check-valgrind:
	@./check --only valgrind $(CHECK)

lint:
	@tools/lint

fuzz:
	@tools/fuzz $(FUZZ_SECONDS)

bench: all
	@python3 -B bench/bench.py $(BENCH)

soak: all
	@tools/soak $(SOAK)

man:
	@tools/man $(BUILD)/man

install: all
	@meson configure $(BUILD) --prefix $(PREFIX)
	@meson install -C $(BUILD) $(if $(DESTDIR),--destdir $(DESTDIR)) --quiet

clean:
	@rm -rf $(BUILD)
