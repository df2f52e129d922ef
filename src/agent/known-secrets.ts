const SECRET_NAME = /TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|SIGNATURE|KEY|CONNECTION_?STRING/i
/** A connection string, a signed URL, a URL with a password, a key file: whatever the variable is called. */
const SECRET_VALUE = /(?:Account|SharedAccess)(?:Key|Signature)=|[?&]sig=|:\/\/[^/\s:@]*:[^/\s@]+@|-----BEGIN /
/** Shorter values are words that may stand anywhere. */
const SHORTEST = 12

/** Whether what has this name is one, as far as names tell. */
export const namesSecret = (name: string): boolean => SECRET_NAME.test(name)

/**
 * What no fact may hold, the longest first, since one may hold another: values of variables that speak of secrets, and others that are known.
 */
export function knownSecrets(
  environment: Readonly<Record<string, string | undefined>>,
  others: readonly (string | undefined)[] = [],
): readonly string[] {
  const own = Object.entries(environment).map(([name, value = '']) => (namesSecret(name) || SECRET_VALUE.test(value) ? value : ''))
  const all = [...own, ...others].filter((value) => value !== undefined && value.length >= SHORTEST)
  return [...new Set(all as readonly string[])].sort((a, b) => b.length - a.length)
}
