# SPDX-License-Identifier: MIT
"""What only this file knows: how a log statement looks in each language, and
how its message falls into constant text and named slots.

A statement is mined without a parser: a call that logs by its name, its
arguments cut at top-level commas, the first literal taken as the message."""

import re
from functools import lru_cache

SUFFIXES = {
    "java": "java", "scala": "java", "kt": "java", "groovy": "java",
    "go": "go", "py": "py", "rs": "rs", "cs": "cs",
    "c": "c", "h": "c", "cc": "c", "cpp": "c", "hpp": "c", "cxx": "c",
    "swift": "swift", "m": "c", "mm": "c",
    "js": "js", "ts": "js", "tsx": "js", "mjs": "js", "erl": "erl",
}
# The quotes that open a literal; in the other languages ' is a character.
QUOTES = {"go": '"`', "py": "\"'", "js": "\"'`"}
LEVELS = {
    "fine": "debug", "finer": "trace", "finest": "trace", "severe": "error",
    "warning": "warn", "warningf": "warn", "config": "info", "log": "info",
    "print": "info", "msg": "info", "exception": "error",
    "critical": "fatal", "panic": "fatal", "information": "info",
    "verbose": "debug", "fault": "fatal", "default": "info", "e": "error",
    "w": "warn", "i": "info", "d": "debug", "v": "trace", "wtf": "fatal",
    "lognotice": "notice", "loginfo": "info", "logwarn": "warn",
    "logerror": "error", "logdebug": "debug", "logcrit": "fatal",
    "loginformation": "info", "logwarning": "warn", "logcritical": "fatal",
    "logtrace": "trace", "trace_": "trace", "protocol": "debug",
    "logprotocol": "debug", "logalert": "fatal", "alert": "fatal",
    "emergency": "fatal", "crit": "fatal",
}
CALLS = {
    "java": re.compile(
        r"\b(?:log|_?logger|slog|logg|Timber|Log|Lg|getLogger\(\))\s*\.\s*"
        r"(?:at)?(trace|debug|info|warn|error|fatal|finest|finer|fine|severe|"
        r"warning|config|log|wtf|[ewidv])\s*\(", re.I),
    "go": re.compile(
        r"\b(?:klog(?:\.V\(\d\))?|logrus|entry|slog|glog|seelog|s|c|srv|js|"
        r"\w*[lL]og(?:ger|f)?|lg|l|level\.\w+\(\w+\)|"
        r"log\.G\([^)]*\)|\w+\.(?:lg|[lL]ogger\(\)|Log|logger|log))\s*\.\s*"
        r"(?:With\w*\([^()]*\)\.|V\(\w+\)\.|(?:Warn|Error|Info|Debug)\(\)\.|"
        r"Err\([^()]*\)\.|Str\([^()]*\)\.)*"
        r"(Trace|Debug|Info|Notice|Warn|Warning|Error|Fatal|Panic|Print|"
        r"Log|Msg|Critical)(?:f|ln|Context|S|w|Depth)?\("),
    "py": re.compile(
        r"\b_?(?:log|LOG|logger|logging|LOGGER|LOG)\s*\.\s*"
        r"(debug|info|warning|warn|error|exception|critical|trace|verbose)"
        r"\s*\("),
    "rs": re.compile(r"\b(trace|debug|info|warn|error|crit)!\s*\("),
    "cs": re.compile(
        r"(?:\b_?(?:log|logger|trace|tracing|executionContext|context)\w*\s*"
        r"\??\.\s*)?\b(?:(?:Log)?(Trace|Debug|Information|Info|Warning|Warn|"
        r"Error|Critical|Verbose))\s*\(", re.I),
    "swift": re.compile(
        r"\b(?:\w*[lL]og(?:ger)?|\w*Logger|os_log|NSLog|print)\s*(?:\.\s*"
        r"(trace|debug|info|notice|warning|error|critical|fault|log|"
        r"default))?\s*\("),
    "js": re.compile(
        r"\b(?:\w*[lL]og(?:ger)?|console|plugin|connection|this|server)"
        r"\s*\.\s*"
        r"(trace|debug|info|notice|warn|error|fatal|log|log\w+|crit|alert|"
        r"protocol)\s*\("),
    "erl": re.compile(
        r"\b(?:couch_log|lager|logger|io)\s*:\s*"
        r"(debug|info|notice|warning|error|critical|alert|emergency)\s*\("),
    "c": re.compile(r"\b([A-Za-z_]\w{2,40})\s?\("),
}
LOGS_IN_C = re.compile(
    r"log|err|warn|info|debug|dbg|verb|print|alert|panic|diag|note|fail|fatal|"
    r"trace|msg|crit", re.I)
NOT_LOGS_IN_C = re.compile(
    r"s\w*n?printf|asprintf|strcmp|strerr|usage|assert|expect|gettext|"
    r"print_help|catalog|dialog|login|logic|format|^fprint|terror|test", re.I)
C_LEVELS = (
    ("fatal", "fatal"), ("panic", "fatal"), ("crit", "fatal"),
    ("alert", "fatal"), ("err", "error"), ("fail", "error"), ("warn", "warn"),
    ("notice", "notice"), ("info", "info"), ("debug", "debug"),
    ("dbg", "debug"), ("verb", "debug"), ("trace", "trace"))
SUFFIX_LEVELS = {"E": "error", "W": "warn", "I": "info", "D": "debug",
                 "V": "trace"}
# What a program says when it gives up: it reaches the log as the error.
ERRORS = {
    "java": re.compile(r"\bthrow new (\w+(?:Exception|Error))\s*\("),
    "cs": re.compile(r"\bthrow new (\w+(?:Exception|Error))\s*\("),
    "js": re.compile(r"\b(?:throw )?new (\w*Error)\s*\("),
    "py": re.compile(r"\braise (\w+(?:Error|Exception|Failure))\s*\("),
    "go": re.compile(r"\b(fmt\.Errorf|errors\.(?:New|Wrap|Wrapf|Errorf))\("),
    "rs": re.compile(r"\b(anyhow|bail|eyre|panic)!\s*\("),
}
# Tables of messages: Java's LocalStrings, .NET's resources (English only).
TABLE = re.compile(r"(?:(?:^|/)(?:LocalStrings|Messages?)\.properties|"
                   r"(?:^|/)[^/.]+\.resx)$")
ROWS = {"properties": re.compile(r"^([\w.-]+)\s*=\s*(.+)$", re.M),
        "resx": re.compile(r'<data name="([^"]+)"[^>]*>\s*<value>([^<]*)'
                           r"</value>", re.S)}
ESCAPES = {"n": "\n", "t": "\t", "r": "", "0": "", "a": "", "b": "", "e": "",
           "x": ""}
LITERAL = re.compile(
    r'(?P<pre>[$@]{0,2}|L|[fFrRbBuU]{0,2})(?:"""(?P<block>.*?)"""|'
    r'"(?P<text>(?:[^"\\]|\\.)*)")', re.S)
LITERAL_PLUS = re.compile(
    LITERAL.pattern[:-1] + r"|'(?P<single>(?:[^'\\]|\\.)*)'|"
    r"`(?P<back>[^`]*)`)", re.S)
INTERPOLATED = {
    "py": re.compile(r"\{([^{}]+)\}"), "cs": re.compile(r"\{([^{}]+)\}"),
    "js": re.compile(r"\$\{([^{}]+)\}"),
    "java": re.compile(r"\$(?:\{([^{}]+)\}|([A-Za-z_]\w*))"),
    "swift": re.compile(r"\\\(((?:[^()]|\([^()]*\))*)\)"),
}
PRINTF = re.compile(
    r"%(?:\d+\$|\[\d+\])?[-+ #0]*(\*|\d+)?(?:\.(\*|\d+))?"
    r"(?:hh|h|ll|l|z|j|t|q|L|I64|\{\w+\})?([diouxXeEfgGcsSpPvqTtUVnwNma@%])")
ERLANG = re.compile(r"~(?:-?\d+)?(?:\.\d+)?(?:\.[^~])?t?([pPwWsabBxXiefgcn~])")
BRACES = re.compile(r"\{([A-Za-z_@$0-9.]*)(?:[:,][^{}]*)?\}")
SPECS = {"d": "d", "i": "d", "u": "d", "x": "x", "X": "x", "p": "p",
         "f": "f", "g": "f", "e": "f", "c": "c", "q": "q", "v": "v",
         "T": "T", "b": "d", "B": "d"}


def split_arguments(text, start, language, limit=1500):
    """The top-level arguments of the call whose "(" stands at start; None
    where no end is found within limit."""
    quotes = QUOTES.get(language, '"')
    depth, first, args, i = 0, start + 1, [], start
    end = min(len(text), start + limit)
    while i < end:
        ch = text[i]
        if ch in quotes:
            i += 1
            while i < end and text[i] != ch:
                i += 2 if text[i] == "\\" and ch != "`" else 1
        elif ch == "'" and language not in ("rs", "erl"):
            close = text.find("'", i + (3 if text[i + 1:i + 2] == "\\" else 2),
                              i + 12)
            i = close if close > 0 else i
        elif ch in "([{":
            depth += 1
        elif ch in ")]}":
            depth -= 1
            if depth == 0:
                args.append(text[first:i].strip())
                return [a for a in args if a]
        elif ch in ",;" and depth == 1:
            args.append(text[first:i].strip())
            first = i + 1
        i += 1
    return None


def name_of(expression):
    """The last identifier of an expression: what its value is called."""
    e = expression.split("??")[0].strip()
    e = re.sub(r"\.(toString|c_str|data|Error|String|name|getName|id|value|"
               r"get|size|length|len|to_string|getMessage|ToString|Message|"
               r"Count|description|toJSON)\(?\)?$", "", e)
    e = re.sub(r"\(.*\)$", "", e, flags=re.S)
    words = re.findall(r"[A-Za-z_][A-Za-z0-9_]*", e)
    return words[-1][:32] if words else "x"


def unescape(text):
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m[1], m[1]), text,
                  flags=re.S)


def interpolate(text, language):
    """Cuts a literal at the expressions that it holds."""
    parts, last = [], 0
    for m in INTERPOLATED[language].finditer(text):
        parts.append(unescape(text[last:m.start()]))
        inner = next((g for g in m.groups() if g), "x")
        if language in ("py", "cs"):
            inner = re.split(r"[:!,]", inner)[0]
        parts.append(["s", name_of(inner)])
        last = m.end()
    return parts + [unescape(text[last:])]


def message_parts(argument, language):
    """A message's literals and what is joined to them; None without one."""
    rx = LITERAL_PLUS if language in ("py", "js", "go") else LITERAL
    parts, last, found = [], 0, False
    for m in rx.finditer(argument):
        between = argument[last:m.start()].strip(" \t\n+.@")
        macro = re.fullmatch(r"(?:B_)?PRI([a-zA-Z])\w*", between)
        if macro:
            parts.append(macro[1])
        elif between and found | ("+" in argument[last:m.start()]):
            parts.append(["s", name_of(between)])
        g = m.groupdict()
        text = next((g[k] for k in ("text", "block", "single", "back")
                     if g.get(k) is not None), "")
        prefix = g["pre"]
        if (language in ("java", "swift")
                or (language == "js" and g.get("back") is not None)
                or (language == "cs" and "$" in prefix)
                or (language == "py" and "f" in prefix.lower())):
            parts += interpolate(text, language)
        else:
            parts.append(unescape(text))
        found, last = True, m.end()
    rest = argument[last:].strip(" \t\n+.")
    if found and rest and "+" in argument[last:]:
        parts.append(["s", name_of(rest)])
    return parts if found else None


def expand(text, rest, language):
    """Cuts a format string at its place-holders, named by its arguments."""
    if "%" in text and (language in ("c", "go", "py", "js", "swift") or (
            language == "java" and "{" not in text)):
        rx = PRINTF
    elif language == "erl":
        rx = ERLANG
    elif language in ("java", "rs", "py", "cs", "c") and "{" in text:
        rx = BRACES
    else:
        return [text]
    out, last, arg = [], 0, 0
    for m in rx.finditer(text):
        letter = m[m.lastindex] if rx is not BRACES and m.lastindex else ""
        if letter == "%" or (rx is ERLANG and letter in "n~"):
            continue
        out.append(text[last:m.start()])
        if rx is PRINTF:
            arg += (m[1] == "*") + (m[2] == "*")
        named = m[1] if rx is BRACES and not m[1].isdigit() else ""
        name = named or (name_of(rest[arg]) if arg < len(rest) else "x")
        arg += not named
        out.append([SPECS.get(letter, "s"), name.lstrip("@$")[:32] or "x"])
        last = m.end()
    out.append(text[last:])
    return [p.replace("%%", "%").replace("~n", "") if isinstance(p, str) else p
            for p in out]


def join(parts):
    """Neighbouring texts as one, empty ones away, ends without a newline."""
    out = []
    for part in parts:
        if isinstance(part, str) and out and isinstance(out[-1], str):
            out[-1] += part
        elif part != "":
            out.append(part)
    if out and isinstance(out[0], str):
        out[0] = out[0].lstrip("\n")
    if out and isinstance(out[-1], str):
        out[-1] = out[-1].rstrip("\n")
    return [p for p in out if p != ""]


def plausible(parts):
    text = "".join(p for p in parts if isinstance(p, str))
    return (6 <= len(text.strip()) and len(text) <= 260 and len(parts) <= 24
            and sum(c.isalpha() for c in text) >= 5
            and not any(ord(c) < 32 and c != "\t" for c in text)
            and "<html" not in text and "#include" not in text
            # One bare word is an event's key, not a message.
            and (" " in text.strip() or len(parts) > 1)
            and text.count("{") == text.count("}"))


def fields_of(args, at, language):
    """Key-value fields beside the message, as [type, key]."""
    rest = args[at + 1:]
    if language == "go":
        zap = [re.match(r'\w+\.(\w+)\("([\w.-]+)"', a) for a in rest]
        if any(zap):
            return [[m[1], m[2]] for m in zap if m]
        keys = rest[0::2]
        if keys and "%" not in args[at] and all(
                re.fullmatch(r'"[\w./-]+"', k) for k in keys):
            return [["x", k.strip('"')] for k in keys]
    if language == "rs":
        before = [re.match(r"[%?]?([\w.]+)(\s*=.*)?$", a) for a in args[:at]]
        after = [re.match(r'[%?]?"?([\w.]+)"?\s*(?:=>).*$', a) for a in rest]
        return [["x", m[1]] for m in before + after if m]
    return []


@lru_cache(maxsize=65536)
def c_level(name):
    """The level by which a C function's name logs, None if it does not."""
    if not LOGS_IN_C.search(name) or NOT_LOGS_IN_C.search(name):
        return None
    if re.fullmatch(r"\w*LOG_?[EWIDV]", name):
        return SUFFIX_LEVELS[name[-1]]
    low = name.lower()
    return next((level for key, level in C_LEVELS if key in low), "info")


def message_index(args, language):
    """Which argument is the message: the first literal of the first few."""
    quotes = QUOTES.get(language, '"')
    allowed = {"c": 5, "cs": 4, "rs": 3, "swift": 3}.get(language, 2)
    for i, a in enumerate(args[:allowed]):
        if not any(q in a for q in quotes):
            continue
        if language == "c" and not re.match(r'\(?\s*(L?"|@"|PRI|[A-Z_]+\s*"|'
                                            r'_\()', a):
            return None
        if language == "go" and a.startswith(("zap.", '"err"')):
            return None
        return i
    return None


def mine_table(text, suffix):
    """Yields (level, line, parts, fields) of a table of messages."""
    for m in ROWS[suffix].finditer(text):
        message = (m[2].replace("''", "'").replace("&lt;", "<")
                   .replace("&gt;", ">").replace("&quot;", '"')
                   .replace("&amp;", "&").strip())
        parts = join(expand(message, [], "cs"))
        if parts and plausible(parts):
            bad = re.search(r"(?i)fail|error|cannot|not |unable|invalid",
                            message)
            yield ("error" if bad else "info",
                   text.count("\n", 0, m.start()) + 1, parts, [])


def mine(text, language, calls=None):
    """Yields (level, line, parts, fields) of a file's log statements, or of
    its errors where calls is ERRORS."""
    rx = (calls or CALLS).get(language)
    for m in rx.finditer(text) if rx else ():
        name = m[1] or "info"
        level = c_level(name) if language == "c" else name.lower()
        if calls is ERRORS:
            level = "error"
        if level is None:
            continue
        begin = text.rfind("\n", 0, m.start()) + 1
        if re.match(r"\s*(//|\*|#|%|(fn|func|def|void|int|static)\b)",
                    text[begin:begin + 40]):
            continue
        args = split_arguments(text, m.end() - 1, language)
        at = message_index(args, language) if args else None
        if at is None:
            continue
        if language == "go" and args[at] == '"msg"' and at + 1 < len(args):
            at += 1    # go-kit: Log("msg", "text", "key", value...)
        parts = message_parts(args[at], language)
        if not parts:
            continue
        rest = args[at + 1:]
        if language == "erl" and rest and rest[0].startswith("["):
            rest = split_arguments(rest[0], 0, language) or []
        cut = []
        for part in join(parts):
            cut += (expand(part, rest, language)
                    if isinstance(part, str) else [part])
        cut = join(cut)
        if not cut or not plausible(cut):
            continue
        if language == "c" and level == "info":
            low = " ".join(args[:at]).lower()
            level = next((v for k, v in C_LEVELS if k in low), "info")
        yield (LEVELS.get(level, level), text.count("\n", 0, m.start()) + 1,
               cut, fields_of(args, at, language))
