const SECRET_NAME = /TOKEN|SECRET|PASSW|CREDENTIAL|KEY|CONNECTION_?STRING/i
/** Shorter values are words that may stand anywhere. */
const SHORTEST = 12

/** Values of variables whose names speak of secrets, the longest first: one may hold another. */
export function environmentSecrets(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment)
    .flatMap(([name, value = '']) => (value.length >= SHORTEST && SECRET_NAME.test(name) ? [value] : []))
    .sort((a, b) => b.length - a.length)
}
