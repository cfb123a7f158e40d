# SPDX-License-Identifier: MIT
EXTRA_DIST += examples/setup.sh examples/quickstart.sh \
	examples/follow.sh examples/batch.sh examples/nightly.sh \
	examples/tree.sh examples/odd-lines.sh
EXTRA_DIST += examples/bundled-model/hf2gguf.py
MATERIAL = examples/bundled-model
EXTRA_DIST += $(MATERIAL)/material.py $(MATERIAL)/repository.py \
	$(MATERIAL)/sources.py $(MATERIAL)/statements.py \
	$(MATERIAL)/licences.py $(MATERIAL)/NOTICE
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
	$(EVALUATE)/measures.py $(EVALUATE)/plant.py $(EVALUATE)/sinks.py \
	$(EVALUATE)/speed.py $(EVALUATE)/stability.py \
	$(EVALUATE)/templates.py $(EVALUATE)/tokstream.py
