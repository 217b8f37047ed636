#!/usr/bin/env bash
# start.sh DIR: a SLURM of two nodes with two fake GPUs each on this machine, without systemd and accounting.
# Root only. DIR takes everything but two links in /etc/slurm: jobs do not keep SLURM_CONF. stop.sh DIR ends it.
set -euo pipefail

DIR=$(realpath -m "${1:?folder}")
NODES=2
GPUS=2
HOST=$(hostname -s)
CPUS=$(env -u OMP_NUM_THREADS nproc) # nproc would count no more than OMP_NUM_THREADS
MEMORY_MIB=$(($(awk '/MemTotal/ {print int($2 / 1024)}' /proc/meminfo) * 8 / 10))

if [ "$(id -u)" -ne 0 ]; then
  echo "A SLURM of one's own needs root." >&2
  exit 3
fi
if [ -e /etc/slurm/slurm.conf ] || [ -L /etc/slurm/slurm.conf ]; then
  echo "/etc/slurm/slurm.conf exists: this machine belongs to a SLURM already." >&2
  exit 3
fi
install -d -m 755 "$DIR" "$DIR"/{etc,state,spool,log,run,munge} /etc/slurm
ln -s "$DIR/etc/slurm.conf" "$DIR/etc/gres.conf" "$DIR/etc/cgroup.conf" /etc/slurm/

(umask 077; head -c 128 /dev/urandom > "$DIR/munge/key")
munged --key-file="$DIR/munge/key" --socket="$DIR/munge/socket" --pid-file="$DIR/run/munged.pid" \
  --log-file="$DIR/log/munged.log" --seed-file="$DIR/munge/seed" --force

# A GPU is a device file to SLURM; any will do.
for ((i = 0; i < GPUS; i++)); do
  mknod -m 666 "$DIR/run/gpu$i" c 1 3 2> /dev/null || ln -s /dev/null "$DIR/run/gpu$i"
done
echo "Name=gpu File=$DIR/run/gpu[0-$((GPUS - 1))]" > "$DIR/etc/gres.conf"
echo "CgroupPlugin=cgroup/v1" > "$DIR/etc/cgroup.conf"
cat > "$DIR/etc/slurm.conf" << END
ClusterName=test
SlurmctldHost=$HOST(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$DIR/munge/socket
CredType=cred/munge
SlurmctldPort=16817
StateSaveLocation=$DIR/state
SlurmdSpoolDir=$DIR/spool/%n
SlurmctldPidFile=$DIR/run/slurmctld.pid
SlurmdPidFile=$DIR/run/slurmd.%n.pid
SlurmctldLogFile=$DIR/log/slurmctld.log
SlurmdLogFile=$DIR/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=0,batch_sched_delay=0
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$DIR/log/jobs.txt
MinJobAge=3600
ReturnToService=2
SlurmdTimeout=60
KillWait=10
OverTimeLimit=0
MpiDefault=none
GresTypes=gpu
SlurmdParameters=config_overrides
$(for ((i = 1; i <= NODES; i++)); do
  echo "NodeName=n$i NodeHostname=$HOST NodeAddr=127.0.0.1 Port=$((16820 + i)) CPUs=$CPUS" \
    "RealMemory=$((MEMORY_MIB / NODES)) Gres=gpu:$GPUS State=UNKNOWN"
done)
PartitionName=cpu Nodes=n[1-$NODES] Default=YES MaxTime=1-0 State=UP
PartitionName=gpu Nodes=n[1-$NODES] MaxTime=1-0 State=UP
END

slurmctld -c
for ((i = 1; i <= NODES; i++)); do slurmd -N "n$i"; done
for _ in $(seq 150); do
  [ "$(sinfo --noheader --states idle --partition cpu --format %D 2> /dev/null)" = "$NODES" ] && exit 0
  sleep 0.2
done
echo "The nodes do not come up; see $DIR/log." >&2
exit 1
