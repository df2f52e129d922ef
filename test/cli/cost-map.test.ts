import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { journalText } from '../../src/testing/index.ts'
import { workJournal } from '../analysis/cost-map/work-journal.ts'
import { netfair } from './netfair.ts'

let folder: string
let journal: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netfair-cost-map-'))
  journal = join(folder, 'journal.ndjson')
  const records = workJournal({
    memoryMb: [128, 512],
    concurrency: [1, 2, 4],
    rounds: 3,
    work: { mode: 'pull', chunks: 8, chunkBytes: 1e6 },
    rate: (memoryMb, together) => Math.min(memoryMb * 0.4e6, 200e6 / together),
  })
  writeFileSync(journal, journalText(records))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('without a price the map has times only, and says how to get one', async () => {
  const { code, stdout, stderr } = await netfair('analyze', journal)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/Cost map[\s\S]*response s[\s\S]*--price-as aws:us-east-1/)
})

test('every flag reaches the map', async () => {
  const flags = '--price-as gcp:us-central1:gen1 --strategy balanced --weight 0.25 --deadline 2s --budget-usd 0.01'
  const predict = '--predict-memory 256 --predict-concurrency 2,3 --map-direction download'
  const { code, stdout } = await netfair('analyze', journal, '--json', ...`${flags} ${predict}`.split(' '))
  expect(code).toBe(0)
  const { costMap } = JSON.parse(stdout)
  expect(costMap).toMatchObject({
    direction: 'download',
    prices: { provider: 'gcp', plan: 'gen1', region: 'us-central1', asIf: true },
    strategy: { name: 'balanced', weight: 0.25, deadlineMs: 2000, budgetUsd: 0.01 },
    predictions: [
      { memoryMb: 256, concurrency: 2 },
      { memoryMb: 256, concurrency: 3 },
    ],
  })
  expect(costMap.cheapest.responseMs).toBeLessThanOrEqual(2000)
})

test.each([
  ['--price-as', 'aws:mars-1', 'mars-1'],
  ['--weight', 'much', 'a number'],
  ['--deadline', 'soon', '20s'],
])('%s %s is refused', async (flag, value, told) => {
  expect(await netfair('analyze', journal, flag, value)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(told) })
})
