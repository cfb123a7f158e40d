# SPDX-License-Identifier: MIT
"""Access logs of web servers, proxies and load balancers, in many forms.

What only this file knows: the fields of a request and the forms that people
give them.  A form is made of pieces, known ones and random ones.
"""
import json

from . import clocks, laws
from .templates import Template
from .words import hexadecimal, log_uniform, uuid

BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
    "Gecko) Chrome/%d.0.%d.%d Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/%d.%d",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_%d_%d) AppleWebKit/605.1.%d "
    "(KHTML, like Gecko) Version/17.0 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS %d_%d like Mac OS X) AppleWebKit/605.1"
    ".%d (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; Android %d; K) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/%d.0.0.%d Mobile Safari/537.36",
    "curl/7.%d.%d", "Go-http-client/%d.%d", "python-requests/2.%d.%d",
    "kube-probe/1.%d", "Prometheus/2.%d.%d", "okhttp/4.%d.%d",
    "Mozilla/5.0 (compatible; Googlebot/2.%d; "
    "+http://www.google.com/bot.html)", "Wget/1.%d.%d", "-")
STATUSES = (200, 200, 200, 304, 404, 301, 302, 500, 403, 499, 401, 503, 206,
            201, 204, 429, 502)
METHODS = ("GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH")
PROTOCOLS = ("HTTP/1.1", "HTTP/1.1", "HTTP/2.0", "HTTP/1.0", "HTTP/3.0")
COMBINED = ('{client} - {user} [{clf}] "{request}" {status} {size} "{referer}"'
            ' "{agent}"')
FORMS = (
    COMBINED, COMBINED, COMBINED + " {seconds}", COMBINED + ' "{forwarded}"',
    COMBINED + " {seconds} {seconds} {upstream} {status}",
    '{host}:443 ' + COMBINED, '{client} - - [{clf}] "{request}" {status} '
    '{size}', '{client} {host} - [{clf}] "{request}" {status} {size} '
    '{microseconds} {id}',
    '{time} {client} {method} {host} {path} {status} {size} {agent_plus}',
    '{date} {clock} {host} {method} {path} {query} 443 {user} {client} '
    '{agent_plus} {status} 0 0 {milliseconds}',
    '{kind} {time} {host} {client}:{port} {upstream} {seconds} {seconds} '
    '{seconds} {status} {status} {size} {size} "{method} https://{host}{path} '
    '{protocol}" "{agent}" - - {id}',
    '{time} "{request}" {status} {size} {milliseconds}ms {client}',
    '[{time}] {client} {method} {path} => generated {size} bytes in '
    '{milliseconds} msecs ({protocol} {status})',
    '[{time}] "{method} {path} {protocol}" {status} - {flags} {size} {size} '
    '{milliseconds} {milliseconds} "{client}" "{agent}" "{id}" "{host}" '
    '"{upstream}"',
    '{client} "{method} {path}" {status} {milliseconds}ms {id}',
    '{time} {method} {path} {status} in {milliseconds}ms',
    'time={time} remote={client} method={method} path={path} status={status} '
    'bytes={size} duration={milliseconds}ms request_id={id}',
    'method={method} path={path} format=html controller={controller} '
    'status={status} duration={seconds} view={seconds} db={seconds}',
    '{client}\t{time}\t{method}\t{path}\t{status}\t{size}\t{seconds}',
)
PIECES = ("{client}", "{time}", '"{request}"', "{status}", "{size}", "{id}",
          "{host}", "{method}", "{path}", '"{agent}"', '"{referer}"',
          "{seconds}", "{milliseconds}", "{upstream}", "{flags}", "[{time}]",
          "{protocol}", "{user}", "rt={seconds}", "ua=\"{agent}\"",
          "cache={flags}", "ssl=TLSv1.3", "{port}", "req={id}")


def agent(rng):
    """A client's name for itself."""
    text = rng.choice(BROWSERS)
    for _ in range(text.count("%d")):
        text = text.replace("%d", str(rng.randrange(1, 120)), 1)
    return text


class Requests:
    """The requests that one site gets: a function for each field."""

    def __init__(self, system):
        rng, words = self.rng, self.words = system.rng, system.words
        self.system = system
        self.stamps = {"clf": clocks.stamp("%d/%b/%Y:%H:%M:%S +0000"),
                       "date": clocks.stamp("%Y-%m-%d"),
                       "clock": clocks.stamp("%H:%M:%S"),
                       "time": clocks.random_stamp(rng)}
        self.paths = self._paths()
        self.weights = laws.zipf(len(self.paths), rng.randrange(8, 14))
        self.statuses = rng.choices(STATUSES, k=6)
        self.laws = {
            "client": system.slot("ip"), "forwarded": system.slot("ip"),
            "user": laws.pool(rng, lambda: rng.choice(("-", "-", "-",
                                                       words.user()))),
            "host": laws.pool(rng, words.domain, rng.choice((1, 1, 3))),
            "agent": laws.per_session(rng, self._agents()),
            "referer": laws.pool(rng, lambda: rng.choice(
                ("-", "-", f"https://{words.domain()}/"))),
            "upstream": system.slot("hostport"), "port": system.slot("port"),
            "id": laws.always_new(rng, rng.choice((
                lambda: uuid(rng), lambda: hexadecimal(rng, 32),
                lambda: hexadecimal(rng, 16),
                lambda: f"Root=1-{hexadecimal(rng, 8)}-"
                        f"{hexadecimal(rng, 24)}"))),
            "flags": laws.pool(rng, lambda: rng.choice(
                ("-", "HIT", "MISS", "EXPIRED", "UF", "NR", "DC", "PASS"))),
            "kind": laws.constant(rng, lambda: rng.choice(("h2", "https",
                                                           "http", "wss"))),
            "controller": laws.pool(rng, words.camel, 6)}
        self.scale = log_uniform(rng, 0.5, 800)
        self.query = system.slot(rng.choice(("num", "id", "uuid", "hex",
                                             "word")))
        self.query_share = rng.choice((0, 0.1, 0.4))

    def _agents(self):
        pool = [agent(self.rng) for _ in range(self.rng.choice((1, 3, 8, 20)))]
        return lambda: self.rng.choice(pool)

    def _paths(self):
        """Resources; some hold a place for an id."""
        rng, words = self.rng, self.words
        api = rng.random() < 0.5
        out = ["/"]
        for _ in range(int(log_uniform(rng, 3, 60))):
            path = rng.choice(("/api/v1", "/api/v2", "/v1", "")) if api else ""
            for _ in range(rng.choice((1, 1, 2, 3))):
                path += "/" + words.name(rng.choice("-_"))
            if rng.random() < 0.3:
                path += "/{id}"
            if not api and rng.random() < 0.5:
                path += rng.choice((".js", ".css", ".png", ".html", ".php",
                                    f".{hexadecimal(rng, 8)}.js", ".svg"))
            out.append(path)
        return out

    def fields(self, session):
        """What a form may ask for, of one request."""
        rng, now = self.rng, self.system.clock.now
        path = rng.choices(self.paths, cum_weights=self.weights)[0]
        if path.endswith("{id}"):
            path = path[:-4] + self.query(session).replace(" ", "%20")
        query = "-"
        if rng.random() < self.query_share:
            query = f"q={self.query(session)}".replace(" ", "+")
            path += "?" + query
        status = rng.choice(self.statuses)
        milliseconds = rng.expovariate(1) * self.scale
        out = {name: write(now) for name, write in self.stamps.items()}
        out.update({name: law(session) for name, law in self.laws.items()})
        method = rng.choices(METHODS, (80, 14, 2, 3, 1, 1, 1))[0]
        protocol = PROTOCOLS[0] if rng.random() < 0.8 else rng.choice(
            PROTOCOLS)
        out.update(path=path, query=query, status=status, method=method,
                   protocol=protocol, request=f"{method} {path} {protocol}",
                   size=0 if status == 304 else int(
                       10 ** rng.uniform(1, 5)),
                   seconds=f"{milliseconds / 1000:.3f}",
                   milliseconds=int(milliseconds),
                   microseconds=int(milliseconds * 1000),
                   agent_plus=out["agent"].replace(" ", "+"))
        return out


def _form(rng):
    if rng.random() < 0.7:
        return rng.choice(FORMS)
    pieces = rng.sample(PIECES, rng.randrange(4, 12))
    return rng.choice((" ", " ", " ", "|", "\t", ", ")).join(pieces)


def web(system):
    """The requests of one site in one form."""
    rng = system.rng
    requests, form = Requests(system), _form(rng)
    if rng.random() < 0.2:               # an object a line
        names = rng.sample(("time", "client", "method", "path", "status",
                            "size", "agent", "referer", "host", "id",
                            "seconds", "upstream", "protocol"),
                           rng.randrange(5, 13))
        keys = {name: rng.choice((name, system.words.name(),
                                  system.words.camel(True)))
                for name in names}

        def line(template, session):
            fields = requests.fields(session)
            return json.dumps({keys[name]: fields[name] for name in names})
    else:
        def line(template, session):
            return form.format_map(requests.fields(session))
    system.traced = False

    system.arrange([Template([]) for _ in range(3)], line)
    return system
