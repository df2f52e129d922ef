/**
 * Whether two values are equal in depth, as `isDeepStrictEqual` of `node:util` says, which is loaded on first use: netfair itself must be
 * imported quickly.
 */
export function isDeepEqual(a: unknown, b: unknown): boolean {
  return process.getBuiltinModule('node:util').isDeepStrictEqual(a, b)
}
