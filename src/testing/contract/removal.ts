import { MeasurementError, NetfairError } from '../../model/errors.ts'
import type { Contract, Rule } from './contract-setting.ts'
import { addedSince, nothingAddedSince } from './remains.ts'
import { completed, first, onStage } from './stage.ts'
import { demand, errorOf, inTime } from './violation.ts'

const HOUR_MS = 3_600_000

/** What holds when things end, well or not. */
export const removal: readonly Rule[] = [
  {
    name: 'an invocation after the disposal is refused',
    check: (contract) =>
      onStage(contract, async (stage) => {
        const deployment = await stage.deploy()
        await deployment[Symbol.asyncDispose]()
        await errorOf('an invocation after the disposal', deployment.invoke(stage.task('answer'), first), MeasurementError)
      }),
  },
  {
    name: 'a disposal ends what is under way',
    check: (contract) =>
      onStage(contract, async (stage) => {
        const deployment = await stage.deploy()
        const ended = errorOf('an invocation during the disposal', deployment.invoke(stage.task('hang'), first), MeasurementError)
        const both = Promise.all([ended, deployment[Symbol.asyncDispose]()])
        await inTime('a disposal with an invocation under way', contract.setting.promptMs, both)
      }),
  },
  {
    name: 'disposing again is fine',
    check: (contract) =>
      onStage(contract, async (stage) => {
        const deployment = await stage.deploy()
        await Promise.all([deployment[Symbol.asyncDispose](), deployment[Symbol.asyncDispose]()])
        await deployment[Symbol.asyncDispose]()
      }),
  },
  {
    name: 'a disposal leaves nothing behind',
    check: async (contract) => {
      const before = await contract.setting.remains()
      await onStage(contract, async (stage) => {
        const deployment = await stage.deploy()
        const made = await addedSince(before, contract)
        demand(made.length > 0, '"remains" of the setting must show a live deployment, and shows nothing')
        await deployment[Symbol.asyncDispose]()
      })
      await nothingAddedSince(before, 'after the disposal', contract)
    },
  },
  {
    name: 'a deployment that fails half-way leaves nothing behind',
    check: (contract) =>
      onStage(contract, async (stage) => {
        const before = await contract.setting.remains()
        await errorOf('a broken deployment', contract.setting.deployBroken(stage.request()), NetfairError)
        await nothingAddedSince(before, 'after a failed deployment', contract)
      }),
  },
  {
    name: 'a deployment that is aborted leaves nothing behind',
    check: (contract) =>
      onStage(contract, async (stage) => {
        const before = await contract.setting.remains()
        const controller = new AbortController()
        const deployed = errorOf('an aborted deployment', stage.deploy({ signal: controller.signal }), MeasurementError)
        setImmediate(() => controller.abort())
        await deployed
        await nothingAddedSince(before, 'after an aborted deployment', contract)
      }),
  },
  {
    name: 'cleanup never touches a live run',
    check: (contract) =>
      onStage(contract, async (stage) => {
        const deployment = await stage.deploy()
        const before = await contract.setting.remains()
        await contract.provider.cleanup()
        const now = await contract.setting.remains()
        const gone = before.filter((name) => !now.includes(name))
        demand(gone.length === 0, `cleanup must not touch a live run, and removed ${gone.join(', ')}`)
        completed('a task after a cleanup', await deployment.invoke(stage.task('answer'), first))
      }),
  },
  {
    name: 'cleanup removes what a killed run left behind, and says what',
    check: (contract) =>
      withAbandoned(contract, async (before) => {
        const removed = await contract.provider.cleanup()
        await nothingAddedSince(before, 'after a cleanup', contract)
        demand(removed.length > 0, 'cleanup must say what it removed, and says nothing')
      }),
  },
  {
    name: 'cleanup spares what is younger than it was asked for',
    check: (contract) =>
      withAbandoned(contract, async (before) => {
        const left = await addedSince(before, contract)
        await contract.provider.cleanup({ olderThanMs: HOUR_MS })
        const now = await contract.setting.remains()
        const gone = left.filter((name) => !now.includes(name))
        demand(gone.length === 0, `cleanup of what is older than an hour must spare the rest, and removed ${gone.join(', ')}`)
      }),
  },
]

/** After another process was killed; what it left is removed in the end if possible. */
async function withAbandoned(contract: Contract, play: (before: readonly string[]) => Promise<void>): Promise<void> {
  const { provider, setting } = contract
  const before = await setting.remains()
  await setting.abandon()
  try {
    demand(
      (await addedSince(before, contract)).length > 0,
      '"abandon" of the setting must leave something behind, and "remains" shows nothing',
    )
    await play(before)
  } finally {
    await provider.cleanup().catch(() => undefined)
  }
}
