#!/bin/sh
# SPDX-License-Identifier: MIT
# slapd as an office's directory: binds right and wrong, searches with and
# without an index, changes, denials, limits, broken clients, a restart.  Its
# own log (loglevel stats) comes by syslog.
export HOST=ldap1
. "$(dirname "$0")/lab.sh"

syslog /var/log/slapd.log
mkdir -p /srv/ldap /run/slapd
cat >/etc/ldap/slapd.conf <<'EOF'
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile /run/slapd/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
loglevel stats
sizelimit 60
idletimeout 60
database mdb
suffix "dc=example,dc=net"
rootdn "cn=admin,dc=example,dc=net"
rootpw right
directory /srv/ldap
maxsize 50000000
index objectClass eq
index uid eq
access to attrs=userPassword by self write by anonymous auth by * none
access to dn.subtree="ou=secret,dc=example,dc=net" by * none
access to * by self write by users read by * search
EOF
(cd "$here" && python3 -c 'import people
print("""dn: dc=example,dc=net
objectClass: dcObject
objectClass: organization
o: Example
dc: example
""")
for ou in "people groups machines secret".split():
    print(f"""dn: ou={ou},dc=example,dc=net
objectClass: organizationalUnit
ou: {ou}
""")
for n, u in enumerate(people.USERS):
    print(f"""dn: uid={u},ou=people,dc=example,dc=net
objectClass: inetOrgPerson
uid: {u}
cn: {u.title()} {people.WORDS[n].title()}
sn: {people.WORDS[n].title()}
mail: {u}@example.net
userPassword: right
""")
for w in people.WORDS:
    print(f"""dn: cn={w},ou=groups,dc=example,dc=net
objectClass: groupOfNames
cn: {w}
member: uid={people.pick(people.USERS)},ou=people,dc=example,dc=net
""")') >"$LAB/tree.ldif"
slapadd -q -f /etc/ldap/slapd.conf -l "$LAB/tree.ldif"
slapd -h "ldap://10.20.0.1/" -f /etc/ldap/slapd.conf
wait_port 389
(
	while sleep 35; do
		kill -INT "$(cat /run/slapd/slapd.pid)"
		sleep 1
		slapd -h "ldap://10.20.0.1/" -f /etc/ldap/slapd.conf
	done
) &

load <<'EOF'
from people import *

BASE = "dc=example,dc=net"

def ber(tag, *parts):
    data = b"".join(p if isinstance(p, bytes) else p.encode() for p in parts)
    size = (bytes([len(data)]) if len(data) < 128 else
            b"\x82" + len(data).to_bytes(2, "big"))
    return bytes([tag]) + size + data

def number(n, tag=2):
    return ber(tag, n.to_bytes(2, "big"))

def text(s):
    return ber(4, s)

def equals(kind, value):
    return ber(0xa3, text(kind), text(value))

def person(user=None):
    return f"uid={user or pick(USERS)},ou=people,{BASE}"

def a_filter():
    return rng.choice((
        lambda: equals("uid", pick(USERS)),
        lambda: equals("mail", f"{pick(USERS)}@{rng.choice(DOMAINS)}"),
        lambda: ber(0xa0, equals("objectClass", "groupOfNames"),
                    equals("member", person())),
        lambda: ber(0xa1, equals("cn", words(1)), equals("uid", words(1)),
                    equals("telephoneNumber", str(rng.randrange(90000)))),
        lambda: ber(0xa4, text("cn"), ber(0x30, ber(0x80, words(1)[:2]))),
        lambda: ber(0xa4, text("sn"), ber(0x30, ber(0x81, words(1)[1:3]))),
        lambda: ber(0x87, "objectClass"),
        lambda: ber(0xa0, equals("objectClass", "posixAccount"),
                    equals("uidNumber", str(rng.randrange(1000, 1100)))),
        lambda: ber(0xa2, equals("ou", words(1)))))()

def search():
    base = rng.choice((BASE, "ou=people," + BASE, "ou=groups," + BASE,
                       "ou=secret," + BASE, "dc=example,dc=org", "", person()))
    wanted = rng.choice(([], ["cn", "mail"], ["uid"], ["member"], ["dn"], ["*"],
                         ["uidNumber", "gidNumber", "homeDirectory"]))
    return ber(0x63, text(base), ber(10, bytes([rng.choice((0, 1, 2, 2, 2))])),
               ber(10, bytes([rng.choice((0, 0, 3))])),
               number(rng.choice((0, 0, 1, 5, 100))), number(0), ber(1, b"\0"),
               a_filter(), ber(0x30, *map(text, wanted)))

def change():
    kind = rng.choice(("description", "telephoneNumber", "title", "nonsense",
                       "userPassword"))
    value = ber(0x31, text(words(2)))
    return ber(0x66, text(person()), ber(0x30, ber(0x30,
        ber(10, bytes([rng.choice((0, 1, 2))])),
        ber(0x30, text(kind), value))))

def add():
    name = f"{rng.choice(WORDS)}{rng.randrange(40)}"
    fields = {"objectClass": rng.choice(("device", "device", "robot")),
              "cn": name, "serialNumber": f"{rng.randrange(1 << 32):x}"}
    return ber(0x68, text(f"cn={name},ou=machines,{BASE}"), ber(0x30, *(
        ber(0x30, text(k), ber(0x31, text(v))) for k, v in fields.items())))

def remove():
    return ber(0x4a, f"cn={rng.choice(WORDS)}{rng.randrange(40)},"
                     f"ou=machines,{BASE}")

def compare():
    return ber(0x6e, text(f"cn={pick(WORDS)},ou=groups,{BASE}"),
               ber(0x30, text("member"), text(person())))

def rename():
    return ber(0x6c, text(person()), text("cn=" + words(1)), ber(1, b"\xff"))

def whoami():
    return ber(0x77, ber(0x80, rng.choice(("1.3.6.1.4.1.4203.1.11.3",
                                           "1.3.6.1.4.1.1466.20037"))))

def visit():
    c = connect(389, 4)
    r = rng.random()
    if r < 0.03:
        c.sendall(b"GET / HTTP/1.0\r\n\r\n")
    elif r > 0.12:
        who, word = rng.choice(((person(), "right"), (person(), "right"),
            (person(), "right"), (person(), "wrong"), ("", ""),
            ("cn=admin," + BASE, "right"), ("cn=admin," + BASE, "right"),
            (person(rng.choice(STRANGERS)), "right"), ("nonsense", "x")))
        c.sendall(ber(0x30, number(1), ber(0x60, number(3), text(who),
                                           ber(0x80, word))))
        c.recv(4000)
    for i in range(2, rng.choice((3, 3, 4, 5, 8, 12))):
        act = rng.choice((search,) * 10 + (change, change, add, add, remove,
                                           compare, rename, whoami))
        c.sendall(ber(0x30, number(i), act()))
        while len(c.recv(65536)) == 65536:
            pass
        if rng.random() < 0.03:
            c.sendall(ber(0x30, number(i + 1), number(i, 0x50)))
        pause(0.12)
    if rng.random() < 0.06:
        time.sleep(3.6)
    if rng.random() < 0.8:
        c.sendall(ber(0x30, number(99), b"\x42\0"))
    c.close()

crowd(*[visit] * 5, rest=0.6)
EOF
cat /var/log/slapd.log >"$out"
