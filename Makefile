# SPDX-License-Identifier: MIT
#
# One Makefile, no recursion.  Nothing is built outside $(OUT); each variant
# keeps its own objects.  `make help` lists the targets.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/sh

VERSION := 0.1.0

VARIANT ?= release
BUILD   ?= build
# The release artifacts stand at build/ itself; other variants in build/VARIANT/.
OUT     := $(BUILD)$(if $(filter-out release,$(VARIANT)),/$(VARIANT))
OBJ     := $(OUT)/obj

PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
# Debian's collectd looks nowhere else.
PLUGINDIR ?= /usr/lib/collectd
# Where the shells look, of Debian and of those who wrote them; for zsh with PREFIX=/usr
# it is vendor-completions there.
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR  ?= $(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
FISHCOMPDIR ?= $(PREFIX)/share/fish/vendor_completions.d

Q    := $(if $(filter 1,$(V)),,@)
say   = $(if $(Q),@printf '  %-6s %s\n' $(1) $(2))
PKG_CONFIG ?= pkg-config

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wvla -Wformat=2 -Wpointer-arith -Wundef

CPPFLAGS += -Icommon -D_GNU_SOURCE -DAISEARCH_VERSION='"$(VERSION)"'
CFLAGS   += -std=gnu17 -g -fPIC -fvisibility=hidden -MMD -MP $(WARN) $(CFLAGS-$(VARIANT))
LDFLAGS  += -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(LDFLAGS-$(VARIANT))

CFLAGS-release  := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection
CFLAGS-asan     := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined \
		   -fno-omit-frame-pointer
LDFLAGS-asan    := -fsanitize=address,undefined

CFLAGS-tsan     := -O1 -fsanitize=thread -fno-omit-frame-pointer
LDFLAGS-tsan    := -fsanitize=thread

ifeq ($(filter $(VARIANT),release asan tsan),)
$(error VARIANT is release, asan or tsan, not '$(VARIANT)')
endif

# --- rooms -----------------------------------------------------------------

sources = $(sort $(wildcard $(1)/*.c))
objects = $(patsubst %.c,$(OBJ)/%.o,$(call sources,$(1)))
floor   = $(OBJ)/lib$(1).a

FLOORS  := base json vault cloudflare indexing provision
SODIUM  := $(shell $(PKG_CONFIG) --libs libsodium)
SQLITE  := $(shell $(PKG_CONFIG) --libs sqlite3)
JSON    := $(shell $(PKG_CONFIG) --libs json-c)
CURL    := $(shell $(PKG_CONFIG) --libs libcurl)
MHD     := $(shell $(PKG_CONFIG) --libs libmicrohttpd)

# Git starts the helper several times for each remote: half of what a dynamic one takes
# passes before main().  STATIC=yes|no forces it; by default it is static where the
# archives are, and where no sanitizer needs to be loaded first.
archive   = $(filter /%,$(shell $(CC) -print-file-name=$(1)))
STATIC   ?= $(if $(and $(filter release,$(VARIANT)),$(call archive,libc.a),$(call archive,rcrt1.o),\
	    $(call archive,libsqlite3.a),$(call archive,libsodium.a),$(call archive,libjson-c.a)),yes,no)
STATIC   := $(STATIC)
ifeq ($(filter $(STATIC),yes no),)
$(error STATIC is yes or no, not '$(STATIC)')
endif
# See plugin/credential/static.c.
PIE-yes  := -static-pie -Wl,-z,pack-relative-relocs -Wl,--wrap=dlopen,--wrap=dlsym,--wrap=dlclose,--wrap=dlerror
PIE-no   := -pie

PLUGIN   := $(OUT)/aisearch.so
HELPER   := $(OUT)/git-credential-aisearch
COMMAND  := $(OUT)/aisearch
EMULATOR := $(OUT)/aisearch-emulator
UNIT     := $(OUT)/unit
SIM      := $(OUT)/sim
SINK     := $(OUT)/sink.so
PEER     := $(OUT)/peer
WARP     := $(OUT)/warp.so
CYCLES   := $(OUT)/cycles
KILLAT   := $(OUT)/killat
# The helper for tools that must come first at run time, as valgrind.
DYNAMIC  := $(OUT)/dynamic/git-credential-aisearch
PROGRAMS := $(PLUGIN) $(HELPER) $(COMMAND) $(EMULATOR)
# Names that make the helper speak another protocol than git's.
LINKS    := $(addprefix $(OUT)/,docker-credential-aisearch bazel-credential-aisearch \
	    terraform-credentials-aisearch)

# Made by the command itself, from its tables.
MANUAL   := $(OUT)/aisearch.1
SCRIPTS  := $(addprefix $(OUT)/completion/,bash zsh fish)

.PHONY: all
all: $(PROGRAMS) $(LINKS) $(MANUAL) $(SCRIPTS)

$(LINKS): $(HELPER)
	$(Q)ln -sf $(notdir $(HELPER)) $@

# One archive per floor: what a program may not know, it does not link.
# The order of each list is the stairs, top to ground.
PLUGIN-floors   := indexing cloudflare json base
HELPER-floors   := vault json base
COMMAND-floors  := provision indexing cloudflare vault json base
EMULATOR-floors := base
UNIT-floors     := $(COMMAND-floors)
# The command's pure rooms.
UNIT-command    := complete table output doctor_judge
SIM-floors      := indexing cloudflare json base
CYCLES-floors   := $(SIM-floors)

$(PLUGIN):   LDLIBS = $(CURL) $(JSON) $(SODIUM) -lpthread
$(HELPER) $(DYNAMIC): LDLIBS = $(JSON) $(SQLITE) $(SODIUM) -lm
$(HELPER):   PIE = $(PIE-$(STATIC))
PIE      = -pie
$(COMMAND):  LDLIBS = $(CURL) $(JSON) $(SQLITE) $(SODIUM) -lpthread -lm
$(EMULATOR): LDLIBS = $(MHD) $(JSON) $(SQLITE) $(SODIUM) -lpthread -lm
$(SIM) $(CYCLES): LDLIBS = $(CURL) $(JSON) $(SODIUM) -lpthread
$(UNIT):     LDLIBS = $(CURL) $(JSON) $(SQLITE) $(SODIUM) -lcunit -lpthread -lm


$(PLUGIN): $(call objects,plugin/collectd) $(foreach f,$(PLUGIN-floors),$(call floor,$(f)))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,--exclude-libs,ALL -o $@ $^ $(LDLIBS)

$(HELPER) $(DYNAMIC): $(call objects,plugin/credential) $(foreach f,$(HELPER-floors),$(call floor,$(f)))
$(COMMAND): $(call objects,plugin/command) $(foreach f,$(COMMAND-floors),$(call floor,$(f)))
$(EMULATOR): $(call objects,contrib/emulator) $(foreach f,$(EMULATOR-floors),$(call floor,$(f)))
# The doors' rooms are tested too, without their main(); of the command those that a test calls.
$(OBJ)/libcommand.a: $(filter-out %/main.o,$(call objects,plugin/command))
$(UNIT): $(call objects,t/unit) $(filter-out %/main.o %/docker.o %/r2.o,$(call objects,plugin/credential)) \
	$(OBJ)/libcommand.a $(foreach f,$(UNIT-floors),$(call floor,$(f)))
# t/sim/fake_http.c has every symbol of http.c and peer.c, so the archive's are not linked.
$(SIM): $(call objects,t/sim) $(foreach f,$(SIM-floors),$(call floor,$(f)))
$(CYCLES): $(call objects,t/cycles) $(foreach f,$(CYCLES-floors),$(call floor,$(f)))
$(PEER): $(OBJ)/t/peer/peer.o $(OBJ)/t/peer/answer.o
$(PEER): LDLIBS = -lpthread
$(KILLAT): $(call objects,t/durable)
$(HELPER) $(DYNAMIC) $(COMMAND) $(EMULATOR) $(UNIT) $(SIM) $(CYCLES) $(PEER) $(KILLAT):
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(PIE) -o $@ $^ $(LDLIBS)

# aisearch.1.in has a line @part@ for each part that the tables have.
$(MANUAL): plugin/command/aisearch.1.in $(COMMAND)
	@mkdir -p $(OBJ)/manual
	$(call say,DOC,$@)
	$(Q)for part in commands options exits; do \
		$(COMMAND) help --mdoc $$part >$(OBJ)/manual/$$part || exit 1; \
	done
	$(Q)sed $(foreach part,commands options exits,\
		-e '/^@$(part)@$$/{r $(OBJ)/manual/$(part)' -e 'd;}') $< >$@

$(SCRIPTS): $(COMMAND)
	@mkdir -p $(@D)
	$(call say,DOC,$@)
	$(Q)$(COMMAND) completion $(@F) >$@

# Preloaded into a daemon that is not instrumented: no sanitizer in it.
$(WARP): t/peer/warp.c Makefile
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) -D_GNU_SOURCE -std=gnu17 -g -O2 -fPIC -shared $(WARN) -o $@ $< -ldl

define floor-rule
$(call floor,$(1)): $(call objects,common/$(1))
endef
$(foreach f,$(FLOORS),$(eval $(call floor-rule,$(f))))

$(OBJ)/libcommand.a $(foreach f,$(FLOORS),$(call floor,$(f))):
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# For the stories only: see t/sink/sink.c.
$(SINK): $(call objects,t/sink)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $^

# collectd's headers are not ours to warn about; see plugin/collectd/host.h.
$(OBJ)/plugin/collectd/%.o $(OBJ)/t/sink/%.o $(OBJ)/contrib/bench/%_plugin.o \
$(OBJ)/contrib/bench/host.o: CPPFLAGS += -DHAVE_CONFIG_H -isystem /usr/include/collectd -Wno-undef

$(OBJ)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)

# --- tests -----------------------------------------------------------------

STORIES := $(sort $(wildcard t/*.t))

# Warnings, unit tests and stories in this variant.  PROVE_FLAGS=-v shows each line.
.PHONY: check test
check test: all $(UNIT) $(SIM) $(SINK) $(PEER) $(WARP) $(CYCLES) $(DYNAMIC) $(KILLAT)
	$(Q)OUT='$(abspath $(OUT))' VARIANT=$(VARIANT) sh t/run $(STORIES)

# The poller against an account that lives days in seconds; check runs a shorter one.
.PHONY: sim
sim: $(SIM)
	$(Q)$(SIM) long

# --- fuzzing -----------------------------------------------------------------

# One program for each reader, clang's libFuzzer with its sanitizers; see t/fuzz/fuzz.h.
# FUZZ_SECONDS for each; `make fuzz-query` is one alone.  A finding fails the target and
# lies in build/fuzz: run build/fuzz/NAME with it.
FUZZ := $(BUILD)/fuzz
FUZZ_SECONDS ?= 60
FUZZERS := query json conf seal docker bazel kubernetes terraform profile import sse
fuzz-rooms = $(patsubst %.c,$(FUZZ)/obj/%.o,$(1) $(call sources,common/base))

$(FUZZ)/query: $(call fuzz-rooms,t/fuzz/query.c plugin/credential/query.c)
$(FUZZ)/json: $(call fuzz-rooms,t/fuzz/json.c common/cloudflare/json.c common/cloudflare/envelope.c $(call sources,common/json))
$(FUZZ)/conf: $(call fuzz-rooms,t/fuzz/conf.c common/indexing/conf.c common/indexing/conf_scan.c)
$(FUZZ)/seal: $(call fuzz-rooms,t/fuzz/seal.c common/vault/seal.c)
# The doors' readers are static: their files are included, and bring what they call.
fuzz-door = $(call fuzz-rooms,t/fuzz/$(1).c $(addprefix plugin/credential/,door.c entry.c request.c server.c) \
	$(call sources,common/json) $(call sources,common/vault))
$(foreach f,docker bazel kubernetes terraform,$(eval $(FUZZ)/$(f): $(call fuzz-door,$(f))))
$(FUZZ)/profile: $(call fuzz-rooms,t/fuzz/profile.c $(addprefix common/provision/,profile.c profile_json.c) \
	$(call sources,common/json) $(call sources,common/cloudflare))
$(FUZZ)/profile: LDLIBS = $(CURL) -lpthread
$(FUZZ)/import: $(call fuzz-rooms,t/fuzz/import.c plugin/command/vault_line.c common/vault/passphrase.c \
	common/cloudflare/json.c $(call sources,common/json))
$(FUZZ)/sse: $(call fuzz-rooms,t/fuzz/sse.c common/cloudflare/sse.c)
$(FUZZERS:%=$(FUZZ)/%):
	$(call say,LINK,$@)
	$(Q)clang -fsanitize=fuzzer,address,undefined -Wl,--as-needed -o $@ $^ $(LDLIBS) \
		$(JSON) $(SQLITE) $(SODIUM)

$(FUZZ)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)clang $(CPPFLAGS) -std=gnu17 -g -O1 -MMD -MP $(WARN) -fno-omit-frame-pointer \
		-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -c -o $@ $<

-include $(shell find $(FUZZ)/obj -name '*.d' 2>/dev/null)

.PHONY: fuzz $(FUZZERS:%=fuzz-%)
fuzz: $(FUZZERS:%=fuzz-%)
$(FUZZERS:%=fuzz-%): fuzz-%: $(FUZZ)/%
	$(Q)sh t/fuzz/run $< $(FUZZ_SECONDS)

.PHONY: demo
demo: all
	$(Q)OUT='$(abspath $(OUT))' sh contrib/demo

# --- benchmark -------------------------------------------------------------

BENCH := $(addprefix $(OUT)/bench/,delay host minimal minimal_plugin.so dispatch_plugin.so \
	 sink_plugin.so)
bench-object = $(patsubst %,$(OBJ)/contrib/bench/%.o,$(1))

$(OUT)/bench/delay: $(call bench-object,delay)
$(OUT)/bench/host: $(call bench-object,host)
$(OUT)/bench/host: LDFLAGS += -rdynamic
$(OBJ)/contrib/bench/host.o: CFLAGS += -fvisibility=default
$(OUT)/bench/minimal: $(call bench-object,minimal sweep)
$(OUT)/bench/minimal_plugin.so: $(call bench-object,minimal_plugin sweep)
$(OUT)/bench/dispatch_plugin.so: $(call bench-object,dispatch_plugin)
$(OUT)/bench/sink_plugin.so: $(call bench-object,sink_plugin)
$(BENCH):
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(if $(filter %.so,$@),-shared,-pie) -o $@ $^ \
		$(CURL) $(JSON) -lpthread -ldl

CREDENTIAL-BENCH := $(addprefix $(OUT)/bench/,launch nothing) \
	$(if $(filter yes,$(STATIC)),$(OUT)/bench/nothing-static)
$(OUT)/bench/launch: $(call bench-object,launch)
$(OUT)/bench/nothing $(OUT)/bench/nothing-static: $(call bench-object,nothing)
$(OUT)/bench/nothing-static: PIE = -static-pie
$(CREDENTIAL-BENCH):
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(PIE) -o $@ $^

# Git's own source of it, which Debian ships; it is measured where it can be built.
LIBSECRET := $(OUT)/bench/git-credential-libsecret
LIBSECRET-source := /usr/share/doc/git/contrib/credential/libsecret/git-credential-libsecret.c
$(LIBSECRET): $(LIBSECRET-source)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) -O2 -o $@ $< $$($(PKG_CONFIG) --cflags --libs libsecret-1 glib-2.0)

# Nothing else should run meanwhile; BENCH_LONG=1 is the long form.
.PHONY: bench bench-poller bench-credential bench-status
bench: bench-poller bench-credential bench-status
bench-poller: all $(BENCH) $(CYCLES)
	$(Q)OUT='$(abspath $(OUT))' sh contrib/bench/bench
bench-credential: $(HELPER) $(CREDENTIAL-BENCH) $(if $(wildcard $(LIBSECRET-source)),\
		  $(if $(shell $(PKG_CONFIG) --exists libsecret-1 && echo yes),$(LIBSECRET)))
	$(Q)OUT='$(abspath $(OUT))' sh contrib/bench/credential
bench-status: $(COMMAND) $(EMULATOR) $(OUT)/bench/delay $(OUT)/bench/launch $(OUT)/bench/nothing
	$(Q)OUT='$(abspath $(OUT))' sh contrib/bench/status

# --- install ---------------------------------------------------------------

.PHONY: install
install: all
	install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(PLUGINDIR)' '$(DESTDIR)$(MANDIR)/man1' \
		'$(DESTDIR)$(MANDIR)/man5' '$(DESTDIR)$(MANDIR)/man7'
	install -m 755 $(COMMAND) $(HELPER) $(EMULATOR) '$(DESTDIR)$(BINDIR)'
	ln -sf aisearch '$(DESTDIR)$(BINDIR)/git-aisearch'
	for link in $(notdir $(LINKS)); do \
		ln -sf $(notdir $(HELPER)) '$(DESTDIR)$(BINDIR)'/$$link || exit 1; \
	done
	install -m 644 $(PLUGIN) '$(DESTDIR)$(PLUGINDIR)'
	install -m 644 $(MANUAL) plugin/credential/git-credential-aisearch.1 \
		contrib/emulator/aisearch-emulator.1 '$(DESTDIR)$(MANDIR)/man1'
	install -m 644 plugin/collectd/collectd-aisearch.5 '$(DESTDIR)$(MANDIR)/man5'
	install -m 644 plugin/credential/aisearch-credential-protocols.7 '$(DESTDIR)$(MANDIR)/man7'
	install -d '$(DESTDIR)$(BASHCOMPDIR)' '$(DESTDIR)$(ZSHCOMPDIR)' '$(DESTDIR)$(FISHCOMPDIR)'
	install -m 644 $(OUT)/completion/bash '$(DESTDIR)$(BASHCOMPDIR)/aisearch'
	ln -sf aisearch '$(DESTDIR)$(BASHCOMPDIR)/git-aisearch'
	install -m 644 $(OUT)/completion/zsh '$(DESTDIR)$(ZSHCOMPDIR)/_aisearch'
	install -m 644 $(OUT)/completion/fish '$(DESTDIR)$(FISHCOMPDIR)/aisearch.fish'

.PHONY: clean
clean:
	$(Q)rm -rf $(BUILD)

.PHONY: help
help:
	@echo 'make            the plugin, the two programs and the emulator, in build/'
	@echo 'make check      all tests of this variant (also: make test)'
	@echo 'make sim        the schedule on simulated days: requests, delays, ages'
	@echo 'make fuzz       each reader against libFuzzer, FUZZ_SECONDS=60 each'
	@echo 'make demo       index a real folder, watch it with collectd, draw the graph'
	@echo 'make bench      all benchmarks, thirteen minutes; or one of them:'
	@echo '     bench-poller      against curl_json and a minimal client: a table and a picture'
	@echo '     bench-credential  the helper against git-credential-store and others'
	@echo '     bench-status      status of many instances against curl and jq'
	@echo 'make install    DESTDIR, PREFIX, BINDIR, MANDIR, PLUGINDIR, BASHCOMPDIR,'
	@echo '                ZSHCOMPDIR, FISHCOMPDIR'
	@echo 'make clean      remove build/'
	@echo 'Variables: VARIANT=release|asan|tsan  STATIC=yes|no (the helper)  V=1  CC=clang  PROVE_FLAGS=-v'
