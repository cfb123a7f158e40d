# SPDX-License-Identifier: MIT
"""Events of Windows: XML, rendered text, JSON, and installers' logs.

What only this file knows: the fields of such events and how each form writes
them.  Lines end as everywhere else here, in a newline alone.
"""
import json
from xml.sax.saxutils import escape

from . import clocks, laws, templates
from .values import fresh

# Field: the kind of its values.
FIELDS = {
    "SubjectUserSid": "sid", "SubjectUserName": "user",
    "SubjectDomainName": "word", "SubjectLogonId": "0x",
    "TargetUserSid": "sid", "TargetUserName": "user",
    "TargetDomainName": "word", "TargetLogonId": "0x", "LogonType": "int",
    "LogonGuid": "guid", "ProcessId": "int", "ProcessGuid": "guid",
    "ProcessName": "winpath", "NewProcessName": "winpath", "Image": "winpath",
    "CommandLine": "winpath", "ParentImage": "winpath", "IpAddress": "ip",
    "IpPort": "port", "WorkstationName": "host", "Status": "hresult",
    "ObjectName": "winpath", "HandleId": "0x", "AccessMask": "0x",
    "ServiceName": "camel", "ServiceFileName": "winpath", "Hashes": "hex",
    "TargetFilename": "winpath", "UtcTime": "time", "User": "user",
    "DestinationIp": "ip", "DestinationPort": "port", "Computer": "host",
    "ErrorCode": "hresult", "updateGuid": "guid", "DeviceName": "device",
    "PrivilegeList": "camel", "KeyLength": "int", "Version": "version",
    "TaskName": "winpath", "ScriptBlockId": "uuid", "Path": "winpath",
}
TITLES = {"int": "ID", "sid": "Security ID", "user": "Account Name",
          "guid": "GUID", "winpath": "Path", "ip": "Source Address",
          "port": "Source Port", "hresult": "Status", "hex": "Hash"}
LEVELS = ("Information", "Information", "Information", "Warning", "Error",
          "Audit Success", "Audit Failure", "Verbose", "Critical")
NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"


class Event:
    """One type of event: an id, a text and its fields."""

    def __init__(self, system):
        rng, words = system.rng, system.words
        self.id = rng.randrange(1, rng.choice((100, 8000, 8000, 65536)))
        self.level = rng.choice(LEVELS)
        self.task = rng.randrange(14000)
        self.opcode = rng.choice((0, 0, 0, 1, 2))
        self.keywords = "0x%016x" % (1 << rng.randrange(64))
        names = rng.sample(list(FIELDS), rng.choice((1, 2, 4, 8, 12, 18)))
        self.fields = [(name, system.slot(FIELDS[name])) for name in names]
        for _ in range(rng.choice((0, 0, 1, 2, 4))):
            self.fields.append((words.camel(), system.slot(rng.choice(
                ("int", "num", "winpath", "state", "0x", "guid", "word")))))
        self.text = templates.Template(templates.message(system))
        self.groups = [words.word().capitalize() + rng.choice(
            ("", " Information", " Details")) for _ in range(4)]


def _xml(system, provider, guid, channel):
    time = clocks.stamp(system.rng.choice(("%Y-%m-%dT%H:%M:%S.%9fZ",
                                           "%Y-%m-%dT%H:%M:%S.%6fZ")))
    computer = fresh(system, "host")()
    rng, record = system.rng, system.rng.randrange(10 ** 7)
    pid = laws.pool(rng, lambda: str(rng.randrange(4, 20000, 4)), 4)
    new_lines = rng.random() < 0.15

    def line(template, session):
        nonlocal record
        record += 1
        event = template.code
        data = "".join([f"<Data Name='{name}'>{escape(law(session))}</Data>"
                        for name, law in event.fields])
        text = (
            f"<Event xmlns='{NAMESPACE}'><System><Provider Name='{provider}' "
            f"Guid='{guid}'/><EventID>{event.id}</EventID><Version>0</Version>"
            f"<Level>{event.opcode}</Level><Task>{event.task}</Task><Opcode>"
            f"{event.opcode}</Opcode><Keywords>{event.keywords}</Keywords>"
            f"<TimeCreated SystemTime='{time(system.clock.now)}'/>"
            f"<EventRecordID>{record}</EventRecordID><Correlation/><Execution "
            f"ProcessID='{pid(session)}' ThreadID='{pid(session)}'/><Channel>"
            f"{channel}</Channel><Computer>{computer}</Computer><Security/>"
            f"</System><EventData>{data}</EventData></Event>")
        return text.replace("><", ">\n<") if new_lines else text
    return line


def _text(system, provider, guid, channel):
    """As a viewer shows it: over several lines, or with tabs in one."""
    rng = system.rng
    time = clocks.stamp(rng.choice(("%-m/%-d/%Y %-I:%M:%S %p",
                                    "%Y-%m-%d %H:%M:%S",
                                    "%b %d %H:%M:%S", "%m/%d/%Y %H:%M:%S")))
    computer = fresh(system, "host")()
    flat = rng.choice((" ", "   ", "\t")) if rng.random() < 0.6 else None
    form = rng.randrange(3)

    def line(template, session):
        event = template.code
        body = [event.text.render(session) + ".", ""]
        for i, (name, law) in enumerate(event.fields):
            if i % 4 == 0:
                body.append(event.groups[i // 4 % 4] + ":")
            title = TITLES.get(FIELDS.get(name), name)
            body.append(f"\t{title}:\t\t{law(session)}")
        now = time(system.clock.now)
        if form == 0:
            head = [f"{now} {computer} {provider}[{event.task}]: "
                    f"{event.level} {event.id}: "]
        elif form == 1:
            head = [f"{event.level}\t{now}\t{provider}\t{event.id}\t"
                    f"({event.task})\t"]
        else:
            head = [f"Log Name:      {channel}", f"Source:        {provider}",
                    f"Date:          {now}", f"Event ID:      {event.id}",
                    f"Level:         {event.level}",
                    f"Computer:      {computer}", "Description:", ""]
        if flat and form != 2:
            return head[0] + flat.join([part.replace("\t\t", flat).strip()
                                        for part in body if part])
        return "\n".join(head[:-1] + [head[-1] + body[0]] + body[1:])
    return line


def _json(system, provider, guid, channel):
    rng = system.rng
    time = clocks.stamp("%Y-%m-%dT%H:%M:%S.%3fZ")
    computer, record = fresh(system, "host")(), rng.randrange(10 ** 7)
    names = rng.choice((("@timestamp", "event_id", "provider_name",
                         "event_data", "message"),
                        ("TimeCreated", "EventID", "SourceName", "EventData",
                         "Message")))

    def line(template, session):
        nonlocal record
        record += 1
        event = template.code
        return json.dumps({
            names[0]: time(system.clock.now), "Channel": channel,
            names[1]: event.id, names[2]: provider, "ProviderGuid": guid,
            "Level": event.level, "Computer": computer, "RecordNumber": record,
            names[3]: {name: law(session) for name, law in event.fields},
            names[4]: event.text.render(session)})
    return line


def _installer(system, provider, guid, channel):
    """Of a driver or a package: steps with codes and paths."""
    rng = system.rng
    time = clocks.stamp(rng.choice(("%Y/%m/%d %H:%M:%S.%3f", "%H:%M:%S.%3f",
                                    "%Y-%m-%d %H:%M:%S, Info")))
    tag = system.words.word()[:4].lower()
    form = rng.choice(("{time} {tag}: {text}", "[{time}] {text}",
                       "     {tag}:      {text} {time}", "{time}\t{text}",
                       "MSI (s) ({pid}) [{time}]: {text}"))
    pid = f"{rng.randrange(256):02X}:{rng.randrange(256):02X}"

    def line(template, session):
        event = template.code
        values = ", ".join([f"{name} = {law(session)}"
                            for name, law in event.fields[:3]])
        text = f"{event.text.render(session)} {values}"
        return form.format(time=time(system.clock.now), tag=tag, pid=pid,
                           text=text)
    return line


def windows(system):
    """The events of one provider in one form."""
    rng, words = system.rng, system.words
    provider = rng.choice(("{}", "Microsoft-Windows-{}", "{}-{}")).format(
        words.camel(), words.camel())
    channel = rng.choice(("Security", "System", "Application",
                          f"{provider}/Operational"))
    form = rng.choices((_xml, _text, _json, _installer), (30, 35, 15, 20))[0]
    found = []
    for _ in range(rng.choice((2, 4, 8, 16))):
        template = templates.Template([], component=provider)
        template.code = Event(system)
        found.append(template)
    system.traced = False
    return system.arrange(found, form(system, provider,
                                      fresh(system, "guid")(), channel))
