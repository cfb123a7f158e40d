# SPDX-License-Identifier: MIT
"""A syslog daemon of the smallest kind: what comes to a socket goes to a file
in the traditional form, with its own clock's time (syslog(3) in libc does not
ask the laboratory's) and the host's name where syslogd puts it.

usage: syslog.py SOCKET|PORT FILE
"""

import os
import re
import socket
import sys
import time

# <priority>, the time as syslog(3) writes it, and the rest.
MESSAGE = re.compile(rb"<\d+>\w{3} [ \d]\d \d\d:\d\d:\d\d (.*)", re.S)


def main(where, path):
    if where.isdigit():
        inbox = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        inbox.bind(("127.0.0.1", int(where)))
    else:
        inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        inbox.bind(where)
        os.chmod(where, 0o666)
    host = socket.gethostname().encode()
    with open(path, "ab", buffering=0) as log:
        while True:
            found = MESSAGE.match(inbox.recv(65536))
            if found:
                text = found[1].rstrip(b"\n\0").replace(b"\n", b"#012")
                now = time.strftime("%b %e %H:%M:%S").encode()
                log.write(b"%s %s %s\n" % (now, host, text))


main(*sys.argv[1:])
