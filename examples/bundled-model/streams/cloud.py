# SPDX-License-Identifier: MIT
"""Audit and activity records of clouds: nested JSON, an object a line.

What only this file knows: the skeletons of such records.  What a request
asked for and got is a random tree, drawn once for each type of event.
"""
import functools
import json

from . import clocks, laws, templates
from .words import digits, hexadecimal, uuid

REGIONS = ("us-east-1 us-west-2 eu-west-1 eu-central-1 ap-southeast-2 "
           "westeurope northeurope eastus europe-west4 us-central1").split()
VERBS = ("Get List Describe Create Delete Update Put Start Stop Assume Attach "
         "Detach Modify Run Tag Invoke Decrypt Encrypt Generate").split()
AGENTS = ("aws-cli/%d.%d.%d", "Boto3/1.%d.%d Botocore/1.%d",
          "console.%d.%d.%d.internal", "terraform/%d.%d.%d",
          "gcloud/%d.%d.%d", "kubectl/v1.%d.%d (linux/amd64) build/%d",
          "Mozilla/5.0 (X11; Linux x86_64; rv:%d.%d) Gecko/20100101 Fox/%d")
LEAVES = ("word user ip uuid hex id num state bool path url version port "
          "duration base64 arn snake camel email pod").split()


def filled(node, session):
    """A tree whose leaves are laws, with their values."""
    if isinstance(node, dict):
        return {key: filled(value, session) for key, value in node.items()}
    if isinstance(node, list):
        return [filled(value, session) for value in node]
    return node(session) if callable(node) else node


class Cloud:
    """One account of one provider."""

    def __init__(self, system):
        rng, words = self.rng, self.words = system.rng, system.words
        self.system = system
        self.account = digits(rng, 12)
        self.region = rng.choice(REGIONS)
        self.service = words.lower()
        self.project = words.name("-")
        self.user_agent = self.per_session(lambda: _agent(rng))
        self.source = system.slot("ip")
        self.user = self.per_session(words.user)
        self.key = self.per_session(
            lambda: rng.choice(("AKIA", "ASIA")) + "".join(rng.choices(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16)))

    def per_session(self, write):
        return laws.per_session(self.rng, write)

    def new(self, write):
        return lambda session: write()

    def arn(self):
        """A law for the names of one type of resource."""
        rng, words = self.rng, self.words
        head = "arn:aws:%s:%s:%s:%s" % (
            self.service, rng.choice((self.region, "")), self.account,
            rng.choice((f"{words.lower()}/", f"{words.lower()}:", "")))
        tail = rng.choice((words.name, lambda: uuid(rng),
                           lambda: "i-" + hexadecimal(rng, 17),
                           functools.partial(words.name, "-")))
        return laws.pool(rng, lambda: head + tail())

    def leaf(self):
        kind = self.rng.choice(LEAVES)
        if kind == "arn":
            return self.arn()
        law = self.system.slot(kind)
        if kind in ("num", "port", "bool"):
            return lambda session: _literal(law(session))
        return law

    def tree(self, depth=0):
        """A random object of camelCase keys."""
        rng, out = self.rng, {}
        for _ in range(rng.choice((1, 1, 2, 3, 5))):
            pick = rng.random()
            if depth < 3 and pick < 0.25:
                value = self.tree(depth + 1)
            elif depth < 3 and pick < 0.35:
                value = [self.tree(depth + 1)
                         for _ in range(rng.choice((1, 1, 2)))]
            elif pick < 0.4:
                value = rng.choice((None, True, False, [], {}))
            else:
                value = self.leaf()
            out[self.words.camel(True)] = value
        return out


def _agent(rng):
    text = rng.choice(AGENTS)
    for _ in range(3):
        text = text.replace("%d", str(rng.randrange(40)), 1)
    return text


def _literal(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def _trail(cloud, time):
    """In the manner of an API's audit trail."""
    rng, words = cloud.rng, cloud.words
    role = rng.random() < 0.5
    identity = {
        "type": "AssumedRole" if role else "IAMUser",
        "principalId": cloud.key,
        "arn": lambda session: f"arn:aws:iam::{cloud.account}:user/"
                               f"{cloud.user(session)}",
        "accountId": cloud.account, "accessKeyId": cloud.key,
        "userName": cloud.user}
    if role:
        identity["sessionContext"] = {
            "attributes": {"mfaAuthenticated": rng.choice(("false", "true"))},
            "sessionIssuer": cloud.tree(2)}
    event = {
        "eventVersion": "1.%02d" % rng.randrange(5, 10),
        "userIdentity": identity, "eventTime": time,
        "eventSource": f"{cloud.service}.amazonaws.com",
        "eventName": rng.choice(VERBS) + words.camel(),
        "awsRegion": cloud.region, "sourceIPAddress": cloud.source,
        "userAgent": cloud.user_agent,
        "requestParameters": rng.choice((None, cloud.tree())),
        "responseElements": rng.choice((None, None, cloud.tree())),
        "requestID": cloud.new(lambda: uuid(rng)),
        "eventID": cloud.new(lambda: uuid(rng)),
        "readOnly": rng.random() < 0.5, "eventType": "AwsApiCall",
        "managementEvent": True, "recipientAccountId": cloud.account}
    if rng.random() < 0.2:
        event["errorCode"] = words.camel()
        message = templates.Template(templates.message(cloud.system))
        event["errorMessage"] = message.render
    return event


def _entry(cloud, time):
    """In the manner of a structured log entry."""
    rng, words = cloud.rng, cloud.words
    message = templates.Template(templates.message(cloud.system))
    project = f"{cloud.project}-{rng.randrange(1000)}"
    name = rng.choice(("stdout", "activity", "requests", words.lower()))
    labels = {key: cloud.leaf() for key in
              (words.name("_") for _ in range(rng.randrange(1, 6)))}
    return {
        "insertId": cloud.new(lambda: hexadecimal(rng, 13)),
        rng.choice(("jsonPayload", "protoPayload")): {
            "message": message.render, **cloud.tree()},
        "resource": {"type": words.name(), "labels": labels},
        "timestamp": time,
        "severity": rng.choice(("INFO", "INFO", "NOTICE", "WARNING", "ERROR",
                                "DEFAULT")),
        "labels": {f"{words.lower()}.io/{words.name('-')}": cloud.leaf()},
        "logName": f"projects/{project}/logs/{name}",
        "trace": cloud.per_session(
            lambda: f"projects/{project}/traces/{hexadecimal(rng, 32)}"),
        "receiveTimestamp": time}


def _activity(cloud, time):
    """In the manner of an activity log with resource paths."""
    rng, words = cloud.rng, cloud.words
    group = f"/SUBSCRIPTIONS/{uuid(rng).upper()}/RESOURCEGROUPS/" \
            f"{words.name('-').upper()}/PROVIDERS/{words.camel().upper()}"
    resource = laws.pool(rng, lambda: f"{group}/{words.name('-').upper()}")
    return {
        "time": time, "resourceId": resource,
        "operationName": f"{words.camel()}/{words.camel(True)}/"
                         f"{rng.choice(('write', 'read', 'action'))}",
        "category": rng.choice(("Administrative", words.camel())),
        "resultType": rng.choice(("Success", "Start", "Failure", "Accept")),
        "resultSignature": rng.choice(("Succeeded.OK", "Started.", "200")),
        "durationMs": lambda session: int(rng.expovariate(1) * 300),
        "callerIpAddress": cloud.source,
        "correlationId": cloud.per_session(lambda: uuid(rng)),
        "identity": {"claims": cloud.tree(2)},
        "level": rng.choice(("Information", "Warning", "Error")),
        "location": cloud.region, "properties": cloud.tree()}


def cloud(system):
    """Some types of records of one account."""
    rng = system.rng
    account = Cloud(system)
    write = clocks.stamp(rng.choice(("%Y-%m-%dT%H:%M:%SZ",
                                     "%Y-%m-%dT%H:%M:%S.%6fZ",
                                     "%Y-%m-%dT%H:%M:%S.%9fZ")))
    make = rng.choice((_trail, _entry, _activity, _trail))
    found = []
    for _ in range(rng.choice((2, 4, 8, 16))):
        template = templates.Template([], component=account.service)
        template.code = make(account, lambda session: write(system.clock.now))
        found.append(template)
    separators = rng.choice(((",", ":"), (",", ":"), (", ", ": ")))
    indent = 2 if rng.random() < 0.08 else None

    def line(template, session):
        return json.dumps(filled(template.code, session), indent=indent,
                          separators=separators)
    system.traced = False
    return system.arrange(found, line)
