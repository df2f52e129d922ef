import type { Probe } from '../../src/model/probe.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import type { Provider } from '../../src/providers/provider.ts'

/** A provider that can be named in an experiment and nothing more: for what happens before anything is deployed. */
export function undeployable(overrides: Partial<Provider> = {}): Provider {
  const refuse = () => Promise.reject(new Error('nothing may be deployed here'))
  return {
    name: 'undeployable',
    options: {},
    supports: () => false,
    check: () => Promise.resolve({ name: 'undeployable', environment: {} }),
    deploy: refuse,
    targetPlace: { start: refuse },
    cleanup: () => Promise.resolve([]),
    ...overrides,
  }
}

export const someProbe: Probe = iperf3()
