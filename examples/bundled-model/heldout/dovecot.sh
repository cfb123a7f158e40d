#!/bin/sh
# SPDX-License-Identifier: MIT
# dovecot for the mailboxes of an office: IMAP and POP3 sessions, deliveries
# by LMTP, wrong passwords, clients that hang up, a quota, restarts.
# It compares its clock with that of the files.
export RATE=1
export HOST=mail2
. "$(dirname "$0")/lab.sh"

mkdir -p /srv/mail
chown -R mail:mail /srv/mail
(cd "$here" && python3 -c 'import people
for u in people.USERS: print(f"{u}:{{PLAIN}}right:8:8::/srv/mail/{u}")') \
	>/etc/dovecot/users
cat >/etc/dovecot/dovecot.conf <<'EOF'
protocols = imap pop3 lmtp
listen = 10.20.0.1
log_path = syslog
ssl = no
disable_plaintext_auth = no
auth_verbose = yes
auth_mechanisms = plain login cram-md5
mail_location = maildir:~/box
mail_plugins = quota mail_log notify
first_valid_uid = 8
mail_max_userip_connections = 3
auth_failure_delay = 1 secs
passdb {
  driver = passwd-file
  args = /etc/dovecot/users
}
userdb {
  driver = passwd-file
  args = /etc/dovecot/users
}
namespace inbox {
  inbox = yes
  separator = /
}
plugin {
  mail_log_events = delete undelete expunge copy mailbox_delete mailbox_rename
  mail_log_fields = uid box msgid size
  quota = maildir:User quota
  quota_rule = *:storage=600K
  quota_warning = storage=80%% quota-warning 80 %u
}
protocol lmtp {
  mail_plugins = quota
}
service lmtp {
  inet_listener lmtp {
    port = 24
  }
}
service auth {
  user = root
}
EOF
syslog /var/log/mail.log
dovecot -F &
server=$!
wait_port 143
(
	sleep 60
	while doveadm reload; do
		sleep 20
		doveadm kick "$(cd "$here" && python3 -c 'import people
print(people.USERS[4])')" || true
		sleep 40
	done
) &

load <<'EOF'
import imaplib, poplib, smtplib
from people import *

def login_name():
    user = pick(USERS) if rng.random() < 0.9 else rng.choice(STRANGERS)
    return user, "right" if rng.random() < 0.9 else rng.choice(WORDS)

class Imap(imaplib.IMAP4):
    def _create_socket(self, timeout):
        return connect(143, 12)

def imap():
    c = Imap("10.20.0.1")
    if rng.random() < 0.05:
        c.shutdown()
        return
    user, password = login_name()
    (c.login_cram_md5 if rng.random() < 0.2 else c.login)(user, password)
    box = rng.choice(("INBOX", "INBOX", "INBOX", "Sent", "Trash", "nowhere",
                      words(1)))
    if rng.random() < 0.2:
        c.create(box)
    if c.select(box)[0] != "OK":
        c.logout()
        return
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        n = str(rng.randrange(1, 9))
        rng.choice((
            lambda: c.fetch("1:*", "(FLAGS)"),
            lambda: c.fetch(n, "(RFC822)"),
            lambda: c.search(None, "SUBJECT", words(1)),
            lambda: c.copy(n, rng.choice(("Trash", "Archive", "Sent"))),
            lambda: (c.store(n, "+FLAGS", "\\Deleted"), c.expunge()),
            lambda: c.append("Sent", None, None, body().encode()),
            lambda: c.rename(words(1), words(1)),
            lambda: c.delete(words(1)),
            lambda: c.xatom(words(1).upper())))()
        pause(0.3)
    if rng.random() < 0.75:
        c.logout()
    else:
        c.shutdown()

class Pop(poplib.POP3):
    def _create_socket(self, timeout):
        return connect(110, 12)

def pop():
    c = Pop("10.20.0.1")
    user, password = login_name()
    c.user(user)
    c.pass_(password)
    for n in range(1, min(c.stat()[0], 5) + 1):
        c.retr(n)
        if rng.random() < 0.6:
            c.dele(n)
    c.quit() if rng.random() < 0.85 else c.close()

def deliver():
    s = smtplib.LMTP("10.20.0.1", 24, source_address=(address(), 0))
    for _ in range(rng.choice((1, 1, 2, 4))):
        to = {pick(USERS) for _ in range(rng.choice((1, 1, 1, 3)))}
        if rng.random() < 0.1:
            to.add(rng.choice(STRANGERS))
        s.sendmail(rng.choice(USERS) + "@" + rng.choice(DOMAINS), to,
            f"Subject: {words(4)}\nMessage-ID: <{rng.randrange(1 << 50):x}@"
            f"{rng.choice(DOMAINS)}>\n\n{body()}")
        pause(0.2)
    s.quit() if rng.random() < 0.9 else s.close()

crowd(imap, imap, imap, imap, pop, pop, deliver, rest=0.8, errors=(
      imaplib.IMAP4.error, poplib.error_proto, smtplib.SMTPException))
EOF
kill $server
sleep 1
cat /var/log/mail.log >"$out"
