#!/bin/sh
# SPDX-License-Identifier: MIT
# dnsmasq as the name and address server of an office: queries, a cache,
# forwarding to two servers (one flaky), blocked names, leases by DHCP.
export HOST=gw
. "$(dirname "$0")/lab.sh"

ip link add office type veth peer name desk
ip addr add 10.20.40.1/21 dev office
for i in all desk; do
	echo 1 >/proc/sys/net/ipv4/conf/$i/accept_local
	echo 0 >/proc/sys/net/ipv4/conf/$i/rp_filter
done
ip link set office up
ip link set desk up
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	echo "10.20.0.$((100 + i)) printer$i nas$i.office"
done >>/etc/hosts
cat >/etc/dnsmasq.conf <<'EOF'
port=53
bind-interfaces
listen-address=10.20.0.1,10.20.40.1
no-resolv
server=10.20.0.53
server=10.20.0.54
server=/example.org/10.20.0.54
address=/ads.example.com/0.0.0.0
local=/office/
domain=office
expand-hosts
domain-needed
bogus-priv
stop-dns-rebind
cache-size=400
log-queries
dhcp-authoritative
dhcp-range=10.20.40.10,10.20.47.250,255.255.0.0,1h
dhcp-option=option:router,10.20.0.1
dhcp-host=02:00:00:00:00:05,printer5,10.20.0.105
dhcp-leasefile=/var/lib/misc/dnsmasq.leases
user=root
EOF
syslog /var/log/syslog
dnsmasq -k &
server=$!
sleep 0.5
(while sleep 40; do kill -HUP $server; sleep 25; kill -USR1 $server; done) &

load <<'EOF'
import socket, struct, threading
from people import *

TOP = ["example.com", "example.net", "example.org", "example.info"]
NAMES = ["www", "api", "mail", "cdn", "login", "static", "img", "imap",
         "updates", "telemetry", "ads", "time", "news", "shop", "git"]
KINDS = [1, 1, 1, 1, 28, 28, 28, 65, 15, 16, 12, 33, 2, 6]

def coded(name):
    return b"".join(bytes([len(p)]) + p.encode()
                    for p in name.split(".")) + b"\0"

def server(number, loss):
    """A name server that makes up its answers."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((f"10.20.0.{number}", 53))
    def run():
        while True:
            query, who = s.recvfrom(2000)
            rng2 = random.Random(query[12:])
            if rng.random() < loss:
                continue
            end = query.index(b"\0", 12) + 5
            kind = query[end - 3]
            flags, answers = 0x8180, []
            roll = rng2.random()
            ip = lambda: bytes([rng2.choice((198, 203)), 51, 100,
                                rng2.randrange(256)])
            if roll < 0.12:
                flags = 0x8183
            elif roll < 0.14:
                flags = rng.choice((0x8182, 0x8185))
            elif kind == 1:
                if rng2.random() < 0.3:
                    answers.append((5, coded("edge%d.cdn.example.net"
                                             % rng2.randrange(30))))
                answers += [(1, ip()) for _ in range(rng2.choice((1, 1, 2, 4)))]
                if rng2.random() < 0.02:
                    answers = [(1, b"\x0a\x01\x02\x03")]
            elif kind == 28 and rng2.random() < 0.6:
                answers = [(28, b"\x20\x01\x0d\xb8" + rng2.randbytes(12))]
            name = b"\xc0\x0c"
            out = query[:2] + struct.pack(">HHHHH", flags, 1, len(answers),
                                          0, 0) + query[12:end]
            for t, data in answers:
                out += name + struct.pack(">HHIH", t, 1, rng2.choice(
                    (20, 60, 300, 3600)), len(data)) + data
                if t == 5:
                    name = data
            time.sleep(rng.choice((0.001, 0.01, 0.05)))
            s.sendto(out, who)
    threading.Thread(target=run, daemon=True).start()

server(53, 0.02)
server(54, 0.25)

def ask():
    r = rng.random()
    if r < 0.6:
        name = f"{pick(NAMES)}.{pick(TOP)}"
    elif r < 0.7:
        name = f"{rng.choice(WORDS)}.{rng.choice(WORDS)}.{rng.choice(TOP)}"
    elif r < 0.78:
        name = f"{rng.choice(('printer', 'nas'))}{rng.randrange(1, 15)}.office"
    elif r < 0.84:
        name = (f"{rng.randrange(100, 120)}.{rng.randrange(3)}.20.10"
                ".in-addr.arpa")
    elif r < 0.9:
        name = rng.choice(("wpad", "localhost", "_ldap._tcp.dc._msdcs.office",
                           rng.choice(WORDS)))
    else:
        name = f"{rng.randrange(1 << 32):08x}.ads.example.com"
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address(), 0))
    s.settimeout(1)
    for _ in range(rng.choice((1, 1, 2))):
        kind = 12 if name.endswith("arpa") else rng.choice(KINDS)
        s.sendto(struct.pack(">HHHHHH", rng.randrange(1 << 16), 0x100, 1, 0, 0,
                 0) + coded(name) + struct.pack(">HH", kind, 1),
                 ("10.20.0.1", 53))
        try:
            s.recv(2000)
        except OSError:
            pass

desk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
desk.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
desk.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"desk")
desk.bind(("", 68))
desk.settimeout(1)

def dhcp(kind, mac, name=None, wants=None, server=None, has=b"\0\0\0\0"):
    options = bytes([53, 1, kind])
    for code, value in ((12, name), (50, wants), (54, server)):
        if value:
            options += bytes([code, len(value)]) + value
    desk.sendto(b"\x01\x01\x06\0" + rng.randbytes(4) + b"\0\0\x80\0" + has
        + bytes(12) + mac + bytes(202) + b"\x63\x82\x53\x63" + options
        + b"\x37\x03\x01\x03\x06\xff", ("255.255.255.255", 67))
    return desk.recv(2000) if kind in (1, 3) else None

def newcomer():
    n = rng.randrange(60)
    mac = b"\x02\0\0\0\0" + bytes([n])
    name = None if n % 7 == 0 else f"{WORDS[n % 40]}-pc".encode()
    wants = None
    if rng.random() < 0.2:
        wants = rng.choice((b"\x0a\x14\x29", b"\xc0\xa8\x01")) + mac[5:]
        dhcp(3, mac, name, wants)
    offer = dhcp(1, mac, name)
    pause(0.1)
    ip, server = offer[16:20], b"\x0a\x14\x28\x01"
    dhcp(3, mac, name, ip, server)
    if rng.random() < 0.3:
        pause(1)
        dhcp(rng.choice((4, 7, 7, 8)), mac, None, ip, server, ip)

crowd(newcomer, *[ask] * 6, rest=0.7)
EOF
cat /var/log/syslog >"$out"
