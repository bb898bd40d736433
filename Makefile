# jesfs. Objects and programs go to build/VARIANT/.
#
#   make                    the programs: build/release/jesfs, and jes
#   make run                a first mail, and a mount to play with
#   make check              all tests; make check T=test_reply for one
#   make install            DESTDIR=, PREFIX=/usr/local; make uninstall
#   make lint               form, analyzers, layers
#   make fresh              both README commands in an empty Debian
#   make memcheck           unit tests under valgrind
#   make coverage           lines that no test reached
#   make fuzz F=reply T=60  one fuzzer for T seconds
#   make crash N=200        N kills and N power cuts
#   make fsx N=100000       an open data set against a model; SEED= repeats
#   make model              sequences of calls against a model; SEED=1
#   make corpus             what is expected on the wire, worked out again
#   make bench              speed and size; SHORT=1 to try it, B=B1,S5 for two
#
# SAN=address,undefined or SAN=thread makes a sanitizer variant of any of
# them, CC=clang one of the other compiler. Missing Debian packages are
# installed first (tests/packages); until then make and a shell will do.

CC = gcc
SAN =
comma = ,
VARIANT = $(or $(subst $(comma),-,$(SAN)),release)
VARIANT += $(findstring clang,$(CC))
SANITIZE = $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
OPTIMIZE = -O2

ifneq ($(filter coverage,$(MAKECMDGOALS)),)
VARIANT = coverage
SANITIZE = --coverage
OPTIMIZE = -O0
endif
ifneq ($(filter fuzz,$(MAKECMDGOALS)),)
VARIANT = fuzz
CC = clang
SANITIZE = -fsanitize=fuzzer-no-link,address,undefined
FUZZ_LINK = -fsanitize=fuzzer
endif

BUILD = build/$(subst $() ,-,$(strip $(VARIANT)))

WARNINGS = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wvla -Wformat=2
WARNINGS += $(if $(findstring clang,$(CC)),-Wthread-safety)
CFLAGS = -std=c17 $(OPTIMIZE) -g -fno-omit-frame-pointer $(WARNINGS)
CPPFLAGS = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DFUSE_USE_VERSION=314 \
	-Iinclude
# Asked for when a command runs, not before: pkg-config may still be missing.
LIB_CFLAGS = $$(pkg-config --cflags fuse3 sqlite3 zlib libidn2)
LIBS = $$(pkg-config --libs fuse3 sqlite3 zlib libidn2)
CHECK_LIBS = $$(pkg-config --libs check)

COMPILE = $(CC) $(CPPFLAGS) $(LIB_CFLAGS) $(CFLAGS) $(SANITIZE) -pthread
LINK = $(CC) $(SANITIZE) -pthread

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)))
programs = $(patsubst tests/%.c,$(BUILD)/%,$(wildcard $(1)))

LIBRARY = $(BUILD)/libjesfs.a
PROGRAM = $(BUILD)/jesfs
JES = $(BUILD)/jes
UMOUNT = $(BUILD)/umount.fuse.jesfs
SUPPORT = $(call objects,tests/support_*.c)
# What tests start beside the program.
LAYERS = $(BUILD)/powercut.so $(BUILD)/stuckdisk.so $(BUILD)/wallclock.so
TOOLS = $(BUILD)/capture $(LAYERS)
FUZZERS = $(call programs,tests/fuzz_*.c)
BENCH = $(call programs,tests/bench_*.c)
E2E = $(call programs,tests/test_e2e_*.c)
UNIT = $(filter-out $(E2E),$(call programs,tests/test_*.c))
TESTS = $(UNIT) $(E2E)

# Tests that make calls fail name those calls: the linker sends them to the
# test's __wrap_CALL first.
WRAP = $(WRAP_$(@F):%=-Wl,--wrap=%)
WRAP_test_answer_record = calloc
WRAP_test_bsmtp_memory = calloc malloc realloc
WRAP_test_forwarder_owner = getpwuid_r
WRAP_test_forwarder_store = calloc
WRAP_test_message_memory = calloc malloc realloc
WRAP_test_fs_forget = write fuse_lowlevel_notify_inval_entry fs_session_new \
	malloc_trim
WRAP_test_store_faults = malloc calloc realloc
WRAP_test_spool_memory = calloc realloc reallocarray strdup getrandom \
	pthread_create

# Every processor has a job; JOBS=1 goes one by one.
JOBS = $(shell nproc)
MAKEFLAGS += -j$(JOBS)

# V=1 shows the commands themselves.
ifndef V
.SILENT:
endif
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all bench check clean corpus coverage crash fresh fsx fuzz install lint \
	memcheck model mountable programs run uninstall

all: $(PROGRAM) $(JES) $(UMOUNT)

# ---- how things are made ------------------------------------------------

build/packages/%: tests/packages tests/setup
	mkdir -p $(@D)
	tests/setup $*
	touch $@

build/packages/unpacked: tests/packages tests/zoo/unpack
	mkdir -p $(@D)
	tests/zoo/unpack build/unpacked
	touch $@

build/packages/smuggling: | build/packages/exim
build/packages/smuggling build/packages/realmail: tests/packages \
		tests/zoo/unpack
	mkdir -p $(@D)
	tests/zoo/unpack build/$(@F) $(@F)
	touch $@

$(BUILD)/%.o: %.c | build/packages/build
	echo 'compile $<'
	mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<

$(call objects,tests/*.c): | build/packages/test

$(LIBRARY): $(call objects,fs/*.c forwarder/*.c)
	rm -f $@
	ar rcs $@ $^

# Of umount(8), on its own.
UMOUNT_OBJECTS = \
	$(patsubst %,$(BUILD)/mount/%.o,umount ending occupants inquiry readable \
	mount_table)

JES_OBJECTS = $(call objects,mount/jes.c mount/jes_*.c)

$(PROGRAM): $(filter-out $(UMOUNT_OBJECTS) $(JES_OBJECTS), \
		$(call objects,mount/*.c)) \
		$(patsubst %,$(BUILD)/mount/%.o,inquiry readable mount_table) \
		$(LIBRARY)
	echo 'link $@'
	$(LINK) -o $@ $^ $(LIBS)

$(JES): $(JES_OBJECTS) $(LIBRARY)
	echo 'link $@'
	$(LINK) -o $@ $^ $(LIBS)

$(UMOUNT): $(UMOUNT_OBJECTS) $(LIBRARY)
	echo 'link $@'
	$(LINK) -o $@ $^

$(BUILD)/test_%: $(BUILD)/tests/test_%.o $(SUPPORT) $(LIBRARY)
	echo 'link $@'
	$(LINK) $(WRAP) -o $@ $^ $(LIBS) $(CHECK_LIBS)

# What mount/ has is in no library.
$(BUILD)/test_options: $(BUILD)/mount/options.o $(BUILD)/mount/mount_words.o
$(BUILD)/test_inquiry: $(patsubst %,$(BUILD)/mount/%.o,inquiry readable)
$(BUILD)/test_mount_point: \
	$(patsubst %,$(BUILD)/mount/%.o,inquiry readable) \
	$(patsubst %,$(BUILD)/mount/mount_%.o,point guard table)
$(BUILD)/test_occupants: \
	$(patsubst %,$(BUILD)/mount/%.o,occupants mount_table)
$(BUILD)/test_program: | $(PROGRAM)
$(BUILD)/test_jes: | $(JES)
$(BUILD)/test_e2e_zoo: | build/packages/zoo build/packages/unpacked
$(BUILD)/test_e2e_names: | build/packages/zoo

# A fuzzer replays the files it is given, unless libFuzzer drives it.
$(BUILD)/fuzz_%: $(BUILD)/tests/fuzz_%.o $(LIBRARY) \
		$(if $(FUZZ_LINK),,$(BUILD)/tests/replay.o)
	echo 'link $@'
	$(LINK) $(FUZZ_LINK) -o $@ $^ $(LIBS)

$(BUILD)/capture: $(call objects,tests/capture*.c) $(LIBRARY)
	echo 'link $@'
	$(LINK) -o $@ $^

$(BUILD)/%: $(BUILD)/tests/%.o $(LIBRARY)
	echo 'link $@'
	$(LINK) -o $@ $^ $(LIBS)

# A layer beneath the program, and so beneath the sanitizers in it.
$(BUILD)/powercut.so: $(wildcard tests/powercut*.[ch])
$(BUILD)/stuckdisk.so: tests/stuckdisk.c
$(BUILD)/wallclock.so: tests/wallclock.c
$(LAYERS): SANITIZE =
$(LAYERS): | build/packages/build
	echo 'link $@'
	mkdir -p $(@D)
	$(COMPILE) -shared -fPIC -o $@ $(filter %.c,$^)

-include $(wildcard $(BUILD)/*/*.d)

# ---- what people ask for ------------------------------------------------

programs: $(PROGRAM) $(JES) $(UMOUNT) $(TOOLS) $(TESTS) $(FUZZERS)

CHECKED = $(or $(T),$(notdir $(TESTS) $(FUZZERS)) model $(PEERS))
PEERS = smuggling realmail

check: programs $(patsubst %,build/packages/%,$(filter $(PEERS),$(CHECKED)))
	tests/check $(BUILD) $(CHECKED)

# Says what is missing before anything is installed or built.
mountable:
	tests/run --can-mount

run: mountable $(PROGRAM) $(TOOLS)
	tests/run $(BUILD)

lint: build/packages/build build/packages/test build/packages/lint
	tests/lint $(CPPFLAGS) $(LIB_CFLAGS) $(CFLAGS)

fresh: build/packages/fresh
	tests/fresh

# Possibly lost are stacks of threads that a test ends by ending its process,
# and all of SQLite's memory, which it points to behind a size.
LEAKS = --leak-check=full --show-leak-kinds=definite \
	--errors-for-leak-kinds=definite

memcheck: build/packages/memcheck $(UNIT)
	CHECK_WITH='valgrind -q $(LEAKS) --error-exitcode=1' \
		tests/check $(BUILD) $(notdir $(UNIT))

coverage: programs
	tests/check $(BUILD) $(notdir $(TESTS) $(FUZZERS))
	tests/coverage $(BUILD)

fuzz: build/packages/fuzz build/fuzz/fuzz_$(F)
	mkdir -p build/fuzz/corpus/$(F)
	build/fuzz/fuzz_$(F) -max_total_time=$(or $(T),60) \
		build/fuzz/corpus/$(F) tests/corpus/$(F)

crash: $(PROGRAM) $(TOOLS) $(BUILD)/test_e2e_crash
	CRASH_ROUNDS=$(or $(N),200) $(BUILD)/test_e2e_crash

fsx: $(PROGRAM) $(TOOLS) $(BUILD)/test_e2e_fsx
	FSX_OPERATIONS=$(or $(N),100000) $(SEED:%=FSX_SEED=%) \
		$(BUILD)/test_e2e_fsx

# What make check plays 500 random sequences of, and all short ones.
model: build/packages/test $(PROGRAM)
	python3 -B tests/model $(BUILD) $(SEED:%=--seed %)

# By Python and iconv alone.
corpus: build/packages/test
	python3 -B tests/corpus/wire.py

bench: build/packages/bench $(PROGRAM) $(JES) $(BENCH)
	python3 -B tests/bench $(BUILD) $(SHORT:%=--short) $(B:%=--only %)

# mount(8) and umount(8) look for their helpers in /sbin alone.
PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
SBINDIR = $(PREFIX)/sbin
UNITDIR = $(PREFIX)/lib/systemd/system
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/jesfs
HELPERDIR = /sbin
SYSCONFDIR = /etc
CONFIG = $(DESTDIR)$(SYSCONFDIR)/jesfs
SAMPLES = docs/examples
SET_PATHS = sed -e 's,@sbindir@,$(SBINDIR),' -e 's,@sysconfdir@,$(SYSCONFDIR),'

# A configuration that is there stays as it is, and gets no other writer.
install: $(PROGRAM) $(JES) $(UMOUNT)
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(BINDIR) \
		$(DESTDIR)$(UNITDIR) $(DESTDIR)$(MANDIR)/man1 \
		$(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man7 \
		$(DESTDIR)$(DOCDIR) $(DESTDIR)$(HELPERDIR) $(CONFIG)/writers
	install -m 755 $(PROGRAM) $(DESTDIR)$(SBINDIR)
	install -m 755 $(JES) $(DESTDIR)$(BINDIR)
	install -m 644 docs/jes.1 $(DESTDIR)$(MANDIR)/man1
	install -m 644 docs/jesfs.conf.5 $(DESTDIR)$(MANDIR)/man5
	install -m 644 docs/jes-spool.7 $(DESTDIR)$(MANDIR)/man7
	install -m 644 $(SAMPLES)/CSSMTP.conf $(DESTDIR)$(DOCDIR)
	ln -sf $(SBINDIR)/jesfs $(DESTDIR)$(HELPERDIR)/mount.fuse.jesfs
	install -m 755 $(UMOUNT) $(DESTDIR)$(HELPERDIR)
	$(SET_PATHS) $(SAMPLES)/jesfs.service | \
		install -m 644 /dev/stdin $(DESTDIR)$(UNITDIR)/jesfs.service
	[ -e $(CONFIG)/jesfs.conf ] || [ -e $(CONFIG)/writers/MAIL.conf ] || \
		install -m 644 $(SAMPLES)/MAIL.conf $(CONFIG)/writers
	[ -e $(CONFIG)/jesfs.conf ] || $(SET_PATHS) $(SAMPLES)/jesfs.conf | \
		install -m 644 /dev/stdin $(CONFIG)/jesfs.conf

# The configuration and the spool are not ours to take away.
uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/jesfs $(DESTDIR)$(BINDIR)/jes \
		$(DESTDIR)$(UNITDIR)/jesfs.service \
		$(DESTDIR)$(MANDIR)/man1/jes.1 \
		$(DESTDIR)$(MANDIR)/man5/jesfs.conf.5 \
		$(DESTDIR)$(MANDIR)/man7/jes-spool.7 \
		$(DESTDIR)$(DOCDIR)/CSSMTP.conf \
		$(DESTDIR)$(HELPERDIR)/mount.fuse.jesfs \
		$(DESTDIR)$(HELPERDIR)/umount.fuse.jesfs

clean:
	rm -rf build
