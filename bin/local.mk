# SPDX-License-Identifier: MIT
# The programs: what they share is one small archive.
LINK_AS_NEEDED = -Wl,--as-needed

noinst_LIBRARIES += bin/libcli.a
bin_libcli_a_CPPFLAGS = $(BIN_CPPFLAGS) -DPKGDATADIR='"$(pkgdatadir)"'
bin_libcli_a_SOURCES = \
	bin/cli.h bin/cli.c bin/io.h bin/io.c bin/find.h bin/find.c \
	bin/notify.h bin/notify.c bin/say.h bin/say.c \
	bin/file.h bin/file.c
LIBBIN = bin/libcli.a $(LIBHEADWATER)

# A program has this form:
# bin_PROGRAMS += bin/NAME
# bin_NAME_SOURCES = bin/NAME.c
# bin_NAME_CPPFLAGS = $(BIN_CPPFLAGS)
# bin_NAME_LDFLAGS = $(LINK_AS_NEEDED)
# bin_NAME_LDADD = $(LIBBIN) $(LIBHEADWATER_LIBS)

bin_SCRIPTS += bin/headwater
EXTRA_DIST += bin/headwater.in
CLEANFILES += bin/headwater
bin/headwater: bin/headwater.in Makefile
	$(AM_V_GEN)$(MKDIR_P) bin && sed 's/@VERSIO[N]@/$(VERSION)/' \
		$(srcdir)/bin/headwater.in >$@.tmp && chmod +x $@.tmp && \
		mv $@.tmp $@

bin_PROGRAMS += bin/detokenize
bin_detokenize_SOURCES = bin/detokenize.c
bin_detokenize_CPPFLAGS = $(BIN_CPPFLAGS)
bin_detokenize_LDFLAGS = $(LINK_AS_NEEDED)
bin_detokenize_LDADD = $(LIBBIN) $(LIBHEADWATER_LIBS)

bin_PROGRAMS += bin/headwater-info
bin_headwater_info_SOURCES = bin/headwater-info.c bin/listing.h \
	bin/listing.c
bin_headwater_info_CPPFLAGS = $(BIN_CPPFLAGS)
bin_headwater_info_LDFLAGS = $(LINK_AS_NEEDED)
bin_headwater_info_LDADD = $(LIBBIN) $(LIBHEADWATER_LIBS)

bin_PROGRAMS += bin/stream-infer
bin_stream_infer_SOURCES = bin/stream-infer.c bin/batch.h bin/batch.c \
	bin/generate.h bin/generate.c bin/lag.h bin/lag.c \
	bin/meter.h bin/meter.c
bin_stream_infer_CPPFLAGS = $(BIN_CPPFLAGS)
bin_stream_infer_LDFLAGS = $(LINK_AS_NEEDED)
bin_stream_infer_LDADD = $(LIBBIN) $(LIBHEADWATER_LIBS)

bin_PROGRAMS += bin/tokenize
bin_tokenize_SOURCES = bin/tokenize.c bin/intake.h bin/intake.c \
	bin/follow.h bin/follow.c bin/watch.h bin/watch.c \
	bin/progress.h bin/progress.c
bin_tokenize_CPPFLAGS = $(BIN_CPPFLAGS)
bin_tokenize_LDFLAGS = $(LINK_AS_NEEDED)
bin_tokenize_LDADD = $(LIBBIN) $(LIBHEADWATER_LIBS)

bin_PROGRAMS += bin/summarize-window
bin_summarize_window_SOURCES = bin/summarize-window.c \
	bin/zone.h bin/zone.c bin/metrics.h bin/metrics.c \
	bin/merge.h bin/merge.c bin/page.h bin/page.c
bin_summarize_window_CPPFLAGS = $(BIN_CPPFLAGS)
bin_summarize_window_LDFLAGS = $(LINK_AS_NEEDED)
bin_summarize_window_LDADD = $(LIBBIN) $(LIBHEADWATER_LIBS)

# Completions, made from what the programs just built say of themselves: one
# file a shell, found by bash and fish under the name of each program.
EXTRA_DIST += bin/completions.awk
COMPLETED = headwater tokenize stream-infer summarize-window detokenize \
	headwater-info
COMPLETIONS = bin/completions.bash bin/completions.zsh bin/completions.fish
CLEANFILES += $(COMPLETIONS)
noinst_DATA = $(COMPLETIONS)
$(COMPLETIONS): $(bin_PROGRAMS) $(bin_SCRIPTS) bin/completions.awk
	$(AM_V_GEN)for p in $(COMPLETED); do \
		bin/$$p --help | sed "s/^/$$p /" || exit 1; done | \
		$(AWK) -v shell=`echo $@ | sed 's/.*\.//'` \
		-f $(srcdir)/bin/completions.awk >$@.tmp && mv $@.tmp $@

BASHDIR = $(datadir)/bash-completion/completions
ZSHDIR = $(datadir)/zsh/site-functions
FISHDIR = $(datadir)/fish/vendor_completions.d
install-data-hook: $(COMPLETIONS)
	$(MKDIR_P) $(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR)
	$(INSTALL_DATA) bin/completions.zsh $(DESTDIR)$(ZSHDIR)/_headwater
	for p in $(COMPLETED); do \
		$(INSTALL_DATA) bin/completions.bash \
			$(DESTDIR)$(BASHDIR)/$$p && \
		$(INSTALL_DATA) bin/completions.fish \
			$(DESTDIR)$(FISHDIR)/$$p.fish || exit 1; done
uninstall-hook:
	rm -f $(DESTDIR)$(ZSHDIR)/_headwater
	for p in $(COMPLETED); do \
		rm -f $(DESTDIR)$(BASHDIR)/$$p $(DESTDIR)$(FISHDIR)/$$p.fish; done
