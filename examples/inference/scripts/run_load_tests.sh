#!/usr/bin/env bash
# Runs a scenario of the inference suite and keeps its files in results/load_tests/.
#
#   scripts/run_load_tests.sh light|medium|heavy|spike|health|models|all|custom [further flags of `brunt run`]
#
# API_HOST says where the server is (http://localhost:8000), BRUNT which program runs (brunt).
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    sed -n '4p' "$0" | sed 's/^# *//' >&2
    exit 2
}

[ "$#" -ge 1 ] || usage
scenario=$1
shift
run=("${BRUNT:-brunt}" run plan.yaml --target "${API_HOST:-http://localhost:8000}" --results=results/load_tests)
case "$scenario" in
health | models | light | medium | heavy | spike | all) exec "${run[@]}" --profile "$scenario" "$@" ;;
custom) exec "${run[@]}" --interactive "$@" ;;
*) usage ;;
esac
