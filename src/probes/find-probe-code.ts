import type { ProbeCode } from '../model/probe.ts'

/**
 * The code of a probe among the exports of the module that defines it: what `defineProbe` returned, under any export name.
 * @param version - undefined takes any version
 */
export function findProbeCode(moduleExports: object, name: string, version?: string): ProbeCode<unknown, unknown> | undefined {
  return Object.values(moduleExports)
    .map(codeOf)
    .find((code) => code?.name === name && (version === undefined || code.version === version))
}

function codeOf(exported: unknown): ProbeCode<unknown, unknown> | undefined {
  if (typeof exported !== 'function' || !('code' in exported)) return undefined
  const { code } = exported as { code: unknown }
  return typeof code === 'object' && code !== null && 'run' in code ? (code as ProbeCode<unknown, unknown>) : undefined
}
