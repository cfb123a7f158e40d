# SPDX-License-Identifier: MIT
"""What only this file knows: which licences the material may carry, how one
is recognised in a repository's licence file or in a file's own header, and
what a header says that forbids a file."""

import re

PERMISSIVE = {
    "apache-2.0", "mit", "mit-0", "bsd-2-clause", "bsd-3-clause", "isc",
    "0bsd", "postgresql", "zlib", "bsl-1.0", "unlicense", "cc0-1.0",
    "bsd-2-clause-freebsd", "bsd-2-clause-netbsd", "bsd-1-clause",
    "public-domain",
}

# A phrase of each licence's own text, blanks squeezed, in lower case.
PHRASES = [
    ("Apache-2.0", r"apache license,? version 2\.0|"
                   r"apache\.org/licenses/license-2\.0|"
                   r"licensed under the apache license"),
    ("MIT", r"permission is hereby granted, free of charge|"
            r"\bmit licen[cs]e"),
    ("ISC", r"permission to use, copy, modify, and(?:/or)? distribute this "
            r"software for any purpose"),
    ("BSD", r"redistribution and use in source and binary forms|"
            r"\bbsd[ -][23]-clause|\bbsd[- ](?:style )?licen[cs]e"),
    ("Zlib", r"this software is provided ['\"\w]*as-is['\"]*, without any "
             r"express or implied warranty"),
    ("BSL-1.0", r"boost software license"),
    ("Unlicense", r"this is free and unencumbered software"),
    ("CC0-1.0", r"creative commons zero|\bcc0\b"),
    ("public domain", r"in(?:to)? the public domain"),
]

# The acronyms stand only in upper case: "mpl" and "gpl" are also variables.
FORBIDDEN = re.compile(
    r"(?i:gnu (?:\w+ ){0,2}(?:general )?public licen[cs]e|"
    r"mozilla public licen[cs]e|eclipse (?:public|distribution) licen[cs]e|"
    r"common development and distribution licen[cs]e|"
    r"server side public licen[cs]e|business source licen[cs]e|"
    r"elastic licen[cs]e|commons clause|"
    r"proprietary and confidential|"
    r"all rights reserved\.? (?:this|the) [\w ]{0,40}(?:confidential|secret))|"
    r"\b[AL]?GPL(?:-?v?\d|\b)|\bMPL(?:-?v?\d|\b)|\bEPL(?:-?v?\d|\b)|"
    r"\bCDDL\b|\bSSPL\b")
SPDX = re.compile(r"SPDX-License-Identifier:\s*([^\n*]+)", re.I)
EITHER = re.compile(r"(?i)\b(?:alternatively|either|dual|your option|"
                    r"your choice|at the choice)\b")
HEADER_BYTES = 4096


def squeeze(text):
    """Comment signs and line breaks away, so that phrases match."""
    return re.sub(r"[\s*#/;%!\-=_]*\n[\s*#/;%!=_]*|\s+", " ", text)


def recognise(text):
    """The licences whose words stand in the text, in the table's order."""
    low = squeeze(text).lower()
    return [name for name, rx in PHRASES if re.search(rx, low)]


def spdx_allows(expression):
    """True when one side of the expression is permissive throughout."""
    expression = re.sub(r"[()\"'`]|-->|\*/", " ", expression.lower())
    for side in re.split(r"\s+or\s+", expression.strip()):
        # An exception ("WITH ...") only ever adds to what is allowed.
        names = [re.sub(r"\s+with\s+.*", "", n).strip()
                 for n in re.split(r"\s+and\s+", side)]
        if all(n.split(" ")[0] in PERMISSIVE for n in names):
            return True
    return False


def header_verdict(text):
    """Reads a file's first bytes: (usable, reason).  The reason is empty for
    a plain file, "dual" for one of which a permissive side is taken."""
    head = text[:HEADER_BYTES]
    tags = SPDX.findall(head)
    if tags:
        for tag in tags:
            if not spdx_allows(tag):
                return False, "SPDX " + tag.split("*/")[0].strip()[:40]
        dual = any(re.search(r"(?i)\s+or\s+", tag) for tag in tags)
        return True, "dual" if dual else ""
    flat = squeeze(head)
    found = FORBIDDEN.search(flat)
    if not found:
        return True, ""
    if EITHER.search(flat) and recognise(head):
        return True, "dual"
    return False, "header says " + found.group(0)[:40]
