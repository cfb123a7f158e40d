#!/bin/sh
# SPDX-License-Identifier: MIT
# squid as an office's proxy: hits, misses, tunnels, logins, denials, servers
# that are slow or down.  The log is access.log; cache.log is woven in, a line
# for each of its lines, at the end.
export HOST=proxy
. "$(dirname "$0")/lab.sh"

mkdir -p /var/log/squid /srv/cache /run/squid
chown proxy /var/log/squid /srv/cache /run/squid
for i in 11 12 13 14 15 16 17 18; do
	echo "10.20.0.$i $(cd "$here" && python3 -c "import people
print('www.' + people.DOMAINS[$i - 11])")"
done >>/etc/hosts
cat >/etc/squid/squid.conf <<'EOF'
http_port 10.20.0.1:3128
visible_hostname proxy.office.example
dns_nameservers 10.20.0.53
positive_dns_ttl 1 minute
acl inside src 10.20.1.0/24 10.20.2.0/24 10.20.3.0/24 10.20.7.0/24
acl safe port 80 443 8080
acl CONNECT method CONNECT
acl ads dstdomain .news.example.info
acl movies urlpath_regex \.mp4$
auth_param basic program /usr/lib/squid/basic_ncsa_auth /etc/squid/users
auth_param basic children 2
acl known proxy_auth REQUIRED
http_access deny !safe
http_access deny ads
http_access deny movies
http_access allow inside
http_access allow known
http_access deny all
cache_mem 2 MB
maximum_object_size_in_memory 40 KB
cache_dir ufs /srv/cache 8 4 4
connect_timeout 2 seconds
read_timeout 2 seconds
request_timeout 2 seconds
shutdown_lifetime 1 seconds
refresh_pattern . 1 50% 20
logfile_rotate 0
access_log stdio:/var/log/squid/access.log squid
cache_log /var/log/squid/cache.log
cache_store_log none
EOF
(cd "$here" && python3 -c 'import people
print(*people.USERS, sep="\n")') | while read -r u; do
	echo "$u:$(openssl passwd -apr1 right)"
done >/etc/squid/users
squid -z -N >/dev/null 2>&1
squid -N &
wait_port 3128
(
	while sleep 25; do squid -k reconfigure; done
) >/dev/null 2>&1 &

load <<'EOF'
import base64, threading
from people import *

def web(number):
    """A web server at 10.20.0.NUMBER, ports 80 and 443."""
    def serve(c):
        c.settimeout(5)
        f = c.makefile("rb")
        path = f.readline().split()[1]
        while f.readline().strip():
            pass
        same = random.Random(path)
        time.sleep(rng.expovariate(15) if rng.random() < 0.97 else 2.5)
        code = same.choice((200,) * 12 + (304, 302, 404, 404, 500, 403, 503))
        size = int(same.paretovariate(0.7) * 90) % 300000
        kind = same.choice((b"text/html", b"image/png", b"application/json",
                            b"text/css", b"application/javascript"))
        keep = same.choice((b"max-age=600", b"no-store", b"max-age=5",
                            b"private"))
        c.sendall(b"HTTP/1.1 %d X\r\nConnection: close\r\nCache-Control: %s\r\n"
                  b"Content-Type: %s\r\nContent-Length: %d\r\n\r\n"
                  % (code, keep, kind, size))
        c.sendall(bytes(size if rng.random() < 0.97 else size // 2))
        c.close()
    for port in (80, 443, 8080):
        door = socket.create_server((f"10.20.0.{number}", port))
        def guarded(c):
            try:
                serve(c)
            except (OSError, IndexError):
                c.close()
        def run(door=door):
            while True:
                threading.Thread(target=guarded, args=(door.accept()[0],),
                                 daemon=True).start()
        threading.Thread(target=run, daemon=True).start()

def url():
    host = "www." + DOMAINS[min(int(rng.expovariate(0.4)), 8)]
    path = rng.choice((
        lambda: f"{pick(WORDS)}/", lambda: f"{pick(WORDS)}.html",
        lambda: f"img/{filename()}.png", lambda: "",
        lambda: f"assets/{pick(WORDS)}.{rng.choice(('css', 'js'))}",
        lambda: f"api/{pick(WORDS)}?id={rng.randrange(1 << 32):x}",
        lambda: f"films/{words(1)}.mp4",
        lambda: f"search?q={words(2).replace(' ', '%20')}"
                f"&page={rng.randrange(9)}"))()
    port = rng.choice(("",) * 9 + (":8080", ":8443", ":81"))
    return f"http://{host}{port}/{path}", host

def browse():
    c = connect(3128, 5)
    login = ""
    if rng.random() < 0.3:
        word = base64.b64encode(f"{pick(USERS)}:"
            f"{rng.choice(('right', 'right', 'wrong'))}".encode()).decode()
        login = f"Proxy-Authorization: Basic {word}\r\n"
    if rng.random() < 0.25:
        port = rng.choice((443, 443, 443, 22, 8443))
        host = url()[1]
        c.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}\r\n{login}"
                  "\r\n".encode())
        if b" 200 " in c.recv(1000):
            c.sendall(b"GET /" + pick(WORDS).encode() + b" x\r\n\r\n")
            while c.recv(65536):
                pass
        c.close()
        return
    for _ in range(rng.choice((1, 2, 3, 6))):
        address_, host = url()
        method = rng.choice(("GET",) * 9 + ("HEAD", "POST"))
        fresh = rng.choice(("", "", "Pragma: no-cache\r\n"))
        c.sendall(f"{method} {address_} HTTP/1.1\r\nHost: {host}\r\n{login}"
                  f"{fresh}"
                  f"{'Content-Length: 0' if method == 'POST' else 'A: b'}"
                  "\r\n\r\n".encode()
                  if rng.random() < 0.98 else b"nonsense\r\n\r\n")
        if rng.random() < 0.03:
            break
        while len(c.recv(65536)) == 65536:
            pass
        pause(0.1)
    c.close()

for number in (11, 12, 13, 14, 15, 16, 18):
    web(number)
crowd(*[browse] * 6, rest=0.7)
EOF
squid -k shutdown
sleep 2
# access.log counts seconds, cache.log says the date: both, in order of time.
python3 - /var/log/squid/access.log /var/log/squid/cache.log >"$out" <<'EOF'
import calendar, sys, time
rows = []
for line in open(sys.argv[1]):
    rows.append((float(line.split()[0]), line))
when = 0.0
for line in open(sys.argv[2], errors="replace"):
    try:
        when = calendar.timegm(time.strptime(line[:19], "%Y/%m/%d %H:%M:%S"))
    except ValueError:
        pass
    rows.append((when, line))
rows.sort(key=lambda row: row[0])
sys.stdout.writelines(line for _, line in rows)
EOF
