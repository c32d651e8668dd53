#!/bin/sh
# Runs the load tests: ./scripts/run_load_tests.sh light|medium|heavy|spike|all|custom [more flags of `brunt run`]
set -eu
cd "$(dirname "$0")/.."
profile="${1:-light}"
[ $# -gt 0 ] && shift
case "$profile" in
  light | medium | heavy | spike | all)
    exec brunt run tests/load/plan.yaml --profile "$profile" --results "$@" ;;
  custom)
    exec brunt run tests/load/plan.yaml --profile light --interactive --results "$@" ;;
  *)
    echo "usage: $0 light|medium|heavy|spike|all|custom [flags]" >&2
    exit 2 ;;
esac
