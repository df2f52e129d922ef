import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadJournal } from '../../src/journal/reader.ts'
import { latency } from '../../src/probes/latency/latency.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { renderColocation } from '../../src/report/colocation.ts'
import { reportJson } from '../../src/report/json.ts'
import { analyze } from '../../src/run/analyze.ts'
import { defineExperiment } from '../../src/run/experiment.ts'
import { run } from '../../src/run/run.ts'
import { type StartedTarget, startTarget } from '../../src/server/target.ts'
import * as aws from '../providers/aws/lab.ts'
import * as azure from '../providers/azure/bed.ts'
import * as gcp from '../providers/gcp/lab.ts'
import { type PlantedHost, plantedHost } from './planted-host.ts'

// The agents as deployed collect facts where secrets lie about. None of them may show: in journal, report, error, log.

interface Bed extends AsyncDisposable {
  readonly secrets: readonly string[]
}

const clouds: Readonly<Record<string, (host: PlantedHost) => Promise<readonly [Bed, Provider, metadata: object]>>> = {
  aws: async (host) => {
    const bed = await aws.useAwsBed({ host })
    return [bed, aws.onBed(bed), { 'metadata/execution-environment': '{"AvailabilityZoneID":"euc1-az2","echo":"[secret]"}' }]
  },
  gcp: async (host) => {
    const bed = await gcp.useGcpBed({ host })
    return [bed, gcp.onBed(bed), { 'metadata/computeMetadata/v1/instance/id': '00bf4bf02d[secret]' }]
  },
  azure: async (host) => {
    const bed = await azure.useAzureBed({ host })
    return [bed, azure.onBed(bed), {}]
  },
}

let started: StartedTarget
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netfair-planted-'))
  started = await startTarget({ port: 0, httpPort: 0, processes: 1 })
})
afterAll(async () => {
  await started.dispose()
  rmSync(folder, { recursive: true })
})

test.each(Object.keys(clouds))('%s: facts are collected, and nothing of what is planted shows', async (cloud) => {
  const host = await plantedHost()
  const [bed, provider, metadata] = (await clouds[cloud]?.(host)) ?? []
  if (bed === undefined || provider === undefined) throw new Error('no bed')
  await using _ = bed
  const path = join(folder, `${cloud}.ndjson`)
  const events: unknown[] = []
  const experiment = defineExperiment({
    provider,
    probe: latency({ seconds: 0.3 }),
    memoryMb: [512],
    concurrency: [2],
    repetitions: 1,
    target: started.target,
  })
  await run(experiment, { journal: path, onProgress: (event) => events.push(event) })
  const { samples } = await loadJournal(path)
  for (const sample of samples) {
    expect(sample, JSON.stringify(sample)).toMatchObject({ outcome: 'completed', facts: metadata })
    expect(sample.facts?.['proc/self/cgroup']).toContain('/slice-[secret]')
    expect(sample.facts?.['env/HOSTNAME']).toBe('box-[secret]')
  }
  // On Azure nobody is asked but by what the environment names.
  expect(host.metadata.requests.length).toBe(cloud === 'gcp' ? 4 : 2)
  const report = await analyze(path)
  const said = [readFileSync(path, 'utf8'), reportJson(report), renderColocation(report.colocation), JSON.stringify(events)]
  for (const secret of [...host.planted, ...bed.secrets]) for (const text of said) expect(text.includes(secret)).toBe(false)
})
