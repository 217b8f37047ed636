#!/usr/bin/env bash
# stop.sh DIR: end the jobs and the daemons that start.sh DIR started, and take back its links.
DIR=$(realpath -m "${1:?folder}")

[ "$(readlink /etc/slurm/slurm.conf)" = "$DIR/etc/slurm.conf" ] || exit 0
timeout 10 scancel --user root 2> /dev/null
for _ in $(seq 30); do
  [ -z "$(timeout 5 squeue --noheader 2> /dev/null)" ] && break
  sleep 0.5
done
for file in "$DIR"/run/slurmd.*.pid "$DIR/run/slurmctld.pid" "$DIR/run/munged.pid"; do
  [ -s "$file" ] || continue
  pid=$(cat "$file") # the daemon removes the file before it is gone
  kill "$pid" 2> /dev/null
  for _ in $(seq 100); do kill -0 "$pid" 2> /dev/null || break; sleep 0.1; done
done
rm -f /etc/slurm/slurm.conf /etc/slurm/gres.conf /etc/slurm/cgroup.conf
