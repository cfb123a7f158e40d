# SPDX-License-Identifier: MIT
EXTRA_DIST += examples/setup.sh examples/quickstart.sh \
	examples/follow.sh examples/batch.sh examples/nightly.sh \
	examples/tree.sh examples/odd-lines.sh
EXTRA_DIST += examples/bundled-model/hf2gguf.py \
	examples/bundled-model/average.py
MATERIAL = examples/bundled-model
EXTRA_DIST += $(MATERIAL)/material.py $(MATERIAL)/repository.py \
	$(MATERIAL)/corpus.py $(MATERIAL)/NOTICE.corpus \
	$(MATERIAL)/NOTICE.packages \
	$(MATERIAL)/sources.py $(MATERIAL)/statements.py \
	$(MATERIAL)/licences.py $(MATERIAL)/NOTICE $(MATERIAL)/README.md
EXTRA_DIST += examples/bundled-model/tokenizer.py \
	examples/bundled-model/shards.py \
	examples/bundled-model/model.py examples/bundled-model/train.py
EXTRA_DIST += examples/bundled-model/streams/__init__.py \
	examples/bundled-model/streams/__main__.py \
	examples/bundled-model/streams/clocks.py \
	examples/bundled-model/streams/cloud.py \
	examples/bundled-model/streams/databases.py \
	examples/bundled-model/streams/general.py \
	examples/bundled-model/streams/headers.py \
	examples/bundled-model/streams/kernel.py \
	examples/bundled-model/streams/kubernetes.py \
	examples/bundled-model/streams/laws.py \
	examples/bundled-model/streams/layouts.py \
	examples/bundled-model/streams/mail.py \
	examples/bundled-model/streams/material.py \
	examples/bundled-model/streams/mix.py \
	examples/bundled-model/streams/mobile.py \
	examples/bundled-model/streams/systems.py \
	examples/bundled-model/streams/templates.py \
	examples/bundled-model/streams/traces.py \
	examples/bundled-model/streams/values.py \
	examples/bundled-model/streams/web.py \
	examples/bundled-model/streams/windows.py \
	examples/bundled-model/streams/words.py
EXTRA_DIST += examples/make-sample-log.awk
HELDOUT = examples/bundled-model/heldout
EXTRA_DIST += $(HELDOUT)/README.md $(HELDOUT)/lab.sh $(HELDOUT)/clock.c \
	$(HELDOUT)/people.py $(HELDOUT)/syslog.py
EXTRA_DIST += $(HELDOUT)/exim.sh $(HELDOUT)/dnsmasq.sh \
	$(HELDOUT)/mosquitto.sh $(HELDOUT)/dovecot.sh $(HELDOUT)/proftpd.sh \
	$(HELDOUT)/samba.sh
EXTRA_DIST += $(HELDOUT)/postgresql.sh $(HELDOUT)/postfix.sh \
	$(HELDOUT)/haproxy.sh $(HELDOUT)/mariadb.sh $(HELDOUT)/named.sh \
	$(HELDOUT)/squid.sh $(HELDOUT)/rabbitmq.sh $(HELDOUT)/slapd.sh
EVALUATE = examples/bundled-model/evaluate
EXTRA_DIST += $(EVALUATE)/README.md $(EVALUATE)/all.sh $(EVALUATE)/bits.sh \
	$(EVALUATE)/cut.sh $(EVALUATE)/copying.py $(EVALUATE)/detect.py \
	$(EVALUATE)/incidents.py $(EVALUATE)/measures.py \
	$(EVALUATE)/places.py $(EVALUATE)/plant.py $(EVALUATE)/sinks.py \
	$(EVALUATE)/speed.py $(EVALUATE)/stability.py \
	$(EVALUATE)/templates.py $(EVALUATE)/tokstream.py
BEYOND = examples/beyond
EXTRA_DIST += $(BEYOND)/README.md $(BEYOND)/headwater@.service \
	$(BEYOND)/rsyslog.conf $(BEYOND)/omprog.sh $(BEYOND)/syslog-ng.conf \
	$(BEYOND)/parallel.sh $(BEYOND)/slurm.sh $(BEYOND)/kafka.sh \
	$(BEYOND)/mqtt.sh
