#!/bin/sh
# On the first host: sh two-hosts.sh 0 --run /shared/runs/a --config run.yaml; on the second the same with 1.
# A lost learner (exit code 75) is waited for; every other end is the end.
export CPPO_LEARNERS="${CPPO_LEARNERS:-alpha:2222,beta:2222}" CPPO_RANK="$1" && shift
until npx cppo train "$@"; do code=$?; [ "$code" -eq 75 ] || exit "$code"; sleep 5; done
