# SPDX-License-Identifier: MIT
"""A kernel's own log: devices, memory, registers, call traces.

What only this file knows: what such lines look like.  The texts are our own,
in the usual forms; many are statements or sentences of the material behind a
device's name.
"""
from . import clocks, headers, templates
from .words import hexadecimal, log_uniform

DEVICES = (
    "usb {small.}-{small.}", "usb {small.}-{small.}.{small.}", "pci {bdf}",
    "{snake.} {bdf.}", "{snake.} {bdf.} {device.}", "{device.}",
    "sd {small.}:0:0:0: [{device.}]", "ata{small.}.00", "nvme{small.}n1",
    "{snake.} {device.}", "{camel.} ({device.})", "CPU{small}", "{snake.}",
    "{camel.}", "ACPI: {word.}", "i2c i2c-{small.}", "{snake.}@{hex.}",
    "cpu {small}", "{snake.}.{small.}", "platform {snake.}.{small.}.auto",
    "dm-{small.}", "md{small.}", "tty{small.}", "thermal thermal_zone{small.}",
)
MESSAGES = (
    "new {low|full|high|super}-speed device number {small} using {snake.}",
    "device descriptor read/{int.}, error -{71|110|32|19}",
    "product {camel.}, vendor id {hex.}, serial {hex.}",
    "BAR {small.}: assigned [mem 0x{hex}-0x{hex} {64bit|64bit pref|flags}]",
    "BAR {small.}: no space for [io size 0x{hex.}]",
    "bridge window [mem 0x{hex.}-0x{hex.}]",
    "link is {up|down}, {10|100|1000|2500|10000} Mbps, {full|half} duplex",
    "enabling device ({hex.} -> {hex.})", "irq {small.}, io mem 0x{hex.}",
    "using {32|36|48|64}-bit DMA addresses", "registered as {device.}",
    "{int.} {512|4096}-byte logical blocks: ({num.}/{num.})",
    "mounted with {ordered|writeback|no} data mode, quota {none|on}",
    "recovery {started|complete} in {duration}",
    "I/O error, sector {int} op 0x{small.}:({READ|WRITE}) flags 0x{hex.}",
    "reset {succeeded|failed} after {duration}",
    "firmware {version.} loaded from {path.}",
    "entered {promiscuous|blocking|forwarding|disabled} {mode|state}",
    "temperature above threshold, throttled (total events = {int+})",
    "clocksource {snake.}: mask: 0x{kernel_hex.} max_cycles: 0x{kernel_hex.}",
    "{int.} pages of {int.} kB, {int.} reserved",
    "{function}: {message}", "{message}", "{message}", "{sentence}",
    "{snake.} version {version.} loaded", "queue {small} stuck, {message}",
    "status {0x}, {snake.} {0x}, {snake.} {0x}", "timeout waiting for {snake.}",
    "lost {int} samples since {duration}", "MAC address {mac.}",
    "no {snake.} found, using {snake.}", "[{snake.}] {state}",
)
PROCESSES = (
    "{snake*}[{int@}]: segfault at {hex} ip {kernel_hex} sp {kernel_hex} "
    "error {4|6|14|15} in {snake*}.so[{kernel_hex}+{hex.}]",
    "IN={device*} OUT={device.|} MAC={mac*} SRC={ip} DST={ip*} LEN={int} "
    "TOS=0x00 TTL={int} ID={int!} PROTO={TCP|UDP|ICMP} SPT={port!} DPT={port*}",
    "audit: type={int*} audit({int!}.{int!}:{int+}): pid={int@} uid={int*} "
    "comm=\"{snake*}\" res={0|1}",
    "task {snake*}:{int@} blocked for more than {int.} seconds",
    "{snake*}: page allocation failure: order:{int*}, mode:0x{hex.}"
    "({snake.}|{snake.})",
)
BOOT = (
    "Linux version {version.}-{int.}-{snake.} ({user.}@{host.}) #{int.} SMP",
    "Command line: root=UUID={uuid.} ro {snake.}={int.} {snake.}",
    "{snake.}: [mem 0x{kernel_hex!}-0x{kernel_hex!}] {usable|reserved|data}",
    "{snake.}: [mem 0x{kernel_hex!}-0x{kernel_hex!}] {usable|reserved|data}",
    "{camel.}: {word.} 0x{kernel_hex!} {hex!} (v{int*} {word.} {hex!})",
    "{camel.}: {word.} 0x{kernel_hex!} {hex!} (v{int*} {word.} {hex!})",
    "{camel.} hash table entries: {int!} (order: {int!}, {int!} bytes)",
    "CPU: {small.} cores, {small.} threads, {snake.} {snake.} enabled",
    "{snake.}: registered protocol family", "{message}", "{message}",
)
REGISTERS = ("RAX RBX RCX RDX RSI RDI RBP R08 R09 R10 R11 R12 R13 R14 R15 FS "
             "GS CR2 CR3").split()
ARM = [f"x{i}" for i in range(30)]


def _registers(rng):
    names = rng.choice((REGISTERS, ARM))
    lines = [f"RIP: 0010:0x{hexadecimal(rng, 16)}"]
    for i in range(0, len(names), 3):
        lines.append(" ".join(f"{name}: {hexadecimal(rng, 16)}"
                              for name in names[i:i + 3]))
    return lines


def _oops(system):
    """A function that writes the lines of a crash."""
    rng, words = system.rng, system.words
    functions = system.material.functions
    module = words.name()

    def frame():
        return "%s+0x%x/0x%x%s" % (
            rng.choice(functions), rng.getrandbits(10), rng.getrandbits(12),
            rng.choice(("", "", f" [{module}]")))

    def write():
        kind = rng.choice(("BUG: unable to handle access at address: %s",
                           "general protection fault at %s",
                           "WARNING: unexpected state of %s",
                           "watchdog: soft lockup at %s"))
        lines = [kind % hexadecimal(rng, 16),
                 f"CPU: {rng.randrange(64)} PID: {rng.randrange(1, 99999)} "
                 f"Comm: {words.name()} Not tainted"]
        if rng.random() < 0.7:
            lines += _registers(rng)
        lines += ["Call Trace:"] + [
            f" {rng.choice(('', '', '? '))}{frame()}"
            for _ in range(rng.randrange(4, 16))]
        if rng.random() < 0.4:
            lines.append("Code: " + " ".join(hexadecimal(rng, 2)
                                             for _ in range(32)))
        lines.append(f"---[ end trace {hexadecimal(rng, 16)} ]---")
        return lines
    return write


def _header(system):
    """A function that writes what stands before each line."""
    rng = system.rng
    boot = headers.boot_time(system)
    elements = headers.Elements(system)
    syslog = clocks.stamp(rng.choice(("%b %e %H:%M:%S",
                                      "%Y-%m-%dT%H:%M:%S.%6f+00:00")))

    def time(template, session):
        return syslog(system.clock.now)
    pick = rng.random()
    if pick < 0.45:
        return headers.join([boot])
    if pick < 0.55:
        priority = f"<{rng.randrange(3, 7)}>"
        return headers.join([priority, boot])
    if pick < 0.75:
        return headers.join([time, " ", elements.host, " kernel: ", boot])
    if pick < 0.9:
        return headers.join([time, " ", elements.host, " kernel: "])
    # dmesg --human: level and facility words.
    return headers.join([elements.fixed().lower() + "  :", elements.level,
                         "  : ", boot])


def kernel(system):
    """Boot messages first, then devices and processes; seldom a crash."""
    rng, found = system.rng, []
    header = _header(system)
    for _ in range(rng.choice((1, 2, 4, 8))):
        name = rng.choice(DEVICES)
        prefix = templates.parts_of(system, name + ": ")
        for text in rng.choices(MESSAGES, k=rng.choice((1, 2, 4, 7))):
            found.append(templates.Template(
                prefix + templates.parts_of(system, text), "info", "kernel"))
    for text in rng.sample(PROCESSES, rng.choice((0, 1, 1, 2))):
        found.append(templates.written(system, text, component="kernel"))
    oops = _oops(system)
    boot = [templates.written(system, text, component="kernel")
            for text in rng.sample(BOOT, rng.randrange(3, len(BOOT)))]
    opening = iter([template for template in boot
                    for _ in range(rng.choice((1, 1, 2, 8)))]
                   if rng.random() < 0.4 else ())
    crash = log_uniform(rng, 1e-4, 3e-3)

    def line(template, session):
        template = next(opening, template)
        before = header(template, session)
        if rng.random() < crash:
            return "\n".join(before + text for text in oops())
        return before + template.render(session)
    system.traced = False
    system.arrange(found, line)
    for template in system.templates + system.incidents:
        template.program = "kernel"
    if rng.random() < 0.5:               # in time order: many at once
        system.clock.start = system.clock.now - rng.uniform(0, 50)
        system.clock.gap = log_uniform(rng, 1e-3, 0.5)
    return system
