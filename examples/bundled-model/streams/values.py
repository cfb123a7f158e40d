# SPDX-License-Identifier: MIT
"""The values in a line: their kinds, and what they write.

What only this file knows: for each kind, how one system writes such a value.
A maker takes the system and returns a function that writes a new value; what
the values of a system have in common (a prefix, a unit, a width) is drawn
once, by the maker.
"""
import functools

from . import clocks
from .words import (BASE64, EXTENSIONS, digits, hexadecimal, log_uniform, uuid)

ERRORS = (
    "No such file or directory|Connection refused|Connection reset by peer|"
    "Permission denied|Operation timed out|Broken pipe|timeout|"
    "Invalid argument|Resource temporarily unavailable|No route to host|"
    "Input/output error|Out of memory|not found|context deadline exceeded|EOF|"
    "unexpected EOF|i/o timeout|Bad file descriptor|connection closed|"
    "Address already in use|No space left on device|Success|"
    "Device or resource busy|File exists|Interrupted system call|"
    "Network is unreachable|Host is down|Protocol error|"
    "certificate has expired|permission denied|invalid token|null|"
    "checksum mismatch|quota exceeded|Access is denied.|"
    "The system cannot find the file specified.").split("|")
STATES = (
    "OK FAILED ACTIVE RUNNING STOPPED PENDING UP DOWN ready idle open closed "
    "true false started finished online offline ONLINE READY INIT DONE ERROR "
    "SUCCESS UNKNOWN enabled disabled LEADER FOLLOWER healthy degraded new "
    "established busy waiting completed aborted committed accepted rejected "
    "connected disconnected").split()
EXCEPTIONS = (
    "IOException TimeoutException NullPointerException IllegalStateException "
    "IllegalArgumentException RuntimeException ConnectException "
    "SocketException InterruptedException FileNotFoundException "
    "OutOfMemoryError ClassNotFoundException AuthenticationException "
    "ValueError KeyError TypeError ConnectionError OSError RuntimeError "
    "AssertionError").split()
SIZES = (0, 0, 0, 1, 1, 2, 4, 8, 10, 16, 64, 100, 128, 200, 256, 404, 500, 512,
         1000, 1024, 4096, 8080, 65535)
UNITS = (("ms", 1), (" ms", 1), ("s", 1e-3), ("us", 1e3), ("µs", 1e3),
         (" seconds", 1e-3), ("", 1), ("ns", 1e6), (" msec", 1), ("sec", 1e-3))

MAKERS = {}


def maker(*kinds):
    """Registers a function as the maker of the kinds named."""
    def register(function):
        for kind in kinds:
            MAKERS[kind] = function
        return function
    return register


def fresh(system, kind):
    """A function that writes new values of a kind for this system."""
    return MAKERS[kind](system)


def simple(kind, write):
    """Registers a kind that is written alike in every system."""
    MAKERS[kind] = lambda system: functools.partial(write, system)


simple("uuid", lambda system: uuid(system.rng))
simple("port", lambda system: str(system.rng.randrange(1024, 65536)))
simple("user", lambda system: system.words.user())
simple("fqdn", lambda system: system.words.domain())
simple("phrase", lambda system: system.words.phrase())
simple("sentence", lambda system: system.words.sentence())
simple("pod", lambda system: system.words.pod())
simple("camel", lambda system: system.words.camel())
simple("snake", lambda system: system.words.name())
simple("function", lambda system: system.rng.choice(system.material.functions))
simple("version", lambda system: "%d.%d.%d" % (
    system.rng.randrange(12), system.rng.randrange(30),
    system.rng.randrange(30)))
simple("bdf", lambda system: "%04x:%02x:%02x.%d" % (
    system.rng.choice((0, 0, 0, 1, 0x10000)), system.rng.randrange(256),
    system.rng.randrange(32), system.rng.randrange(8)))
simple("address", lambda system: "0xffff%012x" % system.rng.getrandbits(48))
simple("kernel_hex", lambda system: f"{system.rng.getrandbits(64):016x}")
simple("guid", lambda system: "{%s}" % uuid(system.rng).upper())
simple("hresult", lambda system: "0x8%03x%04x" % (
    system.rng.choice((7, 7, 0x24, 0x9, 0x4)), system.rng.randrange(0x2000)))


@maker("num")
def _number(system):
    rng = system.rng
    pick = rng.randrange(12)
    if pick == 0:
        top = rng.choice((2, 3, 5, 8, 10))
        return lambda: str(rng.randrange(top))
    if pick == 1:
        top = int(log_uniform(rng, 10, 1e4))
        return lambda: str(rng.randrange(top))
    if pick == 2:
        scale = log_uniform(rng, 1e3, 1e9)
        return lambda: str(int(rng.expovariate(1) * scale))
    if pick == 3:
        places = rng.choice((1, 2, 2, 3, 4, 6))
        scale = log_uniform(rng, 0.1, 1e4)
        return lambda: f"{rng.expovariate(1) * scale:.{places}f}"
    if pick == 4:
        return lambda: str(1 << rng.randrange(21))
    if pick == 5:
        width = rng.choice((5, 6, 8, 10, 12, 19))
        return lambda: digits(rng, width)
    if pick == 6:
        places = rng.choice((0, 1, 2))
        return lambda: f"{rng.uniform(0, 100):.{places}f}%"
    if pick == 7:
        places = rng.choice((1, 2))
        unit = rng.choice((" MB", "MB", "K", "KB", " KiB", "G", " GB", "MiB"))
        return lambda: f"{rng.uniform(0, 1024):.{places}f}{unit}"
    if pick == 8:
        centre = rng.randrange(1 << 16)
        width = log_uniform(rng, 1, 300)
        return lambda: str(max(0, int(rng.gauss(centre, width))))
    if pick == 9:
        return lambda: rng.choice(("", "", "-")) + str(rng.randrange(1000))
    if pick == 10:
        top = rng.choice((60, 100, 24, 256, 1000))
        return lambda: str(rng.randrange(top))
    return lambda: str(rng.choice(SIZES))


@maker("int")
def _integer(system):
    """A plain whole number: where a format takes no unit and no point."""
    rng = system.rng
    top = int(log_uniform(rng, 3, 1e7))
    return lambda: str(rng.randrange(top))


@maker("small")
def _small(system):
    """The number of a device, a processor, a queue."""
    rng = system.rng
    top = rng.choice((2, 4, 8, 16, 64))
    return lambda: str(rng.randrange(top))


@maker("duration")
def _duration(system):
    rng = system.rng
    unit, factor = rng.choice(UNITS)
    scale = log_uniform(rng, 0.5, 5e4) * factor
    places = rng.choice((0, 0, 0, 1, 2, 3, 6))
    if rng.random() < 0.08:
        return lambda: "%d:%02d:%02d" % (rng.randrange(3), rng.randrange(60),
                                         rng.randrange(60))
    return lambda: f"{rng.expovariate(1) * scale:.{places}f}{unit}"


@maker("seconds")
def _seconds(system):
    rng = system.rng
    scale = log_uniform(rng, 1e-3, 30)
    places = rng.choice((2, 3, 3, 6))
    return lambda: f"{rng.expovariate(1) * scale:.{places}f}"


@maker("ip")
def _ip(system):
    rng = system.rng
    if system.ipv6:
        prefix = ":".join(hexadecimal(rng, rng.choice((1, 3, 4)))
                          for _ in range(3))
        return lambda: f"{prefix}::{hexadecimal(rng, rng.choice((1, 4)))}"
    fixed = rng.choice(("", "10.", "192.168.", "10.%d.%d." % (
        rng.randrange(256), rng.randrange(256)), "".join(
            f"{rng.randrange(1, 255)}." for _ in range(rng.choice((1, 2, 3))))))
    free = 4 - fixed.count(".")
    return lambda: fixed + ".".join(str(rng.randrange(1, 255))
                                    for _ in range(free))


@maker("hostport")
def _host_port(system):
    rng = system.rng
    ip = _ip(system)
    port = rng.choice((None, None, 9092, 8080, 443, 6379, 11211, 8443))
    slash = rng.choice(("", "/", ""))
    return lambda: f"{slash}{ip()}:{port or rng.randrange(1024, 65536)}"


@maker("hex")
def _hex(system):
    rng = system.rng
    width = rng.choice((4, 6, 7, 8, 8, 12, 16, 16, 20, 24, 32, 40, 64))
    upper = rng.random() < 0.2
    return lambda: hexadecimal(rng, width, upper)


@maker("0x")
def _0x(system):
    rng = system.rng
    width = rng.choice((1, 2, 4, 8, 8, 12, 16))
    upper = rng.random() < 0.15
    return lambda: "0x" + hexadecimal(rng, width, upper)


@maker("bytes")
def _bytes(system):
    rng = system.rng
    n = rng.choice((4, 8, 16, 20, 32))
    joint = rng.choice((" ", ":", " ", ""))
    form = rng.choice(("%02x", "%02x", "%02X"))
    return lambda: joint.join([form % rng.randrange(256) for _ in range(n)])


@maker("base64")
def _base64(system):
    rng = system.rng
    width = rng.choice((8, 11, 22, 27, 43, 64))
    return lambda: "".join(rng.choices(BASE64, k=width))


@maker("mac")
def _mac(system):
    rng = system.rng
    joint = rng.choice(":::-")
    vendor = [f"{rng.randrange(256):02x}" for _ in range(3)]
    return lambda: joint.join(vendor + [f"{rng.randrange(256):02x}"
                                        for _ in range(3)])


@maker("email")
def _email(system):
    words = system.words
    home = words.domain()
    return lambda: words.user() + "@" + (
        home if system.rng.random() < 0.7 else words.domain())


@maker("host")
def _host(system):
    return system.words.host_law()


@maker("path")
def _path(system):
    return system.words.path_law(system.rng.random() < 0.08)


@maker("winpath")
def _windows_path(system):
    return system.words.path_law(True)


@maker("file")
def _file(system):
    extension = system.rng.choice(EXTENSIONS)
    return lambda: f"{system.words.snake()}.{extension}"


@maker("url")
def _url(system):
    rng = system.rng
    base = rng.choice(("http://", "https://", "https://"))
    base += system.words.domain()
    base += rng.choice(("", ":8080", f":{rng.randrange(1000, 9999)}"))
    path = _path(system) if rng.random() < 0.2 else system.words.path_law()
    return lambda: base + path().replace("\\", "/")


@maker("class")
def _class(system):
    rng, classes = system.rng, system.material.classes
    if rng.random() < 0.5:
        return lambda: rng.choice(classes).rsplit(".", 1)[-1]
    return lambda: rng.choice(classes)


def _field(system, last):
    """A part of a composed identifier, under a law of its own."""
    rng = system.rng
    pick, width = rng.random(), rng.choice((1, 2, 3, 4, 6, 8, 10, 13, 19))
    upper = rng.random() < 0.3
    law = rng.choice(("fresh", "fresh", "counter", "pool") if last else
                     ("constant", "constant", "pool", "fresh"))
    if pick < 0.4:
        def write():
            return digits(rng, width)
    elif pick < 0.6:
        top = 10 ** min(width, rng.choice((1, 2, 3)))

        def write():
            return f"{rng.randrange(top):0{width}d}"
    elif pick < 0.85:
        def write():
            return hexadecimal(rng, max(4, width), upper)
    else:
        def write():
            return system.words.lower()[:6]
    if law == "constant":
        return functools.partial(str, write())
    if law == "pool":
        pool = [write() for _ in range(rng.choice((2, 3, 5, 8, 16)))]
        return lambda: rng.choice(pool)
    if law == "counter":
        count = rng.randrange(10 ** min(width, 6))
        pad = width if rng.random() < 0.4 else 0

        def step():
            nonlocal count
            count += rng.choice((1, 1, 1, 2))
            return f"{count:0{pad}d}" if pad else str(count)
        return step
    return write


@maker("id")
def _identifier(system):
    """Composed identifiers: a stem, then fields: task_14454_0020_m_9."""
    rng, words = system.rng, system.words
    n = rng.choice((1, 1, 2, 2, 3, 4, 5))
    if rng.random() < 0.7:
        joints = [rng.choice("_-.:/#@-")] * n
    else:
        joints = rng.choices("_-.:/", k=n)
    stem = ""
    if rng.random() < 0.7:
        stem = rng.choice((words.word(),
                           words.lower()[:rng.choice((1, 3, 4, 6))],
                           words.word().upper()[:3], words.camel()))
        stem += joints[0]
    letters = [rng.choice(("", "", "", rng.choice("abcmnrstuxJNMRCU")))
               for _ in range(n)]
    fields = [_field(system, i == n - 1) for i in range(n)]

    def write():
        out = stem
        for i in range(n):
            out += (joints[i] if i else "") + letters[i] + fields[i]()
        return out
    return write


@maker("word")
def _word(system):
    words = system.words
    return system.rng.choice((words.word, words.snake, words.camel,
                              words.lower))


def _some(system, values, counts):
    pool = system.rng.sample(values, system.rng.choice(counts))
    return lambda: system.rng.choice(pool)


@maker("state")
def _state(system):
    return _some(system, STATES, (2, 3, 5))


@maker("error")
def _error(system):
    return _some(system, ERRORS, (1, 2, 4, 8))


@maker("exception")
def _exception(system):
    rng = system.rng
    package = rng.choice(("", "java.io.", "java.lang.", "java.net.",
                          "org.%s.%s." % (system.words.pseudo(),
                                          system.words.lower())))
    return lambda: f"{package}{rng.choice(EXCEPTIONS)}: {rng.choice(ERRORS)}"


@maker("device")
def _device(system):
    rng = system.rng
    stem = rng.choice(("eth", "sd", "nvme0n", "tty", "cpu", "/dev/sd", "disk",
                       "veth", "br-", "wlan", "enp0s", "can", "node", "vol-",
                       "lane", "queue"))
    if stem.endswith("sd"):
        return lambda: stem + rng.choice("abcdef")
    if stem in ("veth", "br-"):
        return lambda: stem + hexadecimal(rng, 7)
    return lambda: stem + str(rng.randrange(12))


@maker("time")
def _time(system):
    write = clocks.random_stamp(system.rng)
    return lambda: write(system.clock.now
                         - system.rng.expovariate(1) * 1000)


@maker("list")
def _list(system):
    rng = system.rng
    item = fresh(system, rng.choice(("num", "word", "ip", "id", "host")))
    left, right = rng.choice(("[]", "{}", "()", "  "))
    joint = rng.choice((", ", ",", " ", "; "))
    return lambda: (left + joint.join(
        [item() for _ in range(rng.choice((0, 1, 1, 2, 3, 5)))])
        + right).strip()


@maker("map")
def _map(system):
    rng = system.rng
    pairs = [(system.words.snake(), fresh(system, rng.choice(
        ("num", "word", "state", "ip", "id"))))
        for _ in range(rng.choice((1, 2, 3, 4)))]
    equals = rng.choice(("=", ":", "=", ": "))
    return lambda: "{" + ", ".join([key + equals + write()
                                    for key, write in pairs]) + "}"


@maker("bool")
def _bool(system):
    rng = system.rng
    no, yes = rng.choice((("false", "true"), ("0", "1"), ("no", "yes"),
                          ("False", "True")))
    share = rng.random()
    return lambda: yes if rng.random() < share else no


@maker("topic")
def _topic(system):
    rng = system.rng
    stem = system.words.snake()
    return lambda: stem + rng.choice("-_.") + str(rng.randrange(32))


@maker("sql")
def _sql(system):
    rng = system.rng
    tables = [system.words.name() for _ in range(4)]
    forms = ("SELECT * FROM %s WHERE id = %d", "UPDATE %s SET value = %d",
             "INSERT INTO %s VALUES (%d)", "DELETE FROM %s WHERE id = %d")
    return lambda: rng.choice(forms) % (rng.choice(tables),
                                        rng.randrange(10000))


@maker("sid")
def _sid(system):
    rng = system.rng
    domain = "S-1-5-21-%d-%d-%d-" % tuple(rng.randrange(10 ** 8, 4 * 10 ** 9)
                                         for _ in range(3))
    return lambda: (rng.choice(("S-1-5-18", "S-1-5-19", "S-1-5-20", "S-1-0-0"))
                    if rng.random() < 0.4
                    else domain + str(rng.choice((500, 1001, 1103,
                                                  rng.randrange(1000, 9999)))))


# What a slot of nothing known is drawn from; what is common is there often.
ANY = ("ip hostport port uuid hex 0x base64 mac num num num num num duration "
       "duration user host fqdn email path path file url class function id id "
       "id id version word word word phrase state state error exception device "
       "time list map bool topic sql").split()
IDENTIFYING = "uuid uuid uuid hex hex hex 0x base64 mac guid bytes id".split()
NUMERIC = {"num", "int", "small", "port"}
