#!/bin/sh
# SPDX-License-Identifier: MIT
# BIND 9 as the name server of an office and a secondary of a zone: queries
# answered and denied, updates, transfers, bad zones, unreachable servers.
export HOST=ns1
. "$(dirname "$0")/lab.sh"

mkdir -p /run/named /var/cache/bind /var/log/named
cat >/etc/bind/named.conf <<'EOF'
options {
	directory "/var/cache/bind";
	listen-on { 10.20.0.1; };
	listen-on-v6 { none; };
	allow-query { 10.20.0.0/21; 10.20.0.53; };
	allow-recursion { 10.20.1.0/24; 10.20.2.0/24; 10.20.3.0/24; };
	allow-transfer { 10.20.2.0/24; };
	forwarders { 10.20.0.53; 10.20.0.54; };
	forward only;
	dnssec-validation no;
	querylog yes;
	recursive-clients 30;
	resolver-query-timeout 2000;
	minimal-responses yes;
	rate-limit { responses-per-second 6; window 5; };
};
logging {
	channel file {
		file "/var/log/named/named.log";
		print-time yes;
		print-category yes;
		print-severity yes;
		severity info;
	};
	category default { file; };
	category queries { file; };
	category query-errors { file; };
	category lame-servers { file; };
};
zone "office.example" { type primary; file "office.zone";
	allow-update { 10.20.1.0/24; 10.20.3.0/24; }; notify yes; };
zone "lab.example" { type primary; file "lab.zone"; };
zone "broken.example" { type primary; file "broken.zone"; };
zone "away.example" { type secondary; primaries { 10.20.0.55; };
	file "away.zone"; };
zone "20.10.in-addr.arpa" { type primary; file "reverse.zone"; };
zone "refused.example" { type primary; file "lab.zone";
	allow-query { none; }; };
EOF
zone() {
	cat <<'EOF'
$TTL 300
@ IN SOA ns1.office.example. hostmaster.office.example. 7 60 20 900 60
@ IN NS ns1.office.example.
ns1 IN A 10.20.0.1
www IN CNAME web1
web1 IN A 10.20.0.20
mail IN A 10.20.0.21
@ IN MX 10 mail
EOF
}
zone >/var/cache/bind/office.zone
zone >/var/cache/bind/lab.zone
zone >/var/cache/bind/reverse.zone
(zone; echo "bad IN A 10.20.0.300") >/var/cache/bind/broken.zone
rndc-confgen -a -c /etc/bind/rndc.key >/dev/null 2>&1
chmod -R a+rwX /etc/bind /var/cache/bind /run/named /var/log/named
named -f -c /etc/bind/named.conf &
server=$!
wait_port 53
(
	i=7
	while sleep 19; do
		i=$((i + 1))
		zone | sed "s/ 7 60/ $i 60/" >/var/cache/bind/lab.zone
		[ $((i % 3)) -gt 0 ] || echo oops >>/var/cache/bind/lab.zone
		kill -HUP $server
		sleep 7
		rndc -s 10.20.0.1 flush || true
		rndc retransfer away.example || true
		rndc freeze office.example && rndc thaw office.example || true
	done
) >/dev/null 2>&1 &

load <<'EOF'
import socket, struct, threading
from people import *

NAMES = """www mail ns1 web1 printer nas wpad _ldap._tcp git build imap
vpn files""".split()
KINDS = [1] * 6 + [28] * 4 + [65, 15, 16, 12, 33, 6, 2, 255, 43]

def coded(name):
    return b"".join(bytes([len(p)]) + p.encode()
                    for p in name.split(".")) + b"\0"

def server(number, loss):
    """A name server that makes up its answers, some of them wrong."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((f"10.20.0.{number}", 53))
    def run():
        while True:
            query, who = s.recvfrom(2000)
            if rng.random() < loss:
                continue
            same = random.Random(query[12:])
            end = query.index(b"\0", 12) + 5
            kind = query[end - 3]
            code = same.choice((0,) * 12 + (3, 3, 2, 5, 1))
            answers = b""
            if code == 0 and kind == 1:
                answers = b"\xc0\x0c" + struct.pack(
                    ">HHIH", 1, 1, 30, 4) + bytes([203, 0, 113, rng.randrange(
                        256)])
            question = query[12:end]
            if rng.random() < 0.02:
                question = coded("other.example") + b"\0\1\0\1"
            s.sendto(query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1,
                     1 if answers else 0, 0, 0) + question + answers, who)
    threading.Thread(target=run, daemon=True).start()

server(53, 0.05)
server(54, 0.3)

def name():
    return rng.choice((
        lambda: f"{pick(NAMES)}.office.example",
        lambda: f"{pick(NAMES)}.office.example",
        lambda: f"{rng.choice(WORDS)}.lab.example",
        lambda: f"{pick(NAMES)}.{rng.choice(DOMAINS)}",
        lambda: f"{rng.choice(WORDS)}-{rng.randrange(90)}.cdn.example.net",
        lambda: f"{rng.randrange(250)}.{rng.randrange(9)}.20.10.in-addr.arpa",
        lambda: rng.choice(("www.refused.example", "x.broken.example",
                            "a.away.example", "version.bind", "localhost")),
        lambda: f"{rng.randrange(1 << 40):010x}.{words(1)}.example.org"))()

def ask():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address(), 0))
    s.settimeout(1)
    for _ in range(rng.choice((1, 1, 2, 3, 14) if rng.random() < 0.1
                              else (1, 1, 2))):
        n = name() if rng.random() < 0.9 else "www.office.example"
        kind, clas = rng.choice(KINDS), 3 if n == "version.bind" else 1
        extra = rng.choice((b"", b"\0\0\x29\x04\xd0\0\0\x80\0\0\0",
                            b"\0\0\x29\x10\0\0\0\0\0\0\0"))
        s.sendto(struct.pack(">HHHHHH", rng.randrange(1 << 16),
            rng.choice((0x100, 0x100, 0, 0x110)), 1, 0, 0, 1 if extra else 0)
            + coded(n) + struct.pack(">HH", kind, clas) + extra
            if rng.random() < 0.98 else b"nonsense", ("10.20.0.1", 53))
        try:
            s.recv(4000)
        except OSError:
            pass

def tcp():
    c = connect(53, 2)
    zone = rng.choice(("office.example", "lab.example", "no.example"))
    message = struct.pack(">HHHHHH", rng.randrange(1 << 16), 0, 1, 0, 0,
        0) + coded(zone) + struct.pack(">HH", rng.choice((252, 252, 6)), 1)
    c.sendall(struct.pack(">H", len(message)) + message)
    c.recv(5000)
    c.close()

def update():
    zone = rng.choice(("office.example", "office.example", "lab.example"))
    host = f"{rng.choice(WORDS)}-pc.{zone}"
    ip = bytes([10, 20, rng.randrange(9), rng.randrange(250)])
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address(), 0))
    s.settimeout(1)
    remove = rng.random() < 0.3
    s.sendto(struct.pack(">HHHHHH", rng.randrange(1 << 16), 0x2800, 1, 0, 1,
        0) + coded(zone) + struct.pack(">HH", 6, 1) + coded(host)
        + (struct.pack(">HHIH", 1, 255, 0, 0) if remove else
           struct.pack(">HHIH", 1, 1, 300, 4) + ip), ("10.20.0.1", 53))
    s.recv(1000)

crowd(*[ask] * 6, tcp, update, rest=1)
EOF
kill $server
sleep 1
cat /var/log/named/named.log >"$out"
