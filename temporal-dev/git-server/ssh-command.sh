# The only command of our SSH users: fetch from and push to a repository below the folder given as the first argument.
set -eu
root=$1
request=${SSH_ORIGINAL_COMMAND:-}
case "$request" in
  "git-upload-pack '"*"'" | "git upload-pack '"*"'") service=upload-pack ;;
  "git-receive-pack '"*"'" | "git receive-pack '"*"'") service=receive-pack ;;
  *) echo "Only git fetch and git push are served here." >&2; exit 128 ;;
esac
path=${request#*\'}
path=${path%\'}
path=${path#/}
case "$path" in
  '' | *..* | *\'*) echo "ERROR: Repository not found." >&2; exit 128 ;;
esac
if [ -f "$root/$path.fault" ]; then
  cat "$root/$path.fault" >&2
  exit 128
fi
if [ ! -d "$root/$path" ]; then
  echo "ERROR: Repository not found." >&2
  exit 128
fi
exec git "$service" "$root/$path"
