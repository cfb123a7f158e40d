#!/bin/sh
# SPDX-License-Identifier: MIT
# postfix as a small site's mail server: mailboxes, aliases, relaying for the
# inside, other hosts that accept, put off, refuse, hang up or are down.
export HOST=mail
. "$(dirname "$0")/lab.sh"

for i in 2 3 4 5 6 7 8 9; do
	echo "10.20.$((i % 4 + 1)).$((i * 21)) host$i.example.com"
done >>/etc/hosts
for i in 10 11 12 13 14; do
	echo "10.20.0.$i mx$i.example.org"
done >>/etc/hosts
mkdir -p /var/spool/postfix /srv/boxes /etc/postfix
chown 500:500 /srv/boxes
cat >/etc/postfix/main.cf <<'EOF'
compatibility_level = 3.6
maillog_file = /var/log/mail.log
myhostname = mail.example.net
mydestination = mail.example.net
virtual_mailbox_domains = example.net, lists.example.net
virtual_mailbox_base = /srv/boxes
virtual_mailbox_maps = texthash:/etc/postfix/boxes
virtual_alias_maps = texthash:/etc/postfix/aliases
virtual_uid_maps = static:500
virtual_gid_maps = static:500
virtual_mailbox_limit = 900000
message_size_limit = 60000
mynetworks = 10.20.1.0/24, 10.20.2.0/24
inet_interfaces = 10.20.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
smtp_host_lookup = native
smtp_connect_timeout = 3s
smtp_helo_timeout = 3s
smtp_rcpt_timeout = 3s
smtpd_timeout = 5s
smtp_bind_address = 10.20.0.1
smtp_mx_address_limit = 0
proxy_interfaces =
minimal_backoff_time = 20s
maximal_backoff_time = 60s
queue_run_delay = 15s
maximal_queue_lifetime = 90s
bounce_queue_lifetime = 60s
disable_dns_lookups = yes
transport_maps = texthash:/etc/postfix/transport
header_checks = regexp:/etc/postfix/headers
smtpd_client_connection_rate_limit = 40
anvil_status_update_time = 60s
smtpd_helo_required = yes
smtpd_helo_restrictions = reject_invalid_helo_hostname
smtpd_sender_restrictions = check_sender_access texthash:/etc/postfix/senders,
  reject_non_fqdn_sender
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions = reject_non_fqdn_recipient
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 4
EOF
(cd "$here" && python3 -c 'import people
for u in people.USERS: print(f"{u}@example.net {u}")') >/etc/postfix/boxes
cat >/etc/postfix/aliases <<'EOF'
postmaster@example.net anna@example.net
team@example.net anna@example.net,bjorn@example.net,carla@example.net
sales@example.net bjorn@example.org
info@example.net mona@example.net,nadia@example.com
EOF
cat >/etc/postfix/transport <<'EOF'
example.org smtp:[mx10.example.org]
example.com smtp:[mx11.example.org]
.example.org smtp:[mx12.example.org]
.example.com smtp:[mx13.example.org]
partner.example.co smtp:[mx14.example.org]
uni.example.edu smtp:[mx10.example.org]
shop.example.net error:this shop is closed
news.example.info retry:the list is paused
EOF
cat >/etc/postfix/senders <<'EOF'
viktor@example.net REJECT your account is suspended
orange@lists.example.com DEFER try again tomorrow
paper@example.org HOLD
EOF
echo '/^Subject:.*offer/ REJECT no offers, please
/^Subject:.*ticket/ WARN a ticket' >/etc/postfix/headers
postfix set-permissions >/dev/null 2>&1 || true
sed -e 's/^smtp  *inet.*/smtp inet n - n - 40 smtpd/' \
	/usr/share/postfix/master.cf.dist |
	sed -E 's/^([a-z]+ +(inet|unix) +[-ny] +[-ny] +)y/\1n/' \
	>/etc/postfix/master.cf
grep -q '^postlog ' /etc/postfix/master.cf ||
	echo 'postlog unix-dgram n - n - 1 postlogd' >>/etc/postfix/master.cf
postfix start
wait_port 25

load <<'EOF'
import smtplib, threading
from people import *

def host(number, answers):
    """A mail server at 10.20.0.NUMBER that answers RCPT in these ways."""
    def serve(c):
        f = c.makefile("rwb", buffering=0)
        say = lambda s: f.write(s.encode() + b"\r\n")
        say(f"220 mx{number}.example.org ESMTP")
        for line in f:
            word = line[:4].upper()
            if word == b"RCPT":
                say(rng.choice(answers))
            elif word == b"DATA":
                say("354 go on")
                while f.readline() not in (b".\r\n", b""):
                    pass
                say(f"250 2.0.0 OK  {int(time.time())} "
                    f"{rng.randrange(1 << 50):x}.{rng.randrange(999)} - gsmtp")
            elif word == b"QUIT":
                say("221 bye")
                break
            elif word == b"MAIL" and rng.random() < 0.04:
                break
            else:
                say("250 ok")
        c.close()
    door = socket.create_server((f"10.20.0.{number}", 25))
    def listen():
        while True:
            threading.Thread(target=serve, args=(door.accept()[0],),
                             daemon=True).start()
    threading.Thread(target=listen, daemon=True).start()

yes = "250 2.1.5 Ok"
host(10, [yes])
host(11, [yes, "451 4.7.1 Greylisted, please try again in 300 seconds"])
host(12, [yes, "550 5.1.1 User unknown in virtual mailbox table", yes])
host(14, [yes, "452 4.2.2 Mailbox full", "421 4.3.2 Service shutting down"])

def sender():
    return rng.choice((pick(USERS) + "@example.net",
        f"{rng.choice(WORDS)}@{rng.choice(DOMAINS)}",
        f"bounce-{rng.randrange(10**6)}@news.example.info", "", "someone"))

def receiver():
    return rng.choice((pick(USERS) + "@example.net",) * 3 + (
        rng.choice(USERS) + "@" + rng.choice(DOMAINS),
        rng.choice(("postmaster", "team", "sales", "info", "old")) +
        "@example.net", rng.choice(STRANGERS) + "@example.net"))

def mail():
    s = smtplib.SMTP("10.20.0.1", timeout=10, source_address=(address(), 0),
        local_hostname=rng.choice((None, "mail.example.org", "laptop", "a_b",
                                   f"host{rng.randrange(30)}.example.com")))
    with s:
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            subject = rng.choice(("", "Re: ", "Fwd: ")) + words(3)
            s.sendmail(sender(), {receiver() for _ in
                       range(rng.choice((1, 1, 1, 2, 3)))},
                f"Subject: {subject}\n"
                f"Message-ID: <{rng.randrange(1 << 60):x}@"
                f"{rng.choice(DOMAINS)}>\n\n{body()}")

def probe():
    c = connect(25)
    c.recv(500)
    for line in rng.choice((["EHLO x", "AUTH LOGIN", "QUIT"],
            ["HELO a", "VRFY root", "QUIT"], ["EHLO y", "MAIL FROM:<a b>"],
            ["GET / HTTP/1.1", "Host: mail"], ["", "\x16\x03\x01"],
            ["EHLO z", "MAIL FROM:<>", f"RCPT TO:<{rng.choice(STRANGERS)}"
             "@example.net>", "RSET", "QUIT"],
            ["EHLO w", "STARTTLS", "NOOP", "DATA", "QUIT"])):
        c.sendall(line.encode() + b"\r\n")
        c.recv(500)
    if rng.random() < 0.3:
        time.sleep(6)
    c.close()

crowd(mail, mail, probe, rest=0.9, errors=(smtplib.SMTPException,))
EOF
postfix reload
sleep 1
postfix stop
sleep 1
cat /var/log/mail.log >"$out"
