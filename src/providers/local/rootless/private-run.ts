/**
 * For a shell in a mount namespace of its own: makes `/run/netns` private and writable, where `ip netns` keeps its names. Where the host
 * has no such directory, `/run` is covered to make one; programs, sockets or temporary files may live there, so its entries are
 * brought along, from the working directory, which still is the covered `/run`.
 */
export const PRIVATE_RUN = `
if ! [ -d /run/netns ]; then
  cd /run
  mount -t tmpfs -o mode=755 none /run || exit 1
  for entry in * .[!.]*; do
    if [ -L "./$entry" ]; then cp -P "./$entry" "/run/$entry"
    elif [ -d "./$entry" ]; then mkdir -p "/run/$entry" && mount -c --rbind "./$entry" "/run/$entry"
    elif [ -e "./$entry" ]; then : > "/run/$entry" && mount -c --bind "./$entry" "/run/$entry"
    fi 2> /dev/null || :
  done
  mkdir /run/netns || exit 1
  cd /
fi
mount -t tmpfs none /run/netns || exit 1
`

/** Starts a program as root of a new user namespace, with a network and mounts of its own; the program and its arguments follow. */
export const UNSHARE: readonly string[] = ['unshare', '--user', '--map-root-user', '--net', '--mount']
