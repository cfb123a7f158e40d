# SPDX-License-Identifier: MIT
"""The group of each line of a log by Drain3, as its own example is set up.

    drain3_groups.py CHECKOUT FILE
"""
import os
import sys
import time

sys.path.insert(0, sys.argv[1])
from drain3 import TemplateMiner  # noqa: E402
from drain3.template_miner_config import TemplateMinerConfig  # noqa: E402

config = TemplateMinerConfig()
config.load(os.path.join(sys.argv[1], "examples", "drain3.ini"))
config.profiling_enabled = False
miner = TemplateMiner(config=config)
lines, start = 0, time.process_time()
with open(sys.argv[2], encoding="utf-8", errors="replace",
          newline="\n") as log:
    for line in log:
        print(miner.add_log_message(line.rstrip("\r\n"))["cluster_id"])
        lines += 1
seconds = time.process_time() - start
print(f"Drain3: {lines / seconds:.0f} lines a second of processor time, "
      f"{len(miner.drain.clusters)} groups", file=sys.stderr)
if len(sys.argv) > 3:
    for cluster in miner.drain.clusters:
        print(cluster.cluster_id, cluster.get_template(), sep="\t",
              file=sys.stderr)
