#!/usr/bin/env bash
# Starts the system of real parts: redis-server as the cache, three instances of the application, nginx as the gateway.
# Runs until Ctrl-C; then it ends what it started, and nothing else.
#
# Ports: GATEWAY_PORT (8080), REDIS_PORT (6379), APP1_PORT (8001), APP2_PORT (8002), APP3_PORT (8003).
# BRUNT says which program the instances are (brunt). Needs nginx and redis-server, e.g. of the Debian packages.
set -euo pipefail
cd "$(dirname "$0")"

brunt=${BRUNT:-brunt}
gateway=${GATEWAY_PORT:-8080}
redis=${REDIS_PORT:-6379}
apps=("${APP1_PORT:-8001}" "${APP2_PORT:-8002}" "${APP3_PORT:-8003}")
# Debian keeps nginx out of the path of those who are not root.
PATH=$PATH:/usr/sbin

for program in nginx redis-server "$brunt"; do
    command -v "$program" >/dev/null || {
        echo "$program is not there; install it, e.g. by: apt-get install nginx redis-server" >&2
        exit 3
    }
done

folder=$(mktemp -d)
chmod 755 "$folder"   # nginx started by root serves as nobody, and keeps large bodies here
started=()
stop() {
    trap - EXIT INT TERM
    [ "${#started[@]}" -eq 0 ] || kill "${started[@]}" 2>/dev/null || true
    wait || true
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 0' INT TERM

# answers PORT: whether something takes connections there
answers() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# wait_for PORT PID NAME: until it takes connections; an error if it ends before, or takes longer than 10 s
wait_for() {
    for _ in $(seq 100); do
        kill -0 "$2" 2>/dev/null || break
        if answers "$1"; then return 0; fi
        sleep 0.1
    done
    echo "$3 did not start on port $1:" >&2
    cat "$folder/$3.log" >&2
    exit 1
}

for port in "$gateway" "$redis" "${apps[@]}"; do
    if answers "$port"; then
        echo "port $port is taken; say another, e.g. GATEWAY_PORT=8081" >&2
        exit 1
    fi
done

redis-server --bind 127.0.0.1 --port "$redis" --save '' --appendonly no --dir "$folder" >"$folder/redis.log" 2>&1 &
started+=("$!")
wait_for "$redis" "$!" redis

for app in 1 2 3; do
    port=${apps[$((app - 1))]}
    "$brunt" target users --app "$app" --redis "redis://127.0.0.1:$redis" --port "$port" >"$folder/app$app.log" 2>&1 &
    started+=("$!")
    wait_for "$port" "$!" "app$app"
done

sed -e "s|@FOLDER@|$folder|g" -e "s|@GATEWAY_PORT@|$gateway|g" -e "s|@APP1_PORT@|${apps[0]}|g" \
    -e "s|@APP2_PORT@|${apps[1]}|g" -e "s|@APP3_PORT@|${apps[2]}|g" nginx.conf >"$folder/nginx.conf"
nginx -p "$folder" -e "$folder/error.log" -c "$folder/nginx.conf" -g 'daemon off;' >"$folder/nginx.log" 2>&1 &
started+=("$!")
wait_for "$gateway" "$!" nginx

echo "users is at http://127.0.0.1:$gateway"
wait -n || true
echo "one of the processes has ended:" >&2
cat "$folder"/*.log >&2
exit 1
