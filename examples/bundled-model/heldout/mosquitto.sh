#!/bin/sh
# SPDX-License-Identifier: MIT
# mosquitto as the broker of sensors and panels: clients come, subscribe, go,
# fail to log in, are thrown out for a second login, fall silent.
export HOST=hub1
. "$(dirname "$0")/lab.sh"

cat >/etc/mosquitto/mosquitto.conf <<'EOF'
listener 1883
persistence true
persistence_location /var/lib/mosquitto/
autosave_interval 30
allow_anonymous false
password_file /etc/mosquitto/passwords
acl_file /etc/mosquitto/acl
max_inflight_messages 4
max_queued_messages 12
message_size_limit 4000
log_dest file /var/log/mosquitto/mosquitto.log
log_type all
connection_messages true
log_timestamp true
EOF
(cd "$here" && python3 -c 'import people
for u in people.USERS: print(u + ":right")') >/etc/mosquitto/passwords
mosquitto_passwd -U /etc/mosquitto/passwords
cat >/etc/mosquitto/acl <<'EOF'
pattern readwrite home/%u/#
topic read news/#
topic readwrite plant/#
EOF
chmod 644 /etc/mosquitto/*
mkdir -p /run/mosquitto /var/log/mosquitto
chown mosquitto /run/mosquitto /var/log/mosquitto /var/lib/mosquitto
mosquitto -c /etc/mosquitto/mosquitto.conf &
broker=$!
wait_port 1883
(while sleep 45; do kill -HUP $broker; done) &

load <<'EOF'
from people import *

ROOMS = "boiler hall kitchen roof cellar lab3 gate east-wing pump2".split()
THINGS = "temperature humidity power door/state valve/set status".split()

def text(s):
    s = s if isinstance(s, bytes) else s.encode()
    return len(s).to_bytes(2, "big") + s

def packet(kind, payload=b""):
    n, size = len(payload), b""
    while True:
        n, low = n >> 7, n & 127
        size += bytes([low | (128 if n else 0)])
        if not n:
            return bytes([kind]) + size + payload

def topic(user):
    return pick((f"plant/{rng.choice(ROOMS)}/{rng.choice(THINGS)}",
                 f"home/{user}/{rng.choice(THINGS)}",
                 f"news/{rng.choice(WORDS)}", "$SYS/broker/uptime",
                 f"home/{rng.choice(USERS)}/#", "plant/+/status"))

def client():
    user, known = (pick(USERS), True) if rng.random() < 0.92 else (
        rng.choice(STRANGERS), False)
    name = rng.choice((f"{user}-panel", f"sensor-{rng.randrange(40):03d}",
        f"{rng.choice(ROOMS)}_{rng.randrange(1 << 24):06x}", "",
        f"mqttjs_{rng.randrange(1 << 32):08x}"))
    password = "right" if known and rng.random() < 0.95 else "12345"
    flags = 0xc0 | rng.choice((2, 2, 0)) | rng.choice((0, 0, 0, 0x04))
    keep = rng.choice((2, 5, 15, 60, 60))
    c = connect(1883, 4)
    c.sendall(packet(0x10, text("MQTT") + b"\x04" + bytes([flags])
        + keep.to_bytes(2, "big") + text(name)
        + (text(topic(user)) + text("gone") if flags & 4 else b"")
        + text(user) + text(password)))
    if c.recv(4)[3:] != b"\0":
        return
    number = 0
    for _ in range(rng.choice((1, 2, 4, 8, 15))):
        number += 1
        mid = number.to_bytes(2, "big")
        act = rng.choice("ssppppppppiuz")
        what = topic(user)
        if act == "s":
            c.sendall(packet(0x82, mid + text(what)
                             + bytes([rng.randrange(3)])))
        elif act == "p" and not set("+#") & set(what):
            qos, keepit = rng.choice((0, 0, 1, 2)), rng.choice((0, 0, 1))
            value = rng.choice((f"{rng.gauss(21, 4):.1f}", "on", "off",
                f'{{"v":{rng.randrange(4000)},"ok":true}}', body()[:6000]))
            c.sendall(packet(0x30 | qos << 1 | keepit, text(what)
                             + (mid if qos else b"") + value.encode()))
            if qos == 2:
                c.sendall(packet(0x62, mid))
        elif act == "i":
            c.sendall(packet(0xc0))
        elif act == "u":
            c.sendall(packet(0xa2, mid + text(what)))
        pause(0.35)
        c.setblocking(False)
        try:
            got = c.recv(65536)
        except BlockingIOError:
            got = b""
        c.settimeout(4)
    end = rng.random()
    if end < 0.6:
        c.sendall(packet(0xe0))
    elif end < 0.7:
        c.sendall(b"\xff\xff\xff")
    elif end < 0.8:
        time.sleep(keep * 1.6 if keep < 9 else 1)
    c.close()

crowd(*[client] * 5, rest=1.2)
EOF
cat /var/log/mosquitto/mosquitto.log >"$out"
