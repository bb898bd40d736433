# jesfs: make, make check, make run. Objects and programs go to build/.
#
# VARIANT is the kind of build: release, or what SAN= asks for.
#   make SAN=address,undefined check
#   make SAN=thread check
CC = gcc
comma = ,
VARIANT = $(if $(SAN),$(subst $(comma),-,$(SAN)),release)
BUILD = build/$(VARIANT)

WARNINGS = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wvla -Wformat=2
CFLAGS = -std=c17 -O2 -g $(WARNINGS)
CPPFLAGS = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DFUSE_USE_VERSION=314 -Iinclude
SANITIZE = $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
LDFLAGS = -pthread
LIBS = -lfuse3 -lsqlite3

# Packages are installed before anything is compiled.
PACKAGES = build/packages

SOURCES = $(wildcard fs/*.c forwarder/*.c)
OBJECTS = $(SOURCES:%.c=$(BUILD)/%.o)
LIBRARY = $(BUILD)/libjesfs.a
PROGRAM = $(BUILD)/jesfs
TESTS = $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/test_*.c))
HELPERS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support_*.c))

all: $(PROGRAM)

$(PROGRAM): $(patsubst %.c,$(BUILD)/%.o,$(wildcard mount/*.c)) $(LIBRARY)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIBS)

$(LIBRARY): $(OBJECTS)
	rm -f $@
	ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(shell pkg-config --cflags fuse3) $(CFLAGS) $(SANITIZE) -pthread -MMD -MP -c -o $@ $<

$(BUILD)/test_%: $(BUILD)/tests/test_%.o $(HELPERS) $(LIBRARY)
	$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(LIBS) -lcheck -lsubunit -lm -lrt

check: $(PROGRAM) $(TESTS)
	@for t in $(TESTS); do $$t || exit 1; done

clean:
	rm -rf build

-include $(wildcard $(BUILD)/*/*.d)
.PHONY: all check clean
.SECONDARY:
