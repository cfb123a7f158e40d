# SPDX-License-Identifier: MIT
"""A system: what writes one log, line after line.

What only this file knows: which template comes next: by Zipf's law, in flows
of several sessions at a time, in bursts, or once in a long while.
"""
from . import clocks, laws, traces
from .values import fresh
from .words import Words, log_uniform

PROGRAMS = ("sshd kernel systemd cron dhclient nginx dockerd kubelet ntpd su "
            "sudo").split()


class System:
    """Templates, their weights and their order.

    A kind of system is a function that makes templates and a layout, hands
    them to `arrange`, and may then change what that has drawn.
    """

    def __init__(self, rng, material):
        self.rng = rng
        self.material = material
        self.words = Words(rng, material)
        self.clock = clocks.Clock(rng)
        self.ipv6 = rng.random() < 0.05
        self.project = None              # whose statements its messages are
        self.kind = None
        self.line = None
        self.templates, self.incidents, self.flows = [], [], []
        self.traced = True               # may traces follow an error?
        self._shared = {}

    def fresh(self, kind):
        """A function that writes new values of a kind."""
        return fresh(self, kind)

    def slot(self, kind):
        """A law for a slot: half of the slots share theirs with others."""
        rng = self.rng
        if rng.random() >= 0.5:
            return laws.draw(self, kind)
        key = kind, rng.randrange(2)
        if key not in self._shared:
            self._shared[key] = laws.draw(self, kind)
        return self._shared[key]

    def arrange(self, templates, line):
        """Settles how often and in what order templates come."""
        rng, words = self.rng, self.words
        self.line = line
        rng.shuffle(templates)
        rare = min(len(templates) - 1,
                   int(len(templates) * rng.uniform(0, 0.5)))
        self.incidents += templates[:rare]
        self.templates = templates[rare:]
        if rng.random() < 0.4:           # a few hot ones
            hot = max(1, int(len(self.templates) * rng.uniform(0.1, 0.6)))
            self.incidents += self.templates[hot:]
            self.templates = self.templates[:hot]
        n = len(self.templates)
        self.weights = laws.zipf(n, rng.randrange(4, 21))
        for _ in range(rng.choice((0, 1, 1, 2, 3, 6))):
            self.flows.append([rng.randrange(n) for _ in range(
                rng.choice((2, 3, 4, 6, 10, 16)))])
        self.flow_share = rng.uniform(0.2, 0.95) if self.flows else 0
        self.sessions_at_once = rng.choice((1, 1, 2, 4, 8, 20))
        self.incident_share = log_uniform(rng, 0.0015, 0.04)
        self.burst_share = rng.choice((0, 0, 0.01, 0.05))
        self.stickiness = rng.uniform(0.1, 0.95)
        self.trace_share = rng.choice((0, 0, 0, 0.1, 0.4)) * self.traced
        self.trace_kind = rng.choice(traces.KINDS)
        self._name_programs(words)
        return self

    def _name_programs(self, words):
        rng, pick = self.rng, self.rng.random()
        if pick < 0.15:
            names = [words.snake() if rng.random() < 0.7
                     else rng.choice(PROGRAMS)
                     for _ in range(rng.choice((2, 4, 8)))]
        elif pick < 0.55:
            names = [words.snake()]
        else:
            return
        for template in self.templates + self.incidents:
            template.program = rng.choice(names)

    def _next(self, active):
        """The next template and its session; `active` are running flows."""
        rng = self.rng
        if self.incidents and rng.random() < self.incident_share:
            return rng.choice(self.incidents), {}
        if not self.flows or rng.random() >= self.flow_share:
            return rng.choices(self.templates,
                               cum_weights=self.weights)[0], {}
        if active and rng.random() < self.stickiness:
            run = active[-1]             # go on with the last one
        elif len(active) < self.sessions_at_once and (
                not active or rng.random() < 0.4):
            run = [rng.choice(self.flows), 0, {}]
            active.append(run)
        else:
            run = active.pop(rng.randrange(len(active)))
            active.append(run)
        flow, at, session = run
        run[1] += 1
        if run[1] == len(flow):
            active.pop()
        return self.templates[flow[at]], session

    def lines(self, n, most_bytes=60000):
        """At most n lines; a line may hold newlines of its own."""
        rng, out, active = self.rng, [], []
        burst, size = 0, 0
        template = session = None
        while len(out) < n and size <= most_bytes:
            self.clock.tick()
            if burst and template is not None:
                burst -= 1
                session = session if rng.random() < 0.5 else {}
            else:
                template, session = self._next(active)
                if self.burst_share and rng.random() < self.burst_share:
                    burst = rng.choice((2, 4, 8, 20))
            text = self.line(template, session)
            out.append(text)
            size += len(text) + 1
            if (self.trace_share and template.level in
                    ("error", "fatal", "warn")
                    and rng.random() < self.trace_share):
                out += traces.trace(rng, self.words, self.trace_kind)
        return out[:n]
