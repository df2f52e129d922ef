import type { Measurement } from '../../src/model/probe.ts'
import { commonMs } from '../../src/model/units.ts'
import { defineProbe, type ProbeFactory } from '../../src/probes/define-probe.ts'

interface Params {
  readonly mode: 'measure' | 'never' | 'environment' | 'stray'
}

/** A probe as a user writes one, with the ways in which it may go wrong. */
export const own: ProbeFactory<Params, undefined> = defineProbe<Params>({
  name: 'own',
  version: '1.0.0',
  params: { mode: { enum: ['measure', 'never', 'environment', 'stray'] } },
  module: import.meta.url,
  async run({ params, capabilities }): Promise<Measurement[]> {
    console.log('printed by the probe')
    if (params.mode === 'stray') setImmediate(() => Promise.reject(new Error('stray error of the probe')))
    if (params.mode === 'never' || params.mode === 'stray') await new Promise(() => {})
    const startedAtMs = capabilities.now()
    await capabilities.until(commonMs(startedAtMs + 20))
    const values = params.mode === 'environment' ? { configured: process.env['NETFAIR_AGENT'] === undefined ? 0 : 1 } : { answer: 42 }
    return [{ direction: 'download', startedAtMs, endedAtMs: capabilities.now(), values }]
  },
})
