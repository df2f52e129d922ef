import { setTimeout as sleep } from 'node:timers/promises'
import type { Contract } from './contract-setting.ts'
import { demand } from './violation.ts'

/** What is on the platform now and was not there before. */
export async function addedSince(before: readonly string[], { setting }: Contract): Promise<readonly string[]> {
  const now = await setting.remains()
  return now.filter((name) => !before.includes(name))
}

/** Nothing new is there, at the latest when the platform has settled. */
export async function nothingAddedSince(before: readonly string[], after: string, contract: Contract): Promise<void> {
  const deadline = performance.now() + contract.setting.settleMs
  for (;;) {
    const added = await addedSince(before, contract)
    if (added.length === 0) return
    demand(performance.now() < deadline, `${after} nothing may be left, and there is: ${added.join(', ')}`)
    await sleep(50)
  }
}
