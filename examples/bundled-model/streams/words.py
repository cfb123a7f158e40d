# SPDX-License-Identifier: MIT
"""Words and names: of the material for the most part, some made up.

What only this file knows: how people spell the names of things (camelCase,
snake_case, hosts, users, paths).
"""
import math

CONSONANTS, VOWELS = "bcdfghjklmnprstvwz", "aeiou"
BASE64 = ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
          "0123456789+/")
POD_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
USERS = ("root admin alice bob www-data guest test deploy ubuntu git oracle "
         "jenkins nobody daemon backup operator svc_app user1 ftp mail").split()
DOMAINS = ("com net org io de cn ru local internal lan co.uk fr jp edu gov "
           "example.com").split()
FOLDERS = ("var log usr lib etc home opt data tmp srv app src bin share run "
           "local mnt proc sys dev cache spool www html conf.d config "
           "node_modules build target").split()
WINDOWS_FOLDERS = ("Windows|System32|Program Files|Program Files (x86)|Users|"
                   "ProgramData|AppData|Local|Roaming|Temp|Common Files|"
                   "drivers|SysWOW64|inetpub|Logs").split("|")
EXTENSIONS = ("log conf txt json yaml so py c h java jar db tmp pid sock gz "
              "xml html js css png php sh cfg dat idx lock bak key pem").split()


def log_uniform(rng, low, high):
    """A number whose order of magnitude is what is uniform."""
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def hexadecimal(rng, n, upper=False):
    """n hexadecimal digits."""
    return f"{rng.getrandbits(4 * n):0{n}{'X' if upper else 'x'}}"


def digits(rng, n):
    """A decimal number of n digits, the first of which is not 0."""
    return str(rng.randrange(10 ** (n - 1), 10 ** n)) if n > 1 else str(
        rng.randrange(10))


def uuid(rng):
    """A UUID of random bits."""
    h = f"{rng.getrandbits(128):032x}"
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


class Words:
    """Draws words and names from a Material with a random.Random."""

    def __init__(self, rng, material):
        self.rng = rng
        self.material = material

    def lower(self):
        """An English word of four letters or more; common ones more often."""
        words = self.material.long_words
        return words[int(len(words) * self.rng.random() ** 1.7)]

    def pseudo(self):
        """A word that no language has."""
        rng = self.rng
        out = ""
        for _ in range(rng.choice((2, 2, 3, 3, 4))):
            out += rng.choice(CONSONANTS) + rng.choice(VOWELS)
            if rng.random() < 0.3:
                out += rng.choice("nrslmtkx")
        return out

    def word(self):
        """A word, an identifier or a made-up word."""
        pick = self.rng.random()
        if pick < 0.65:
            return self.lower()
        if pick < 0.9:
            return self.rng.choice(self.material.identifiers)
        return self.pseudo()

    def camel(self, lower=False):
        """CamelCase, or camelCase."""
        out = "".join(self.word().capitalize()
                      for _ in range(self.rng.choice((1, 2, 2, 3))))
        return out[:1].lower() + out[1:] if lower else out

    def snake(self):
        """Words joined by one of _ - and a dot."""
        return self.rng.choice("__-_.").join(
            self.lower() for _ in range(self.rng.choice((1, 2, 2, 3))))

    def name(self, joint="_"):
        """A name of words with one joint."""
        return joint.join(self.lower()
                          for _ in range(self.rng.choice((1, 2, 2, 3))))

    def phrase(self):
        """Some words in a row."""
        return " ".join(self.rng.choice(self.material.words) for _ in
                        range(self.rng.choice((2, 3, 4, 6, 9))))

    def sentence(self):
        """An English sentence of the material, without its full stop."""
        if not self.material.sentences:
            return self.phrase().capitalize()
        return self.rng.choice(self.material.sentences)[:-1]

    def user(self):
        """The name of an account."""
        rng, pick = self.rng, self.rng.random()
        if pick < 0.35:
            return rng.choice(USERS)
        if pick < 0.7:
            return self.lower()[:9]
        if pick < 0.85:
            return rng.choice(CONSONANTS) + self.pseudo()
        return self.lower()[:6] + str(rng.randrange(100))

    def domain(self):
        """A fully qualified domain name."""
        rng = self.rng
        labels = [self.word().lower()[:10].replace("_", "-")
                  if rng.random() < 0.8
                  else rng.choice("abcdewnmsx") + str(rng.randrange(99))
                  for _ in range(rng.choice((1, 2, 2, 3)))]
        return ".".join(labels + [rng.choice(DOMAINS)])

    def pod(self):
        """The name of a pod, with the hashes of its sets."""
        rng = self.rng
        name = self.name("-")[:24]
        tail = "".join(rng.choices(POD_LETTERS, k=5))
        if rng.random() < 0.25:
            return f"{name}-{rng.randrange(6)}"
        if rng.random() < 0.3:
            return f"{name}-{tail}"
        return f"{name}-{hexadecimal(rng, rng.choice((8, 9, 10)))}-{tail}"

    def host_law(self):
        """A function that names hosts as one site would."""
        rng = self.rng
        stem, short = self.lower()[:8], self.lower()[:5]
        domain = rng.choice(DOMAINS)
        letter = rng.choice("nrhcs")
        return rng.choice((
            lambda: f"{stem}-{rng.randrange(1, 300)}",
            lambda: f"{stem}{rng.randrange(1, 64):02d}",
            lambda: "ip-10-%d-%d-%d" % (rng.randrange(256), rng.randrange(256),
                                        rng.randrange(256)),
            self.pod,
            lambda: f"{short}{rng.randrange(40)}.{stem}.{domain}",
            self.lower,
            lambda: short + hexadecimal(rng, 4, True),
            lambda: "%s-%s-%d" % (stem, rng.choice(("a", "b", "east", "west")),
                                  rng.randrange(9)),
            lambda: f"{letter}{rng.randrange(1000):03d}",
        ))

    def path_law(self, windows=False):
        """A function that names files as one program would."""
        rng = self.rng
        if windows:
            base = rng.choice(("C:", "C:", "D:", "\\Device\\HarddiskVolume%d"
                               % rng.randrange(1, 5)))
            base += "".join("\\" + rng.choice(WINDOWS_FOLDERS)
                            for _ in range(rng.choice((1, 2, 3))))
            slash = "\\"
            extension = rng.choice(("exe", "dll", "sys", "log", "txt", "ps1"))
        else:
            base = "".join("/" + rng.choice(FOLDERS)
                           for _ in range(rng.choice((1, 1, 2, 3))))
            slash = "/"
            extension = rng.choice(EXTENSIONS) if rng.random() < 0.7 else ""
        names = [self.snake() for _ in range(rng.choice((1, 2, 4)))]

        def path():
            out = base + slash + rng.choice(names)
            for _ in range(rng.choice((0, 0, 1, 1, 2))):
                out += slash + (self.snake() if rng.random() < 0.7 else
                                digits(rng, rng.choice((1, 2, 4, 8))))
            return f"{out}.{extension}" if extension else out
        return path
