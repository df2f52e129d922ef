import type { Measurement, ProbeCode, ProbeContext } from '../../model/probe.ts'

/**
 * How the agent behaves under a contract task. `answer`: it measures. `fail`: the probe throws. `die`: the whole agent ends. `hang`: the
 * probe never ends. `block`: the agent's thread stands still, past every deadline. What is thrown or printed has the target's token in it.
 */
export type Act = 'answer' | 'fail' | 'die' | 'hang' | 'block'

/** Longer than any deadline and time limit of the contract. */
const STILL_MS = 60_000

export const contractProbe: { readonly code: ProbeCode<{ readonly act: Act }> & { readonly module: string } } = Object.assign(
  () => contractProbe.code,
  { code: { name: 'provider-contract', version: '1.0.0', module: import.meta.url, run } },
)

async function run({ params: { act }, capabilities, target }: ProbeContext<{ readonly act: Act }>): Promise<readonly Measurement[]> {
  const last = `the contract asked for this, with token ${target.token}`
  if (act === 'fail') throw new Error(last)
  if (act === 'die') await die(last)
  if (act === 'hang') await new Promise(() => undefined)
  if (act === 'block') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STILL_MS)
  const now = capabilities.now()
  return [{ direction: 'download', bytes: 0, startedAtMs: now, endedAtMs: now + 1 }]
}

function die(last: string): Promise<never> {
  return new Promise(() => process.stderr.write(`${last}\n`, () => process.exit(1)))
}
