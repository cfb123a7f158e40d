# SPDX-License-Identifier: MIT
"""Mail servers: a message's way, under its queue id.

What only this file knows: how a message goes through a server, and what a
server may say of it.  The names of fields and their order are drawn for each
system, so that no real server's lines are here.
"""
from . import headers, laws, templates
from .words import hexadecimal, uuid

QUEUE = "ABCDEFGHJKLMNPQRSTVWXYZabcdefghjkmnopqrstvwxyz0123456789"
REPLIES = ("250 2.0.0 OK", "250 2.0.0 OK {id}", "250 2.6.0 {id} Queued mail "
           "for delivery", "250 ok: Message {id} accepted",
           "451 4.7.1 Please try again later", "550 5.1.1 User unknown",
           "452 4.2.2 Mailbox full", "421 4.4.2 Connection timed out",
           "554 5.7.1 Message rejected", "250 2.1.5 Recipient OK")
# Parts of a record: names that fields may have, and what is in them.
SENDER = (("from", "sender", "mail_from"), "<{address}>")
SIZE = (("size", "bytes", "len"), "{bytes}")
RECIPIENT = (("to", "rcpt", "recipient"), "<{recipient}>")
RELAY = (("relay", "host", "via", "mx"), "{relay}")
DELAY = (("delay", "delays", "xdelay", "took", "time"), "{delay}")
STATUS = (("stat", "dsn", "result", "state"), "{status}")
REPLY = (("response", "reply", "said"), '"{reply}"')
MESSAGE_ID = (("msgid", "message-id", "mid"), "<{message_id}>")
CLIENT = (("client", "peer", "remote"), "{client}")
COUNT = (("nrcpts", "nrcpt", "recipients", "tries"), "{int*}")
SCORE = (("score", "spam", "weight"), "{seconds}")
PROTOCOL = (("proto", "protocol", "with"), "{ESMTP|SMTP|ESMTPS|LMTP}")
CIPHER = (("cipher", "tls"), "TLSv1.{2.|3}:{snake*}:{int*}")
DIGEST = (("sha1", "fingerprint", "bodyhash"), "{digest}")
STAGES = (
    (CLIENT, PROTOCOL, CIPHER), (SENDER, SIZE, COUNT, MESSAGE_ID, PROTOCOL),
    (MESSAGE_ID, DIGEST, SCORE), (RECIPIENT, DELAY, RELAY, STATUS, REPLY),
    (RECIPIENT, RELAY, DELAY, DELAY, STATUS), (COUNT, SIZE, DELAY),
)


def _delays(rng):
    """As one time, or as times of its parts between slashes."""
    form = rng.randrange(4)

    def write(session):
        if form == 0:
            return "%02d:%02d:%02d" % (0, rng.randrange(3), rng.randrange(60))
        if form == 1:
            return "/".join(f"{rng.expovariate(1) * scale:.2g}"
                            for scale in (0.2, 0.01, 0.5, 2))
        return f"{rng.expovariate(0.5):.{form}f}"
    return write


def _kinds(system):
    """Laws of what belongs to a message, by the session."""
    rng, words = system.rng, system.words
    here = words.domain()
    homes = [words.domain() for _ in range(6)]

    def mailbox():
        name = rng.choice((words.user(), words.user(), words.name(".")))
        return f"{name}@{rng.choice((here, rng.choice(homes)))}"

    def message_id():
        left = rng.choice((uuid(rng), hexadecimal(rng, 24), "%d.%d" % (
            system.clock.now, rng.randrange(10 ** 6)),
            "".join(rng.choices(QUEUE, k=rng.choice((20, 33))))))
        return f"{left}@{rng.choice(homes)}"
    width = rng.choice((10, 11, 12, 14))
    queue = rng.choice((
        lambda: hexadecimal(rng, width, True),
        lambda: "".join(rng.choices(QUEUE, k=width)),
        lambda: str(rng.randrange(10 ** width)), lambda: uuid(rng),
        lambda: f"{hexadecimal(rng, 8)}.{hexadecimal(rng, 4)}"))
    ip, host = system.fresh("ip"), words.host_law()
    form = rng.choice(("{host}.{here} [{ip}]", "{here}[{ip}]:25", "[{ip}]",
                       "{here}", "{host}.{here}. [{ip}]"))

    def peer():
        return form.format(host=host(), here=rng.choice(homes), ip=ip())

    def reply(session):
        return rng.choice(replies).format(id=queue())
    replies = rng.choices(REPLIES, k=rng.choice((2, 4)))
    states = [words.word() for _ in range(2)] + ["Sent", "2.0.0", "Deferred"]
    by_session = {"queue": queue, "address": mailbox, "message_id": message_id,
                  "client": peer, "bytes": lambda: str(int(
                      rng.expovariate(1e-4)) + 300)}
    kinds = {name: laws.per_session(rng, write)
             for name, write in by_session.items()}
    kinds.update({
        "recipient": laws.pool(rng, mailbox), "relay": laws.pool(rng, peer),
        "delay": _delays(rng), "reply": reply,
        "status": laws.pool(rng, lambda: rng.choice(states), 3),
        "digest": laws.always_new(rng, lambda: hexadecimal(rng, 40))})
    return kinds


def mail(system):
    """Several messages on their way at a time."""
    rng, words, kinds = system.rng, system.words, _kinds(system)
    equals = rng.choice(("=", "=", "=", ": ", "="))
    joint = rng.choice((", ", ", ", " ", "; "))
    lead = rng.choice(("{queue}: ", "{queue}: ", "{queue} ", "[{queue}] ",
                       "id={queue} ", ""))
    found, programs = [], [words.name("-") for _ in range(4)]
    for stage in rng.sample(STAGES, rng.choice((2, 3, 5))):
        fields = rng.sample(stage, rng.randrange(2, len(stage) + 1))
        text = joint.join(rng.choice(names) + equals + value
                          for names, value in fields)
        verb = rng.choice(("", "", words.lower() + ": ", words.lower() + " "))
        found.append(templates.written(system, lead + verb + text, kinds))
    n = len(found)
    for text in rng.sample((
            "{client}: {message}", "{queue}: {message}", "{message}",
            "{sentence} from {client}", "connect from {client}",
            "{client} {error*} after {DATA|RCPT|EHLO|MAIL|AUTH}",
            "lost {word.} with {relay} ({error*})", "{queue}: {word.}"),
            rng.choice((2, 4))):
        found.append(templates.written(system, text, kinds))
    header = headers.header(system)
    system.traced = False
    order = list(found)
    system.arrange(found, lambda template, session: (
        header(template, session) + template.render(session)))
    # The stages in their order, over and over, and the rest in between.
    system.templates = order
    system.weights = laws.zipf(len(order), 5)
    system.flows = [list(range(n)), list(range(n - 1)),
                    sorted(rng.choices(range(len(order)), k=n))]
    system.flow_share = rng.uniform(0.7, 0.98)
    for template in order:
        template.program = template.program and rng.choice(programs)
    return system
