#!/usr/bin/env bash
# Runs a test of the users suite and keeps its files in load_test_reports/.
#
#   ./load_test.sh basic|stress|cache|spike|all|interactive [further flags of `brunt run`]
#
# HOST says where the gateway is (http://localhost:8080), BRUNT which program runs (brunt).
set -euo pipefail
cd "$(dirname "$0")"

usage() {
    sed -n '4p' "$0" | sed 's/^# *//' >&2
    exit 2
}

[ "$#" -ge 1 ] || usage
mode=$1
shift
run=("${BRUNT:-brunt}" run plan.yaml --host "${HOST:-http://localhost:8080}" --results=load_test_reports)
case "$mode" in
basic | stress | cache | spike | all) exec "${run[@]}" --profile "$mode" "$@" ;;
interactive) exec "${run[@]}" --interactive "$@" ;;
*) usage ;;
esac
