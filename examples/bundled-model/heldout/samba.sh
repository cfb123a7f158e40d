#!/bin/sh
# SPDX-License-Identifier: MIT
# smbd as an office's file server: shares that are open, closed or read-only,
# wrong passwords, files opened, locked, copied, deleted, missing.
export HOST=files
. "$(dirname "$0")/lab.sh"

mkdir -p /srv/team /srv/public /srv/archive /run/samba /var/log/samba
chmod 1777 /srv/*
cat >/etc/samba/smb.conf <<'EOF'
[global]
workgroup = OFFICE
server role = standalone server
# a client that calls one of our addresses calls from it too
smb ports = 445
log file = /var/log/samba/log.smbd
max log size = 0
log level = 2
map to guest = bad user
disable netbios = yes
load printers = no
disable spoolss = yes
server min protocol = NT1
[team]
path = /srv/team
valid users = anna bjorn carla dmitri elena farid jonas rosa
read only = no
[public]
path = /srv/public
guest ok = yes
read only = no
[archive]
path = /srv/archive
read only = yes
[attic]
path = /srv/attic
EOF
for u in $(cd "$here" && python3 -c 'import people; print(*people.USERS)'); do
	id "$u" || useradd -M "$u"
	printf 'right\nright\n' | smbpasswd -as "$u"
done >/dev/null 2>&1
smbd -D
wait_port 445

load <<'EOF'
import subprocess
from people import *

def visit():
    user = pick(USERS) if rng.random() < 0.85 else rng.choice(STRANGERS)
    password = "right" if rng.random() < 0.9 else words(1)
    share = rng.choice(("team", "team", "team", "public", "public", "archive",
                        "attic", "IPC$", words(1)))
    steps = []
    for _ in range(rng.choice((1, 2, 4, 7))):
        name, other = pick(WORDS) + ".txt", filename()
        steps.append(rng.choice((f"put /tmp/up {name}", f"put /tmp/up {other}",
            f"get {name} /dev/null", "ls", f"mkdir {words(1)}",
            f"cd {words(1)}; ls", f"del {name}", f"rename {name} {other}",
            f"allinfo {name}", f"rmdir {words(1)}", f"setmode {name} +r",
            "du", f"open {name}")))
    with open("/tmp/up", "w") as f:
        f.write(body())
    version = rng.choice(("SMB3", "SMB3", "SMB2", "NT1"))
    subprocess.run(["smbclient", f"//{address()}/{share}", "-m", version,
        "--option=client min protocol=NT1",
        "-U", f"{user}%{password}", "-c", "; ".join(steps)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20)

crowd(*[visit] * 4, rest=1.2, errors=(subprocess.TimeoutExpired,))
EOF
cat /var/log/samba/log.smbd >"$out"
