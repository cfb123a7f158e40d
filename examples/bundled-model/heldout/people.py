# SPDX-License-Identifier: MIT
"""Who and what the load of a laboratory is made of: names, words, addresses,
and the rhythm of quiet and busy minutes.  The same SEED gives the same load."""

import os
import random
import socket
import threading
import time

rng = random.Random(int(os.environ.get("SEED", "1")))
END = time.monotonic() + 60 * float(os.environ.get("MINUTES", "3"))

USERS = """anna bjorn carla dmitri elena farid grace hiro ines jonas kavita
liam mona nadia oskar priya quentin rosa samir tomas ulla viktor wanda yusuf
zoe backup deploy monitor reports billing""".split()
STRANGERS = """admin root test guest oracle info sales webmaster user1 support
ftpuser pi ubuntu nagios scanner""".split()
WORDS = """invoice budget meeting garden harbour quarterly draft photo summer
contract archive ticket train recipe window paper letter engine market project
river school station winter bridge coffee museum orange planet silver lesson
report notes list plan results agenda offer order survey minutes map""".split()
DOMAINS = """example.net example.org example.com mail.example.org
lists.example.com shop.example.net uni.example.edu partner.example.co
news.example.info""".split()


def going_on():
    """False once the time for the load is over."""
    return time.monotonic() < END


def pause(mean):
    """Waits: mostly a little, now and then long, as people do."""
    time.sleep(min(rng.expovariate(1 / mean) * rng.choice((0.2, 0.5, 1, 2)),
                   8 * mean))


# A few addresses are busy, most come once in a while.
ADDRESSES = [f"10.20.{rng.randrange(1, 9)}.{rng.randrange(2, 250)}"
             for _ in range(60)]


def address():
    return ADDRESSES[min(int(rng.paretovariate(0.8)) - 1, 59)]


def connect(port, timeout=10, source=None):
    """A connection from some address of the laboratory's network."""
    return socket.create_connection(("10.20.0.1", port), timeout,
                                    (source or address(), 0))


def pick(choices):
    """One of a list; the first ones more often."""
    return choices[min(int(rng.expovariate(2.5 / len(choices))),
                       len(choices) - 1)]


def words(n):
    return " ".join(rng.choice(WORDS) for _ in range(n))


def filename():
    ending = rng.choice(("pdf", "txt", "jpg", "csv", "zip", "docx", "tar.gz"))
    number = rng.choice(("", f"-{rng.randrange(1, 40)}",
                         f"_2026-{rng.randrange(1, 12):02d}"))
    return f"{rng.choice(WORDS)}{number}.{ending}"


def body():
    """Text of a size that varies over three orders of magnitude."""
    size = int(rng.paretovariate(0.9) * 120)
    return (words(8) + "\n") * min(size // 50 + 1, 3000)


def crowd(*visits, rest=1.0, errors=()):
    """Each visit is a function that is called again and again, with rests,
    by a thread of its own, until the time is over.  A visit that ends in an
    error of its protocol (errors, or of a socket) was one too."""
    def come(visit):
        while going_on():
            try:
                visit()
            except (OSError, EOFError, *errors):
                pass
            pause(rest)

    threads = [threading.Thread(target=come, args=(visit,), daemon=True)
               for visit in visits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0, END - time.monotonic()) + 20)
