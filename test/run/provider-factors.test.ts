import { describe, expect, test } from 'vitest'
import { InputError } from '../../src/model/errors.ts'
import { httpDownload } from '../../src/probes/http-download/http-download.ts'
import { iperf3 } from '../../src/probes/iperf3/iperf3.ts'
import type { DeployRequest } from '../../src/providers/provider.ts'
import { defineExperiment, type ExperimentOptions } from '../../src/run/experiment.ts'
import { plan } from '../../src/run/plan.ts'
import { run } from '../../src/run/run.ts'
import { setUp } from '../../src/run/setup.ts'
import { undeployable } from './fake-provider.ts'

const { targetPlace: _, ...remote } = undeployable({ name: 'aws', factors: { path: ['public', 'vpc'], cpu: ['x86_64', 'arm64'] } })
const target = { iperf3: 'target.example:5201', http: 'https://target.example' }

const experimentOf = (options: Partial<ExperimentOptions> = {}) =>
  defineExperiment({ provider: remote, probe: iperf3({ seconds: 1 }), memoryMb: [512, 2048], concurrency: [1, 4], target, ...options })

/** What is asked of `deploy`, with what a run of this experiment deploys. */
async function deployed(options: Partial<ExperimentOptions>): Promise<readonly DeployRequest[]> {
  const requests: DeployRequest[] = []
  const provider = {
    ...remote,
    deploy: async (request: DeployRequest) => {
      requests.push(request)
      return { memoryMb: request.memoryMb, invoke: () => Promise.reject(new Error('unused')), [Symbol.asyncDispose]: async () => {} }
    },
  }
  const setup = await setUp(experimentOf({ ...options, provider }), { runId: 'run', endsBeforeMs: 1000 })
  await setup.dispose()
  return requests
}

test('each memory size at each level is one deployment, whatever the probe varies', async () => {
  const requests = await deployed({ factors: { path: ['public', 'vpc'], parallel: [1, 8] } })
  expect(requests.map(({ memoryMb, factors }) => [memoryMb, factors?.['path']])).toEqual([
    [512, 'public'],
    [512, 'vpc'],
    [2048, 'public'],
    [2048, 'vpc'],
  ])
  for (const request of requests)
    expect(request).toMatchObject({ concurrency: 4, endsBeforeMs: 1000, factors: { path: expect.anything() } })
})

test('two of them are combined; without any, sizes alone are deployed', async () => {
  expect(await deployed({ factors: { path: ['public', 'vpc'], cpu: ['x86_64', 'arm64'] } })).toHaveLength(8)
  expect((await deployed({})).map(({ factors }) => factors)).toEqual([{}, {}])
})

test('cells differ in them, and the probe does not know them', () => {
  const { cells } = plan(experimentOf({ factors: { path: ['public', 'vpc'], parallel: [1, 8] } }))
  expect(cells).toHaveLength(2 * 2 * 2 * 2)
  expect(cells.find(({ factors }) => factors['path'] === 'vpc' && factors['parallel'] === 8)?.probe.params).toMatchObject({ parallel: 8 })
  expect(cells[0]?.probe.params).not.toHaveProperty('path')
})

test('new instances are quoted for each deployment', () => {
  const billed = { ...remote, billedAs: { name: 'aws', region: 'us-east-1' } }
  const usd = (factors: Record<string, string[]>) =>
    plan(experimentOf({ provider: billed, factors, memoryMb: [512], concurrency: [4], repetitions: 1 })).quote?.usd ?? 0
  expect(usd({ path: ['public', 'vpc'] })).toBeCloseTo(2 * usd({ path: ['vpc'] }), 12)
})

describe('bad input', () => {
  const refusal = (factors: Record<string, (string | number)[]>): InputError => {
    try {
      experimentOf({ factors })
    } catch (error) {
      if (error instanceof InputError) return error
      throw error
    }
    throw new Error('it was accepted')
  }

  test('a level that is not on offer names those that are', () => {
    const error = refusal({ path: ['public', 'vcp'] })
    expect(error).toMatchObject({ code: 'INVALID_OPTION', hint: 'It offers "public", "vpc".' })
    expect(error.message).toBe('experiment: the factor "path" has no level "vcp" on aws.')
    expect(refusal({ path: [1] }).message).toContain('no level 1 on aws')
  })

  test('a factor that neither knows names the parameters and the factors', () => {
    expect(refusal({ paht: ['vpc'] })).toMatchObject({
      code: 'UNKNOWN_OPTION',
      message: expect.stringContaining('"paht"'),
      hint: expect.stringMatching(/Known keys: .*parallel.*Factors that aws sets: path, cpu\./),
    })
    expect(() => experimentOf({ provider: { ...remote, factors: {} }, factors: { path: ['vpc'] } })).toThrow(/unknown key "path"/)
  })

  test('a level of a parameter is checked by the probe', () => {
    expect(refusal({ parallel: [0] }).message).toMatch(/"parallel" must be >= 1/)
  })
})

test('what a probe reaches besides the targets is allowed at every level', async () => {
  const [request] = await deployed({
    probe: httpDownload({ url: 'https://one.example/object', seconds: 1 }),
    factors: { path: ['vpc'], url: ['https://two.example/object'] },
  })
  expect(request?.agent.allowedTargets).toEqual(expect.arrayContaining(['https://one.example', 'https://two.example']))
})

test('a run says what it deploys', async () => {
  const said: unknown[] = []
  const failing = run(experimentOf({ memoryMb: [512], factors: { path: ['vpc'] } }), {
    onProgress: (event) => event.kind === 'deploying' && said.push(event),
  })
  await expect(failing).rejects.toThrow('nothing may be deployed here')
  expect(said).toEqual([{ kind: 'deploying', memoryMb: 512, concurrency: 4, factors: { path: 'vpc' } }])
})
