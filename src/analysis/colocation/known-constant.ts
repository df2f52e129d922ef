/** The hash of nothing. */
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** Namespaces that exist since the boot: numbers fixed in the kernel's source (0xEFFFFFF8 on), and the first that it counts. */
const FIRST_INITIAL = 0xeffffff8
const LAST_INITIAL = 0xf0000100

const ofInitialNamespace = (value: string): boolean => {
  const inode = Number(/\[(\d+)\]$/.exec(value)?.[1])
  return inode >= FIRST_INITIAL && inode <= LAST_INITIAL
}

/** Random digits, of which a made-up number has few different ones. */
const FEWEST_DIGITS = 6
function isMadeUp(value: string): boolean {
  if (value.length < 24) return false
  const digits = /[0-9a-f-]{24,}$/.exec(value)?.[0].replaceAll('-', '')
  return digits !== undefined && digits.length >= 24 && new Set(digits).size < FEWEST_DIGITS
}

/** 02:42 is computed by Docker from a private address, 52:54:00:12:34:56 is QEMU's default; images count up from zeros. */
const isMadeUpMac = (mac: string): boolean => mac.startsWith('02:42:') || mac === '52:54:00:12:34:56' || mac.split(':00').length > 3

const CONSTANTS: Readonly<Record<string, (value: string) => boolean>> = {
  'mount-namespace': ofInitialNamespace,
  'network-namespace': ofInitialNamespace,
  'mac-address': (mac) => isMadeUpMac(mac) || mac === 'ff:ff:ff:ff:ff:ff',
  'egress-address': (address) => /^(?:127\.|0\.0\.0\.0$|::1?$|169\.254\.|fe80:)/.test(address),
  'guest-address': (addresses) => /^(?:169\.254\.\d+\.\d+|127\.0\.0\.1|192\.168\.1\.1)(?: |$)/.test(addresses),
  'host-name': (name) => /^(?:ccvm1|vm|localhost)$/.test(name),
  'azure-role-instance': (number) => number === '0',
}

/** Whether a value is known to be the same in places that have nothing to do with each other. */
export function isKnownConstant(key: string, value: string): boolean {
  return value === EMPTY_SHA256 || isMadeUp(value) || (CONSTANTS[key]?.(value) ?? false)
}
