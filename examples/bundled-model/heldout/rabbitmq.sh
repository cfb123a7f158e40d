#!/bin/sh
# SPDX-License-Identifier: MIT
# RabbitMQ for a shop's services: connections that come, go, fail to log in,
# break the protocol, miss heartbeats; queues declared wrongly; alarms; its
# administration by rabbitmqctl; a restart.
export HOST=mq1
. "$(dirname "$0")/lab.sh"

mkdir -p /var/log/rabbitmq /var/lib/rabbitmq /run/rabbitmq
cat >/etc/rabbitmq/rabbitmq.conf <<'EOF'
listeners.tcp.default = 5672
log.file.level = info
heartbeat = 2
channel_max = 8
vm_memory_high_watermark.absolute = 400MB
consumer_timeout = 9000
handshake_timeout = 2000
connection_max = 40
EOF
echo '[rabbitmq_management,rabbitmq_shovel].' >/etc/rabbitmq/enabled_plugins
export HOME=/var/lib/rabbitmq RABBITMQ_NODENAME=rabbit@localhost
export RABBITMQ_LOGS=/var/log/rabbitmq/rabbit@mq1.log RABBITMQ_USER=root
R=$(echo /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin)
chmod a+rwX -R /var/log/rabbitmq /var/lib/rabbitmq /run/rabbitmq
echo cookie >"$HOME/.erlang.cookie" && chmod 400 "$HOME/.erlang.cookie"
"$R/rabbitmq-server" >/dev/null 2>&1 &
wait_port 5672
ctl() { "$R/rabbitmqctl" -q "$@" || true; }
for u in shop billing mailer backup; do
	ctl add_user $u right
	ctl set_permissions -p / $u '.*' "^(($u|events).*|amq.*)$" '.*'
done >/dev/null 2>&1
ctl add_vhost orders >/dev/null
ctl set_permissions -p orders shop '.*' '.*' '.*' >/dev/null
(
	while :; do
		ctl set_vm_memory_high_watermark absolute 40MB
		sleep 3
		ctl set_vm_memory_high_watermark absolute 400MB
		ctl set_policy limit '^shop' '{"max-length": 20}'
		sleep 5
		ctl change_password backup right
		ctl close_all_connections --limit 3 --vhost / 'maintenance'
		ctl set_user_limits mailer '{"max-connections": 2}'
		sleep 5
		ctl add_vhost spare
		ctl delete_vhost spare
		ctl clear_policy limit
	done
) >/dev/null 2>&1 &

load <<'EOF'
import struct
from people import *

def short(s):
    return bytes([len(s)]) + s.encode()

def long(s):
    s = s if isinstance(s, bytes) else s.encode()
    return struct.pack(">I", len(s)) + s

def table(**items):
    return long(b"".join(short(k) + b"S" + long(v) for k, v in items.items()))

def frame(kind, channel, payload):
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"

def method(channel, clas, number, *parts):
    return frame(1, channel, struct.pack(">HH", clas, number)
                 + b"".join(parts))

def queue(user):
    return rng.choice((f"{user}.{pick(WORDS)}", f"{user}.{pick(WORDS)}",
                       f"shop.{pick(WORDS)}", f"events.{pick(WORDS)}"))

def act(user, channel):
    """One method on an open channel, right or wrong."""
    q, flags = queue(user), rng.choice((0, 0, 2, 4, 8, 1))
    return rng.choice((
        lambda: method(channel, 50, 10, b"\0\0", short(q), bytes([flags]),
                       table()),
        lambda: method(channel, 50, 10, b"\0\0", short(q), b"\2", table(
            **{"x-queue-mode": rng.choice(("lazy", "default", "quick"))})),
        lambda: method(channel, 40, 10, b"\0\0", short("events-" + words(1)),
            short(rng.choice(("topic", "fanout", "direct", "strange"))), b"\2",
            table()),
        lambda: method(channel, 50, 20, b"\0\0", short(q),
            short("amq." + rng.choice(("topic", "direct", "nothing"))),
            short(pick(WORDS) + ".#"), b"\0", table()),
        lambda: method(channel, 60, 40, b"\0\0", short(rng.choice(("",
            "amq.topic", "events-" + words(1)))), short(q), b"\0")
            + frame(2, channel, struct.pack(">HHQH", 60, 0, 5, 0))
            + frame(3, channel, b"hello"),
        lambda: method(channel, 60, 20, b"\0\0", short(q), short(""),
                       bytes([rng.choice((0, 2, 4))]), table()),
        lambda: method(channel, 60, 70, b"\0\0", short(q), b"\1"),
        lambda: method(channel, 60, 80, struct.pack(">Q", rng.randrange(9)),
                       b"\0"),
        lambda: method(channel, 50, 40, b"\0\0", short(q), b"\0"),
        lambda: method(channel, 50, 30, b"\0\0", short(q), b"\0"),
        lambda: method(channel, 90, 10),
        lambda: method(channel, 85, 10, b"\0")))()

def visit():
    c = connect(5672, 6)
    if rng.random() < 0.06:
        c.sendall(rng.choice((b"GET / HTTP/1.1\r\n\r\n", b"AMQP\0\0\x08\0",
                              b"\x16\x03\x01\0\0\0\0\0")))
        c.recv(100)
        time.sleep(rng.choice((0, 3)))
        c.close()
        return
    user = rng.choice(("shop", "shop", "billing", "mailer", "backup"))
    if rng.random() < 0.08:
        user = rng.choice(STRANGERS)
    word = "right" if rng.random() < 0.93 else "wrong"
    c.sendall(b"AMQP\0\0\x09\1")
    c.recv(9000)
    c.sendall(method(0, 10, 11, table(
        product=rng.choice(("pika", "amqp-lib", "bunny")),
        version=f"1.{rng.randrange(4)}.0",
        connection_name=f"{user}-{rng.choice(WORDS)}-{rng.randrange(9)}"),
        short("PLAIN"), long(b"\0" + user.encode() + b"\0" + word.encode()),
        short("en_US")))
    if not c.recv(9000):
        return
    beat = rng.choice((0, 1, 2, 2, 10))
    c.sendall(method(0, 10, 31, struct.pack(">HIH", 8, 131072, beat)))
    c.sendall(method(0, 10, 40, short(rng.choice(("/",) * 8
              + ("orders", "nowhere"))), short(""), b"\0"))
    c.recv(9000)
    channel = 0
    for _ in range(rng.choice((1, 2, 4, 6))):
        if channel == 0 or rng.random() < 0.3:
            channel += 1
            c.sendall(method(channel, 20, 10, short("")))
        else:
            c.sendall(act(user, channel))
        if rng.random() < 0.02:
            c.sendall(rng.choice((b"\x09garbage", frame(8, 5, b""),
                                  method(7, 60, 40, b"\0"))))
        c.recv(9000)
        pause(0.25)
    end = rng.random()
    if end < 0.1:
        time.sleep(5)
    elif end < 0.7:
        c.sendall(method(0, 10, 50, struct.pack(">H", 200), short("bye"),
                         bytes(4)))
        c.recv(900)
    c.close()

crowd(*[visit] * 8, rest=0.6)
EOF
ctl stop_app >/dev/null
ctl start_app >/dev/null
ctl stop >/dev/null
cat /var/log/rabbitmq/rabbit@mq1.log >"$out"
