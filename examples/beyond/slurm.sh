#!/bin/sh
# SPDX-License-Identifier: MIT
# A Slurm array job: task N digests the N-th file of a list.
#   sbatch --array=1-"$(wc -l <list)" slurm.sh list
#SBATCH --job-name=headwater
#SBATCH --cpus-per-task=1
#SBATCH --mem=512M
#SBATCH --signal=B:TERM@60
set -eu
file=$(sed -n "${SLURM_ARRAY_TASK_ID}p" "$1")
out=$file.digest.jsonl
[ ! -e "$out" ] || exit 0
headwater --json --every 2000l --on-lag=collapse \
	-t "${SLURM_CPUS_PER_TASK:-1}" "$file" \
	>"$out.part"
mv "$out.part" "$out"
