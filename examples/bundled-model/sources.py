# SPDX-License-Identifier: MIT
"""What only this file knows: which repositories the material comes from, what
each is, and what must never enter it (the systems held out for tests)."""

import re
from typing import NamedTuple


class Source(NamedTuple):
    """One repository.  `want` and `skip` are patterns of paths."""
    name: str       # OWNER/NAME
    kind: str       # what kind of system
    licence: str    # what its licence file is expected to say
    want: str = ""
    skip: str = ""


SOURCES = [Source(*row) for row in [
    # Kernels, drivers, embedded
    ("haiku/haiku", "kernel", "MIT", r"^src/(system|servers|apps|kits|"
     r"add-ons/kernel|preferences|bin/debug)/", r"/libroot/posix/(glibc|musl)"),
    ("apache/nuttx", "embedded", "Apache-2.0", r"\.(c|md|rst|log)$"),
    ("espressif/esp-idf", "embedded", "Apache-2.0"),
    ("SerenityOS/serenity", "kernel", "BSD-2-Clause",
     r"^(Kernel|Userland|Documentation)/"),
    ("google/gvisor", "kernel", "Apache-2.0"),
    ("firecracker-microvm/firecracker", "kernel", "Apache-2.0"),
    ("DPDK/dpdk", "kernel", "BSD-3-Clause", r"\.(c|md|rst|log)$"),
    ("spdk/spdk", "storage", "BSD-3-Clause", r"\.(c|md|rst|log)$"),
    # Windows, .NET
    ("PowerShell/PowerShell", "windows", "MIT"),
    ("microsoft/winget-cli", "windows", "MIT"),
    ("microsoft/WSL", "windows", "MIT"),
    ("microsoft/terminal", "windows", "MIT"),
    ("microsoft/azure-pipelines-agent", "windows", "MIT"),
    ("microsoft/garnet", "database", "MIT"),
    ("actions/runner", "windows", "MIT"),
    ("dotnet/orleans", "windows", "MIT"),
    ("Azure/azure-functions-host", "cloud", "MIT"),
    ("OTRF/Security-Datasets", "windows", "MIT"),
    # Cloud
    ("Azure/WALinuxAgent", "cloud", "Apache-2.0"),
    ("aws/amazon-ssm-agent", "cloud", "Apache-2.0"),
    ("aws/amazon-ecs-agent", "cloud", "Apache-2.0"),
    ("localstack/localstack", "cloud", "Apache-2.0"),
    ("fluent/fluent-bit", "cloud", "Apache-2.0", "", r"^lib/"),
    ("prometheus/prometheus", "cloud", "Apache-2.0"),
    ("DataDog/stratus-red-team", "cloud", "Apache-2.0"),
    ("matanolabs/matano", "cloud", "Apache-2.0"),
    ("google/timesketch", "cloud", "Apache-2.0"),
    ("tailscale/tailscale", "network", "BSD-3-Clause"),
    # Kubernetes
    ("kubernetes/autoscaler", "kubernetes", "Apache-2.0"),
    ("kubernetes/ingress-nginx", "kubernetes", "Apache-2.0"),
    ("kubernetes-sigs/cluster-api", "kubernetes", "Apache-2.0"),
    ("kubernetes-sigs/kueue", "kubernetes", "Apache-2.0"),
    ("argoproj/argo-cd", "kubernetes", "Apache-2.0"),
    ("argoproj/argo-workflows", "kubernetes", "Apache-2.0"),
    ("coredns/coredns", "kubernetes", "Apache-2.0"),
    ("cri-o/cri-o", "kubernetes", "Apache-2.0"),
    ("istio/istio", "kubernetes", "Apache-2.0"),
    ("rook/rook", "kubernetes", "Apache-2.0"),
    ("cilium/tetragon", "kubernetes", "Apache-2.0"),
    ("kubernetes/kops", "kubernetes", "Apache-2.0"),
    ("linkerd/linkerd2-proxy", "kubernetes", "Apache-2.0"),
    ("longhorn/longhorn-manager", "kubernetes", "Apache-2.0"),
    ("containerd/containerd", "kubernetes", "Apache-2.0"),
    ("moby/moby", "kubernetes", "Apache-2.0"),
    # Databases and queues
    ("etcd-io/etcd", "database", "Apache-2.0"),
    ("tikv/tikv", "database", "Apache-2.0"),
    ("influxdata/influxdb", "database", "Apache-2.0 or MIT"),
    ("valkey-io/valkey", "database", "BSD-3-Clause"),
    ("memcached/memcached", "database", "BSD-3-Clause"),
    ("apache/ignite-3", "database", "Apache-2.0"),
    ("qdrant/qdrant", "database", "Apache-2.0"),
    ("apache/couchdb", "database", "Apache-2.0"),
    ("apache/kafka", "queue", "Apache-2.0"),
    ("apache/activemq", "queue", "Apache-2.0"),
    ("nats-io/nats-server", "queue", "Apache-2.0"),
    ("apache/nifi", "dataflow", "Apache-2.0"),
    # Mail
    ("apache/james-project", "mail", "Apache-2.0"),
    ("OpenSMTPD/OpenSMTPD", "mail", "ISC"),
    ("rspamd/rspamd", "mail", "Apache-2.0"),
    ("haraka/Haraka", "mail", "MIT"),
    ("thunderbird/thunderbird-android", "mobile", "Apache-2.0"),
    # Web, names, accounts
    ("nginx/nginx", "web", "BSD-2-Clause"),
    ("apache/tomcat", "web", "Apache-2.0"),
    ("apache/trafficserver", "web", "Apache-2.0"),
    ("caddyserver/caddy", "web", "Apache-2.0"),
    ("traefik/traefik", "web", "MIT"),
    ("lighttpd/lighttpd1.4", "web", "BSD-3-Clause"),
    ("jenkinsci/jenkins", "web", "MIT"),
    ("NLnetLabs/unbound", "network", "BSD-3-Clause"),
    ("zeek/zeek", "network", "BSD-3-Clause"),
    ("jitsi/jitsi-videobridge", "network", "Apache-2.0"),
    ("lightningnetwork/lnd", "payments", "MIT"),
    ("ElementsProject/lightning", "payments", "MIT"),
    ("krb5/krb5", "accounts", "MIT"),
    ("sudo-project/sudo", "accounts", "ISC"),
    # Mobile
    ("androidx/media", "mobile", "Apache-2.0"),
    ("duckduckgo/Android", "mobile", "Apache-2.0"),
    ("firebase/firebase-ios-sdk", "mobile", "Apache-2.0"),
    ("home-assistant/android", "mobile", "Apache-2.0"),
    ("home-assistant/iOS", "mobile", "Apache-2.0"),
    # Home and games
    ("home-assistant/supervisor", "embedded", "Apache-2.0"),
    ("libsdl-org/SDL", "games", "Zlib"),
    # Log lines as people keep them for tests
    ("crowdsecurity/hub", "logs", "MIT"),
    ("tstack/lnav", "logs", "BSD-2-Clause"),
    ("log2timeline/plaso", "logs", "Apache-2.0", "",
     r"end_to_end|(?i:android|appfirewall|wifi|aslog|/mac|security\.log)"),
    ("pamburus/hl", "logs", "MIT"),
    ("rcoh/angle-grinder", "logs", "MIT"),
]]

# Held out by system: loghub's sixteen, the test systems, the development
# systems.  A word of a path or of a log line, not a piece of a word.
HELD_OUT = re.compile(
    r"(?i)(?<![a-z])(?:"
    r"hadoop|hdfs|yarn|mapreduce|spark|zookeeper|openstack|nova|neutron|"
    r"openssh|sshd?|httpd|apache2|logcat|proxifier|healthapp|loghub|bgl|"
    r"postgres\w*|pgsql|postfix|haproxy|mariadb\w*|mysqld?|bind9?|named|"
    r"squid|rabbitmq|amqp|openldap|slapd|exim\d?|dnsmasq|mosquitto|dovecot|"
    r"proftpd|samba|smb|smbd|nmbd|winbindd?)(?![a-z])")
# In a line of a log "bind", "named", "yarn" and "ssh" are also plain words:
# there only the programs count.
HELD_OUT_LINE = re.compile(
    r"(?i)(?<![a-z])(?:"
    r"hadoop|hdfs|zookeeper|openstack|openssh|sshd|apache2|proxifier|"
    r"postgres\w*|pgsql|postfix|haproxy|mariadbd?|mysqld?|bind9|"
    r"named(?=[\[:])|squid|rabbitmq|slapd|exim\d?|dnsmasq|mosquitto|dovecot|"
    r"proftpd|samba|smbd|nmbd|winbindd|nt_status_\w+)(?![a-z])")
# A log file's own name, where "apache" is httpd and not a Java package.
HELD_OUT_LOG = re.compile(r"(?i)apache[-_](?!guacamole)|_osx|osx[-_.]|"
                          r"loghub")
# Other people's code inside a repository, tests, and what a machine wrote.
NOT_OURS = re.compile(
    r"(?i)(^|/)(vendor|third[_-]?party|3rdparty|node_modules|external|extern|"
    r"deps|bundled|contrib/\w*lib\w*|licen[cs]es?|dist|testdata|"
    r"generated|__generated__)/|zz_generated|\.pb\.(go|cc|h)$|_pb2\.py$|"
    r"\.min\.js$|\.g\.cs$")
TESTS = re.compile(
    r"(_test\.(go|cc|cpp|py)|Tests?\.(java|kt|scala|cs|swift|py|m|mm)|"
    r"IT\.java|\.(test|spec)\.[jt]sx?)$|(^|/)(tests?|unittests?)/")


if __name__ == "__main__":
    # For the shell that makes the clones: an address and its folder a line.
    for source in SOURCES:
        print("https://github.com/" + source.name,
              source.name.replace("/", "+") + "/repo")
