#!/bin/sh
# SPDX-License-Identifier: MIT
# haproxy before a few web servers that are slow, fail, refuse or go away, with
# its default HTTP and TCP log formats, through syslog.
export HOST=lb1
. "$(dirname "$0")/lab.sh"

syslog /var/log/haproxy.log
cat >/etc/haproxy/haproxy.cfg <<'EOF'
global
	log /dev/log local0
	maxconn 200
	stats socket /run/haproxy.sock level admin
defaults
	log global
	mode http
	option httplog
	option dontlognull
	option redispatch
	retries 2
	timeout connect 300ms
	timeout client 2s
	timeout server 1200ms
	timeout queue 500ms
	timeout http-request 1s
frontend www
	bind *:80
	capture request header Host len 20
	capture request header User-Agent len 24
	acl api path_beg /api
	acl bad path_end .php .asp
	http-request deny if bad
	http-request tarpit if { path_beg /.env }
	use_backend api if api
	use_backend static if { path_end .css .js .png }
	default_backend app
frontend metrics
	bind *:8404
	stats enable
	stats uri /stats
	no log
frontend db
	mode tcp
	option tcplog
	bind 10.20.0.1:3306
	default_backend db
backend app
	balance roundrobin
	cookie SRV insert indirect nocache
	option httpchk GET /health
	default-server inter 700ms fall 2 rise 2 maxconn 2
	server app1 10.20.0.11:8080 check cookie a1
	server app2 10.20.0.12:8080 check cookie a2
	server app3 10.20.0.13:8080 check cookie a3 backup
backend api
	balance leastconn
	option httpchk GET /health
	default-server inter 900ms fall 2 rise 1 maxconn 3
	server api-a 10.20.0.14:8080 check
	server api-b 10.20.0.15:8080 check
backend static
	server cdn 10.20.0.16:8080
backend db
	mode tcp
	default-server inter 1s
	server db1 10.20.0.17:3306 check
	server db2 10.20.0.18:3306 check backup
EOF
haproxy -W -D -f /etc/haproxy/haproxy.cfg -p /run/haproxy.pid
wait_port 80
(
	while sleep 21; do
		echo "disable server app/app2" | socat - /run/haproxy.sock
		sleep 8
		echo "enable server app/app2" | socat - /run/haproxy.sock
		sleep 12
		kill -USR2 "$(head -1 /run/haproxy.pid)"
	done
) >/dev/null &

load <<'EOF'
import threading
from people import *

down = set()

def web(number):
    """A web server at 10.20.0.NUMBER:8080, slow, wrong or away at times."""
    def serve(c):
        c.settimeout(5)
        f = c.makefile("rb")
        path = f.readline().split()[1].decode()
        while f.readline().strip():
            pass
        if number in down:
            if rng.random() < 0.5:
                c.sendall(b"HTTP/1.1 503 Out\r\nContent-Length: 0\r\n\r\n")
            c.close()
            return
        if path != "/health":
            time.sleep(rng.expovariate(12) if rng.random() < 0.97 else 2)
        code = rng.choice((200,) * 14 + (304, 302, 404, 404, 500, 201))
        size = int(rng.paretovariate(0.7) * 90) % 300000
        if rng.random() < 0.02:
            c.sendall(b"HTTX nonsense\r\n\r\n")
        else:
            c.sendall(b"HTTP/1.1 %d X\r\nConnection: close\r\n"
                      b"Content-Length: %d\r\n\r\n" % (code, size))
            c.sendall(bytes(size if rng.random() < 0.98 else size // 2))
        c.close()
    listen(number, 8080, serve)

def database(number):
    def serve(c):
        c.settimeout(3)
        for _ in range(rng.randrange(1, 5)):
            c.sendall(bytes(rng.randrange(1, 5000)))
            c.recv(1000)
            time.sleep(rng.expovariate(9))
        c.close()
    listen(number, 3306, serve)

def listen(number, port, serve):
    door = socket.create_server((f"10.20.0.{number}", port))
    def guarded(c):
        try:
            serve(c)
        except (OSError, IndexError):
            c.close()
    def run():
        while True:
            threading.Thread(target=guarded, args=(door.accept()[0],),
                             daemon=True).start()
    threading.Thread(target=run, daemon=True).start()

def weather():
    """Now and then a server goes away for a while."""
    number = rng.choice((11, 12, 14, 14, 15, 13))
    pause(3)
    down.add(number)
    pause(2)
    down.discard(number)

def path():
    return rng.choice((
        lambda: f"/{pick(WORDS)}/{rng.randrange(5000)}",
        lambda: f"/api/v{rng.choice('12')}/{pick(WORDS)}s?page="
                f"{rng.randrange(30)}",
        lambda: f"/api/v1/{pick(WORDS)}s/{rng.randrange(1 << 32):08x}",
        lambda: f"/assets/{rng.choice(WORDS)}.{rng.choice(('css', 'js'))}",
        lambda: f"/img/{filename()}.png", lambda: "/", lambda: "/login",
        lambda: f"/search?q={words(2).replace(' ', '+')}",
        lambda: rng.choice(("/wp-login.php", "/.env", "/admin/x.asp",
                            "/robots.txt", "/cgi-bin/luci"))))()

def browse():
    c = connect(80, 4)
    agent = rng.choice(("Mozilla/5.0 (X11; Linux x86_64)", "curl/7.88.1",
        "Mozilla/5.0 (iPhone; CPU)", "python-requests/2.31", "bot/1.0", ""))
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        if rng.random() < 0.02:
            c.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        else:
            method = rng.choice(("GET",) * 8 + ("POST", "HEAD", "PUT"))
            extra = ("Content-Length: 300\r\n" if method in ("POST", "PUT")
                     else "")
            c.sendall(f"{method} {path()} HTTP/1.1\r\nHost: www."
                      f"{rng.choice(DOMAINS)}\r\nUser-Agent: {agent}\r\n"
                      f"{extra}\r\n".encode()
                      + bytes(300 if extra and rng.random() < 0.9 else 0))
        if rng.random() < 0.03:
            break
        while len(c.recv(65536)) == 65536:
            pass
        pause(0.08)
    c.close()

def query():
    c = connect(3306, 3)
    while c.recv(6000):
        c.sendall(bytes(rng.randrange(1, 900)))
    c.close()

for number in range(11, 17):
    web(number)
database(17)
crowd(*[browse] * 7, query, weather, weather, rest=0.5)
EOF
cat /var/log/haproxy.log >"$out"
