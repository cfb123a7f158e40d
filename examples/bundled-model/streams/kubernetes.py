# SPDX-License-Identifier: MIT
"""Clusters: klog lines, containers' JSON and CRI lines, events.

What only this file knows: how a cluster's own parts and its containers
write.
"""
import json

from . import clocks, headers, laws, layouts, templates
from .values import fresh
from .words import hexadecimal, uuid

TEXTS = (
    '"{sentence.}" pod="{namespace}/{pod@}" podUID="{uuid@}"',
    '"{sentence.}" pod="{namespace}/{pod@}" containerName="{snake*}"',
    '"{sentence.}" err="{error*}" node="{host*}"',
    '"{message}" logger="{snake.}" {camel.}="{pod@}" {camel.}={int}',
    'Trace[{int!}]: "{sentence.}" (total time: {int}ms)',
    '"HTTP" verb="{GET|LIST|WATCH|PATCH|PUT}" URI="/api/v1/namespaces/'
    '{namespace}/{snake*}/{pod}" latency="{duration}" userAgent="{snake*}/v'
    '{version.} (linux/amd64) kubernetes/{hex.}" audit-ID="{uuid!}" '
    'srcIP="{hostport}" resp={200|201|404|409|500}',
    'volume "{snake*}" ({snake*}) of pod "{pod@}" (UID: "{uuid@}"): {message}',
    'container {hex@} of {namespace}/{pod@}: {message}',
    'failed to {snake*} {namespace}/{pod}: {error}', '{message}', '{message}',
    'image "{fqdn*}/{snake*}:v{version*}@sha256:{digest}" {sentence.}',
    'lease {namespace}/{snake.}: {sentence.}, holder {host@}_{uuid@}',
    'Event occurred object="{namespace}/{pod}" kind="{camel*}" apiVersion='
    '"{v1|apps/v1|batch/v1}" type="{Normal|Warning}" reason="{camel*}" '
    'message="{message}"',
)
REASONS = ("Scheduled Pulling Pulled Created Started Killing BackOff Unhealthy "
           "FailedMount ScalingReplicaSet SuccessfulCreate NodeReady Evicted "
           "FailedScheduling OOMKilling Preempted").split()


def _kinds(system):
    """Names that only clusters have."""
    rng, words = system.rng, system.words
    names = ["default", "kube-system"] + [words.name("-") for _ in range(4)]
    return {
        "namespace": laws.pool(rng, lambda: rng.choice(names), 3),
        "digest": laws.pool(rng, lambda: hexadecimal(rng, 64), 5)}


def _texts(system):
    rng, kinds = system.rng, _kinds(system)
    found = [templates.written(
        system, text, kinds,
        rng.choice(("info", "info", "info", "warn", "error")))
        for text in rng.choices(TEXTS, k=rng.choice((4, 8, 16, 30)))]
    return found + templates.statements(system, rng.choice((2, 10)))


def _klog(system):
    elements = headers.Elements(system)
    elements.extension = ".go"
    header = headers.join(headers.klog(system, elements))
    return lambda template, session: (header(template, session)
                                      + template.render(session))


def _docker(system):
    """A JSON object for each line that a container wrote."""
    inner = system.rng.choice((layouts.plain, layouts.logfmt,
                               layouts.json_lines))(system)
    time = clocks.stamp("%Y-%m-%dT%H:%M:%S.%9fZ")
    attributes = {}
    if system.rng.random() < 0.3:
        attributes = {"attrs": {"tag": hexadecimal(system.rng, 12)}}

    def line(template, session):
        return json.dumps({
            "log": inner(template, session) + "\n",
            "stream": "stderr" if template.level == "error" else "stdout",
            **attributes, "time": time(system.clock.now)},
            separators=(",", ":"))
    return line


def _cri(system):
    """Time, stream, and whether the line goes on."""
    inner = system.rng.choice((layouts.plain, layouts.logfmt,
                               layouts.json_lines))(system)
    time = clocks.stamp(system.rng.choice(("%Y-%m-%dT%H:%M:%S.%9fZ",
                                           "%Y-%m-%dT%H:%M:%S.%9f+00:00")))
    prefix = ""
    if system.rng.random() < 0.3:
        prefix = f"{system.words.pod()} {system.words.lower()} "

    def line(template, session):
        stream = "stderr" if template.level in ("error", "info") else "stdout"
        return (f"{prefix}{time(system.clock.now)} {stream} F "
                f"{inner(template, session)}")
    return line


def _events(system):
    """Event objects, as the API gives them, or rows of a table."""
    rng, words, kinds = system.rng, system.words, _kinds(system)
    time = clocks.stamp("%Y-%m-%dT%H:%M:%SZ")
    pod = laws.per_session(rng, words.pod)
    uid = laws.per_session(rng, lambda: uuid(rng))
    host = laws.per_session(rng, fresh(system, "host"))
    reasons = rng.sample(REASONS, 6) + [words.camel() for _ in range(3)]
    table, version = rng.random() < 0.35, rng.randrange(10 ** 8)

    def line(template, session):
        nonlocal version
        version += rng.randrange(1, 20)
        if template.code is None:
            template.code = rng.choice(reasons)
        kind = "Warning" if template.level == "error" else "Normal"
        text, name = template.render(session), pod(session)
        if table:
            return (f"{rng.randrange(1, 60)}{rng.choice('sm')}   {kind:7}   "
                    f"{template.code:18}   pod/{name}   {text}")
        namespace, now = kinds["namespace"](session), time(system.clock.now)
        return json.dumps({
            "kind": "Event", "apiVersion": "v1", "metadata": {
                "name": f"{name}.{hexadecimal(rng, 16)}",
                "namespace": namespace, "uid": uuid(rng),
                "resourceVersion": str(version), "creationTimestamp": now},
            "involvedObject": {"kind": "Pod", "namespace": namespace,
                               "name": name, "uid": uid(session)},
            "reason": template.code, "message": text,
            "source": {"component": template.component,
                       "host": host(session)},
            "firstTimestamp": now, "lastTimestamp": now,
            "count": rng.choice((1, 1, 2, rng.randrange(100))),
            "type": kind}, separators=(",", ":"))
    return line


def kubernetes(system):
    """One part of a cluster, or one container."""
    form = system.rng.choices((_klog, _docker, _cri, _events),
                              (40, 22, 20, 18))[0]
    system.traced = form is _klog
    found = _texts(system)
    return system.arrange(found, form(system))
