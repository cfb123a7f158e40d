#!/bin/sh
# SPDX-License-Identifier: MIT
# exim 4 as a small site's mail server: local mailboxes, relaying for the
# inside, other hosts that accept, put off, refuse, hang up or are down.
export HOST=mx1
. "$(dirname "$0")/lab.sh"

for i in 2 3 4 5 6 7 8 9; do
	echo "10.20.$((i % 4 + 1)).$((i * 21)) host$i.example.com"
done >>/etc/hosts
cat >/etc/exim4/exim4.conf <<'EOF'
primary_hostname = mx1.example.net
qualify_domain = example.net
keep_environment =
domainlist local_domains = example.net : lists.example.net
hostlist inside = 10.20.1.0/24 : 10.20.2.0/24
host_lookup = 10.20.3.0/24
host_lookup_order = byaddr
acl_smtp_rcpt = rcpt
acl_smtp_data = data
message_size_limit = 60K
smtp_accept_max = 60
rfc1413_query_timeout = 0s
timeout_frozen_after = 1h
smtp_receive_timeout = 5s
local_interfaces = 10.20.0.1
daemon_smtp_ports = 25
begin acl
rcpt:
  deny message = restricted characters in address
       local_parts = ^[.] : ^.*[@%!/|]
  accept hosts = +inside
  accept authenticated = *
  require message = relay not permitted
       domains = +local_domains
  require verify = recipient
  defer message = too many messages, try later
       ratelimit = 60 / 1m / strict
  warn condition = ${if match{$sender_address}{news}}
       log_message = looks like a newsletter
  accept
data:
  deny message = no such words here
       condition = ${if match{$h_subject:}{(?i)offer}}
       log_message = spam word in "$h_subject:"
  accept
begin routers
aliases:
  driver = redirect
  domains = +local_domains
  data = ${lookup{$local_part}lsearch{/etc/aliases}}
  allow_fail
away:
  driver = manualroute
  domains = ! +local_domains
  self = send
  transport = smtp
  route_list = example.org 10.20.0.10 ; example.com 10.20.0.11 ; \
    *.example.org 10.20.0.12 ; *.example.com 10.20.0.13:10.20.0.14 ; \
    partner.example.co 10.20.0.14 ; uni.example.edu 10.20.0.10:10.20.0.12
  no_more
unknown:
  driver = redirect
  domains = ! +local_domains
  allow_fail
  data = :fail: all relevant routers declined
users:
  driver = accept
  local_parts = lsearch;/etc/mailusers
  transport = box
begin transports
smtp:
  driver = smtp
  connect_timeout = 2s
  command_timeout = 2s
  hosts_try_fastopen =
box:
  driver = appendfile
  file = /var/mail/$local_part_data
  user = mail
  quota = 900K
begin retry
* quota
* * F,1h,5m; F,4h,20m
begin authenticators
login:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if eq{$auth3}{right}}
  server_set_id = $auth2
EOF
(cd "$here" && python3 -c 'import people
for u in people.USERS: print(f"{u}: {u}")') >/etc/mailusers
cat >/etc/aliases <<'EOF'
postmaster: anna
team: anna,bjorn,carla,jonas
sales: bjorn@example.org
info: mona,nadia@example.com
old: :fail: this person has left
EOF
chown -R Debian-exim /var/log/exim4 /var/spool/exim4
exim -bdf -q12s &
wait_port 25

load <<'EOF'
import smtplib, socket, threading
from people import *

def host(number, answers):
    """A mail server at 10.20.0.NUMBER that answers RCPT in these ways."""
    def serve(c):
        f = c.makefile("rwb", buffering=0)
        say = lambda s: f.write(s.encode() + b"\r\n")
        say(f"220 mail{number}.example.org ESMTP")
        for line in f:
            word = line[:4].upper()
            if word == b"RCPT":
                say(rng.choice(answers))
            elif word == b"DATA":
                say("354 go on")
                while f.readline() not in (b".\r\n", b""):
                    pass
                say(f"250 2.0.0 Ok: queued as {rng.randrange(1 << 40):X}")
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
        f"bounce-{rng.randrange(10**6)}@news.example.info", ""))

def receiver():
    return rng.choice((pick(USERS) + "@example.net",) * 3 + (
        rng.choice(USERS) + "@" + rng.choice(DOMAINS),
        rng.choice(("postmaster", "team", "sales", "info", "old")) +
        "@example.net", rng.choice(STRANGERS) + "@example.net"))

def mail():
    s = smtplib.SMTP("10.20.0.1", timeout=10, source_address=(address(), 0),
        local_hostname=rng.choice((None, "mail.example.org", "laptop",
                                   f"host{rng.randrange(30)}.example.com")))
    with s:
        if rng.random() < 0.15:
            s.login(pick(USERS), rng.choice(("right", "right", "wrong")))
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
    for line in rng.choice((["EHLO x"], ["HELO a", "VRFY root", "QUIT"],
            ["GET / HTTP/1.1", "Host: mx1"], ["EHLO y", "MAIL FROM:<a b>"],
            ["EHLO z", "MAIL FROM:<>", f"RCPT TO:<{rng.choice(STRANGERS)}"
             "@example.net>", "RSET", "QUIT"], ["", "\x16\x03\x01"],
            ["EHLO w", "STARTTLS", "NOOP", "DATA", "QUIT"])):
        c.sendall(line.encode() + b"\r\n")
        c.recv(500)
    if rng.random() < 0.3:
        time.sleep(6)
    c.close()

crowd(mail, mail, mail, probe, rest=0.9,
      errors=(smtplib.SMTPException,))
EOF
cat /var/log/exim4/mainlog >"$out"
