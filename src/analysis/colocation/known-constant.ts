/** The hash of nothing; programs cut hashes. */
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** Namespaces that exist since the boot: numbers fixed in the kernel's source (0xEFFFFFF8 on), and the first that it counts. */
const FIRST_INITIAL = 0xeffffff8
const LAST_INITIAL = 0xf0000100

const ofInitialNamespace = (value: string): boolean => {
  const inode = Number(/\[(\d+)\]$/.exec(value)?.[1])
  return inode >= FIRST_INITIAL && inode <= LAST_INITIAL
}

/** Of so many random digits at the end of a value, a number that somebody made up has few different ones. */
const RANDOM_DIGITS = 24
const FEWEST_DIFFERENT = 6
const HEXADECIMAL = /^[0-9a-f-]+$/
function isMadeUp(value: string): boolean {
  if (value.length < RANDOM_DIGITS) return false
  const end = value.slice(-RANDOM_DIGITS)
  if (!HEXADECIMAL.test(end)) return false
  let different = ''
  for (const digit of end) if (digit !== '-' && !different.includes(digit)) different += digit
  return different.length < FEWEST_DIFFERENT
}

/** 02:42 is computed by Docker from a private address, 52:54:00:12:34:56 is QEMU's default; images count up from zeros. */
const isMadeUpMac = (mac: string): boolean => mac.startsWith('02:42:') || mac === '52:54:00:12:34:56' || mac.split(':00').length > 3

/** Of six letters or digits and more, all the same. */
const isFiller = (value: string): boolean => /^(.)\1{5,}$/.test(value)

const CONSTANTS: Readonly<Record<string, (value: string) => boolean>> = {
  'aws-sandbox-root': isFiller,
  'aws-sandbox-root-service': isFiller,
  'aws-cgroup-sandbox': (ids) => ids.split('/').some(isFiller),
  'azure-computer-name': (name) => isFiller(name.slice(2)),
  'mount-namespace': ofInitialNamespace,
  'network-namespace': ofInitialNamespace,
  'mac-address': (mac) => isMadeUpMac(mac) || mac === 'ff:ff:ff:ff:ff:ff',
  'egress-address': (address) => /^(?:127\.|0\.0\.0\.0$|::1?$|169\.254\.|fe80:)/.test(address),
  'guest-address': (addresses) => /^(?:169\.254\.\d+\.\d+|127\.0\.0\.1|192\.168\.1\.1)(?: |$)/.test(addresses),
  // What tools call the nodes of every cluster that they make: nobody's own boot id may be there to prove the clusters apart.
  'kubernetes-node': (name) =>
    /^(?:minikube(?:-m\d+)?|microk8s(?:-vm)?|colima|docker-desktop|(?:lima-)?rancher-desktop|(?:k3d|kind)-.+-?\d*|localhost)$/.test(name),
  'host-name': (name) => /^(?:ccvm1|vm|localhost)$/.test(name),
  'azure-role-instance': (number) => number === '0',
}

/** Whether a value is known to be the same in places that have nothing to do with each other. */
export function isKnownConstant(key: string, value: string): boolean {
  return (value.length >= RANDOM_DIGITS && EMPTY_SHA256.startsWith(value)) || isMadeUp(value) || (CONSTANTS[key]?.(value) ?? false)
}
