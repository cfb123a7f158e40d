#!/bin/sh
# SPDX-License-Identifier: MIT
# proftpd with its two logs in one file: the server's messages (SystemLog) and
# the commands of the sessions (ExtendedLog).
export HOST=ftp1
. "$(dirname "$0")/lab.sh"

for u in $(cd "$here" && python3 -c 'import people; print(*people.USERS)'); do
	id "$u" 2>/dev/null || useradd -m -p "$(openssl passwd -1 right)" "$u"
done >/dev/null 2>&1
echo reports >>/etc/ftpusers
cat >/etc/proftpd/proftpd.conf <<'EOF'
ServerName "ftp1"
ServerType standalone
DefaultServer on
UseIPv6 off
DefaultAddress 10.20.0.1
Port 21
UseReverseDNS off
RequireValidShell off
AuthPAM off
User proftpd
Group nogroup
MaxInstances 14
MaxLoginAttempts 2
MaxClientsPerUser 3
TimeoutIdle 4
TimeoutNoTransfer 5
TimeoutStalled 4
TimeoutSession 40
DefaultRoot ~ nogroup
AllowOverwrite off
SystemLog /var/log/proftpd/proftpd.log
<Directory />
  HideUser root
</Directory>
<Directory ~/locked>
  <Limit WRITE>
    DenyAll
  </Limit>
</Directory>
LogFormat session "%{%Y-%m-%d %H:%M:%S}t %h [%P] %u \"%r\" %s %b"
ExtendedLog /var/log/proftpd/proftpd.log ALL session
DebugLevel 2
EOF
proftpd
wait_port 21
(
	while sleep 40; do
		kill -HUP "$(cat /run/proftpd.pid)"
	done
) &

load <<'EOF'
import ftplib, io
from people import *

class Ftp(ftplib.FTP):
    def connect_from(self):
        self.sock = connect(21, 8)
        self.af = self.sock.family
        self.file = self.sock.makefile("r", encoding="utf-8")
        self.host = "10.20.0.1"
        self.welcome = self.getresp()

    def ntransfercmd(self, cmd, rest=None):
        self.source_address = (self.sock.getsockname()[0], 0)
        return super().ntransfercmd(cmd, rest)

def visit():
    c = Ftp()
    c.connect_from()
    if rng.random() < 0.05:
        c.close()
        return
    for _ in range(2):
        user = pick(USERS) if rng.random() < 0.9 else rng.choice(STRANGERS)
        try:
            c.login(user, "right" if rng.random() < 0.9 else words(1))
            break
        except ftplib.error_perm:
            pass
    for _ in range(rng.choice((1, 2, 3, 5, 9))):
        name = rng.choice((filename, lambda: pick(WORDS) + ".txt"))()
        try:
            rng.choice((
                lambda: c.storbinary(f"STOR {name}",
                                     io.BytesIO(body().encode())),
                lambda: c.storbinary(f"STOR {pick(WORDS)}.txt",
                                     io.BytesIO(body().encode())),
                lambda: c.retrbinary(f"RETR {pick(WORDS)}.txt", len),
                lambda: c.retrbinary(f"RETR {name}", len),
                lambda: c.retrlines("LIST", len),
                lambda: c.retrlines("MLSD", len),
                lambda: c.nlst(), lambda: c.pwd(), lambda: c.size(name),
                lambda: c.mkd(rng.choice(("locked", words(1)))),
                lambda: c.cwd(rng.choice(("/", "..", "locked", words(1)))),
                lambda: c.delete(pick(WORDS) + ".txt"),
                lambda: c.rename(pick(WORDS) + ".txt", name),
                lambda: c.sendcmd("SITE CHMOD 640 " + name),
                lambda: c.sendcmd(rng.choice(("FEAT", "NOOP", "STAT", "SYST",
                    "XYZZY", "OPTS UTF8 ON", "TYPE A", "HELP",
                    "PORT 1,2,3,4,5,6", "ALLO 9")))))()
        except ftplib.Error:
            pass
        pause(0.2)
    end = rng.random()
    if end < 0.06:
        time.sleep(5)
    if end < 0.8:
        c.quit()
    c.close()

crowd(*[visit] * 6, rest=0.8, errors=(ftplib.Error,))
EOF
cat /var/log/proftpd/proftpd.log >"$out"
