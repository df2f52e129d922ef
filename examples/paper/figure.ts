import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineExperiment, type ExperimentOptions, type Journal, NetfairError, prepareData, type RunEvent, run } from 'netfair'
import type { Checked } from './claim.ts'
import { type Setting, settingOf } from './setting.ts'

/** What a figure is made with. */
export interface Measuring extends Setting {
  /** Runs one experiment of the figure; its journal stays in the folder. */
  measure(name: string, options: Partial<ExperimentOptions> & Pick<ExperimentOptions, 'probe'>): Promise<Journal>
  /** Uploads the objects that functions will download, once. */
  prepare(chunkBytes: readonly number[], count: number): Promise<void>
}

/** Measures one figure of the paper, prints what the paper claims with it beside what came out here, and writes that to `claims.json`. */
export async function figure(number: number, check: (at: Measuring) => Promise<readonly Checked[]>): Promise<void> {
  try {
    const setting = await settingOf(process.argv.slice(2))
    const out = join(setting.out, `fig${number}`)
    try {
      // Before objects are uploaded for it.
      await setting.provider.check({ memoryMb: setting.memoryMb, concurrency: Math.max(...setting.concurrency) })
      await mkdir(out, { recursive: true })
      const claims = await check({ ...setting, measure: measureIn(out, setting), prepare: prepareIn(setting) })
      await writeFile(join(out, 'claims.json'), `${JSON.stringify(claims, undefined, 2)}\n`)
      console.log(`Figure ${number} on ${setting.provider.name}; \`npx netfair analyze ${out}/….ndjson\` says all of it.`)
      for (const claim of claims) console.log(`\n${inWords(claim)}`)
    } finally {
      await setting.close()
    }
  } catch (error) {
    if (!(error instanceof NetfairError || error instanceof TypeError)) throw error
    console.error(error instanceof NetfairError ? `${error.message} ${error.hint}` : error.message)
    process.exitCode = 2
  }
}

function measureIn(out: string, { provider, target, memoryMb, concurrency, repetitions }: Setting): Measuring['measure'] {
  return async (name, options) => {
    const usual = { provider, memoryMb, concurrency, repetitions, ...(target !== undefined && { target }) }
    const experiment = defineExperiment({ ...usual, ...options })
    return await run(experiment, { journal: join(out, `${name}.ndjson`), overwrite: true, onProgress: tell(name) })
  }
}

function prepareIn({ store }: Setting): Measuring['prepare'] {
  return async (chunkBytes, count) => {
    console.error(`${count} objects of ${chunkBytes.map((bytes) => bytes / 1e6).join(', ')} MB …`)
    await prepareData(store, { chunkBytes, count })
  }
}

function tell(name: string): (event: RunEvent) => void {
  return (event) => {
    if (event.kind === 'planned') console.error(`${name}: ${event.rounds} rounds, about ${Math.ceil(event.expectedMs / 1000)} s …`)
    if (event.kind === 'waiting') console.error(`${name}: another run measures on this host …`)
  }
}

/** `holds: claim`, then what the paper quotes and what was measured here. */
function inWords({ verdict, claim, quoted, here }: Checked): string {
  const numbers = Object.entries(quoted).map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`)
  const paper = numbers.length === 0 ? [] : [`  paper: ${numbers.join(', ')}`]
  return [`${verdict.toUpperCase()}: ${claim}`, ...paper, `  here:  ${here}`].join('\n')
}
