# serve.sh - what the tests of pages share: `serve FOLDER` serves a folder at $url, on a free port of 127.0.0.1, until the
# script ends. server.log has what the server says.
serve() {
  python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$1" > server.log 2>&1 &
  server=$!
  trap 'kill $server' EXIT
  local tries
  for tries in {1..50}; do
    url=$(sed -n 's/.*(\(http:[^)]*\)).*/\1/p' server.log)
    if [ -n "$url" ]; then return; fi
    sleep 0.2
  done
  cat server.log >&2
  return 1
}
