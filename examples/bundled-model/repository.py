# SPDX-License-Identifier: MIT
"""What only this file knows: how one bare repository is read, and what of it
becomes material: statements, names, documents, log lines."""

import collections
import io
import os
import random
import re
import subprocess
import zipfile

import licences
import sources
import statements

SOURCE_BYTES = 60 << 20     # read of one repository's sources
DOC_BYTES = 1 << 20         # kept of its documents
LOGS = 400                  # real logs of one repository
DOC_FILE = re.compile(r"\.(md|rst|adoc|txt|mdx|html\.markdown)$", re.I)
NO_DOC = re.compile(r"(?i)licen[cs]e|notice|change|news|CMakeLists|copying|"
                    r"requirements|authors|contributors|owners|maintainers|"
                    r"release[-_]?notes|i18n|/(zh|ja|ko|es|pt|fr|de|ru)[-_/]")
LOG_FILE = re.compile(r"\.(log|jsonl|ndjson)(\.\d+)?$|test/logfile_|"
                      r"(^|/)data/\w+/\w+\.log|test_data/.*syslog\w*$|"
                      r"detonation-logs/.*\.json$")
LICENCE_FILE = re.compile(r"(?i)^(licen[cs]e|copying|copyright)[\w.-]*$|"
                          r"^(license/readme|NOTICE|README(\.md)?)$")
IDENTIFIER = re.compile(r"\b[A-Za-z_][A-Za-z0-9_]{3,28}\b")
FUNCTIONS = {
    "c": re.compile(r"^(?:static |int |void |bool )*\b([a-z_][a-z0-9_]{4,32})"
                    r"\([^;{]*\)\s*\{", re.M),
    "go": re.compile(r"^func (?:\([^)]*\) )?(\w+)\(", re.M),
    "java": re.compile(r"\b(?:public|private|protected)\s+[\w<>\[\], ]+\s"
                       r"(\w+)\("),
    "cs": re.compile(r"\b(?:public|private|protected|internal)\s+"
                     r"[\w<>\[\], ]+\s(\w+)\("),
    "py": re.compile(r"^\s*def (\w+)\(", re.M),
    "rs": re.compile(r"\bfn (\w+)[(<]"),
    "swift": re.compile(r"\bfunc (\w+)[(<]"),
}


class Repository:
    """A bare clone, read by `git cat-file --batch`."""

    def __init__(self, folder, source):
        self.source = source
        self.gitdir = os.path.join(folder, source.name.replace("/", "+"),
                                   "repo")
        if os.path.isdir(os.path.join(self.gitdir, ".git")):
            self.gitdir = os.path.join(self.gitdir, ".git")

    def git(self, *args):
        return subprocess.run(["git", "--git-dir=" + self.gitdir, *args],
                              capture_output=True, check=True).stdout

    def exists(self):
        return os.path.isdir(self.gitdir)

    def commit(self):
        return self.git("rev-parse", "HEAD").decode().strip()

    def files(self):
        """[(blob, path, size)] of HEAD, links and submodules left out."""
        out = []
        listing = self.git("ls-tree", "-r", "-l", "-z", "HEAD")
        for row in listing.decode("utf8", "replace").split("\0"):
            meta, _, path = row.partition("\t")
            word = meta.split()
            if path and word[1] == "blob" and word[0] != "120000" \
                    and word[3].isdigit():
                out.append((word[2], path, int(word[3])))
        return out

    def read(self, entries):
        """Yields (path, bytes); what the clone lacks is passed over."""
        with subprocess.Popen(
                ["git", "--git-dir=" + self.gitdir, "cat-file", "--batch"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            for blob, path, _ in entries:
                child.stdin.write(blob.encode() + b"\n")
                child.stdin.flush()
                head = child.stdout.readline().split()
                if len(head) == 3 and head[2].isdigit():
                    data = child.stdout.read(int(head[2]))
                    child.stdout.read(1)
                    yield path, data
            child.stdin.close()


def component(path, text, language):
    """What a logger of this file would call itself."""
    stem = path.rsplit(".", 1)[0]
    if language in ("java", "cs"):
        m = re.search(r"^\s*(?:package|namespace)\s+([\w.]+)", text, re.M)
        cls = stem.rsplit("/", 1)[-1]
        return m[1] + "." + cls if m else cls
    if language == "py":
        return stem.replace("/", ".")
    if language == "rs":
        return stem.replace("/src/", "::").replace("/", "::")
    return path


def is_prose(text):
    """English: nearly all ASCII, and the small words are there."""
    head = text[:20000]
    return (sum(map(str.isascii, head)) > 0.97 * len(head)
            and len(re.findall(r"\b(?:the|is|to|of|and)\b", head))
            > len(head) / 400)


def log_lines(data, cap):
    """The lines of a log file that may be used, a piece of a long one; the
    lines of held-out programs are dropped."""
    text = data.decode("utf8", "replace").replace("\r\n", "\n")
    if len(text) > cap:
        at = text.find("\n", random.Random(3).randrange(len(text) - cap)) + 1
        text = text[at:at + cap]
        text = text[:text.rfind("\n") + 1]
    if sum(c.isprintable() or c in "\t\n" for c in text) < 0.95 * len(text):
        return []
    return [line[:4000] for line in text.split("\n")
            if line.strip() and not sources.HELD_OUT_LINE.search(line)]


def refused_licence(repo, files):
    """(licences found in the repository's own files, may it be used)."""
    top = [f for f in files if LICENCE_FILE.match(f[1])]
    named = [f for f in top if re.match(r"(?i)licen|copy", f[1])] or top
    found = []
    for path, data in repo.read(named):
        text = data.decode("utf8", "replace")
        if licences.FORBIDDEN.search(licences.squeeze(text[:600])) \
                and not licences.recognise(text[:600]):
            continue
        found += [n for n in licences.recognise(text) if n not in found]
    return found, bool(found)


class Mined:
    """What one repository gave, and the tally for the NOTICE."""

    def __init__(self, source):
        self.source = source
        self.commit, self.licence = "", []
        self.used = 0
        self.reasons = collections.Counter()
        self.dual = 0
        self.rows, self.docs, self.real = [], [], []
        self.errors = []
        self.idents, self.funcs = (collections.Counter() for _ in "12")
        self.classes, self.with_logs = [], []

    def admits(self, text):
        """The licence filter, with its tally."""
        usable, reason = licences.header_verdict(text)
        if not usable:
            self.reasons[reason] += 1
        elif reason == "dual":
            self.dual += 1
        return usable


def read_sources(repo, files, mined, rng):
    """Statements and names from the program texts."""
    budget = SOURCE_BYTES
    rng.shuffle(files)
    kept = []
    for f in files:
        budget -= f[2]
        if budget < 0:
            break
        kept.append(f)
    short = mined.source.name.split("/")[1]
    for path, data in repo.read(kept):
        text = data.decode("utf8", "replace")
        if not mined.admits(text):
            continue
        mined.used += 1
        language = statements.SUFFIXES[path.rsplit(".", 1)[1]]
        name = component(path, text, language)
        before = len(mined.rows)
        for level, line, parts, fields in statements.mine(text, language):
            mined.rows.append([short, level, name, line, parts, fields])
        for level, line, parts, fields in statements.mine(
                text, language, statements.ERRORS):
            mined.errors.append([short, level, name, line, parts, fields])
        if len(mined.rows) > before:
            mined.with_logs.append(name)
        if language in ("java", "cs"):
            mined.classes.append(name)
        mined.idents.update(IDENTIFIER.findall(text[:20000])[::7])
        if language in FUNCTIONS:
            mined.funcs.update(FUNCTIONS[language].findall(text)[:40])


def read_tables(repo, files, mined):
    """Messages that a program keeps apart from its text."""
    short = mined.source.name.split("/")[1]
    for path, data in repo.read(files):
        text = data.decode("utf8", "replace")
        if mined.admits(text):
            mined.used += 1
            name, suffix = path.rsplit(".", 1)
            mined.rows += [
                [short, level, name.replace("/", "."), line, parts, fields]
                for level, line, parts, fields
                in statements.mine_table(text, suffix)]


def read_documents(repo, files, mined, rng):
    left = DOC_BYTES
    rng.shuffle(files)
    for path, data in repo.read(files[:600]):
        if left <= 0:
            break
        text = data.decode("utf8", "replace")
        if not is_prose(text):
            continue
        if len(sources.HELD_OUT_LINE.findall(text)) > 3:
            mined.reasons["document of a held-out system"] += 1
        elif mined.admits(text):
            mined.used += 1
            mined.docs.append(text)
            left -= len(text)


def read_logs(repo, files, mined, rng):
    """Real log files; Windows events lie zipped in their repository."""
    short = mined.source.name.split("/")[1]
    zips = [f for f in files if f[1].endswith(".zip")]
    rng.shuffle(zips)
    plain = [f for f in files if not f[1].endswith(".zip")]
    rng.shuffle(plain)
    for path, data in repo.read(plain[:LOGS]):
        lines = log_lines(data, 60000 if mined.source.kind != "logs"
                          else 200000)
        if lines:
            mined.used += 1
            mined.real.append({"src": short + "/" + path, "lines": lines})
    for path, data in repo.read(zips[:60]):
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            for item in z.infolist():
                if item.filename.endswith(".json"):
                    with z.open(item) as part:
                        lines = log_lines(part.read(4 << 20), 60000)
                    if lines:
                        mined.used += 1
                        mined.real.append({"src": short + "/" + path,
                                           "lines": lines})


def mine(folder, source, seed):
    """All of one repository; None where the clone is not there."""
    repo = Repository(folder, source)
    if not repo.exists():
        return None
    mined, rng = Mined(source), random.Random(f"{seed} {source.name}")
    mined.commit = repo.commit()
    every = repo.files()
    mined.licence, usable = refused_licence(repo, every)
    if not usable:
        mined.reasons["no permissive licence file"] = len(every)
        return mined
    files = [f for f in every
             if not sources.NOT_OURS.search(f[1])
             and (not source.want or re.search(source.want, f[1]))
             and not (source.skip and re.search(source.skip, f[1]))]
    out = [f for f in files if sources.HELD_OUT.search(f[1])]
    mined.reasons["path of a held-out system"] += len(out)
    files = [f for f in files if not sources.HELD_OUT.search(f[1])]
    suffix = re.compile(r"\.(%s)$" % "|".join(statements.SUFFIXES))
    if source.kind != "logs":
        read_sources(repo, [f for f in files if suffix.search(f[1])
                            and f[2] < 400000
                            and not sources.TESTS.search(f[1])], mined, rng)
    read_tables(repo, [f for f in files if statements.TABLE.search(f[1])],
                mined)
    # Errors are many and alike: no more of them than of statements.
    rng.shuffle(mined.errors)
    mined.rows += mined.errors[:max(100, len(mined.rows))]
    mined.errors = []
    read_documents(repo, [f for f in files if DOC_FILE.search(f[1])
                          and not NO_DOC.search(f[1])
                          and 1500 < f[2] < 120000], mined, rng)
    logs = [f for f in every if LOG_FILE.search(f[1]) and 200 < f[2] < 8 << 20
            and not sources.HELD_OUT.search(f[1])
            and not sources.HELD_OUT_LOG.search(f[1])
            and not (source.skip and re.search(source.skip, f[1]))
            and not re.search(r"Baseline\.\w+|dupe|expected|node_modules|"
                              r"vendor", f[1])]
    if source.name == "OTRF/Security-Datasets":
        logs += [f for f in files if re.search(r"windows/.*/host/.*\.zip$",
                                               f[1]) and f[2] < 600000]
    read_logs(repo, logs, mined, rng)
    return mined
