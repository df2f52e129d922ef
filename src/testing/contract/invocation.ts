import { randomUUID } from 'node:crypto'
import { MeasurementError } from '../../model/errors.ts'
import type { Task } from '../../model/task.ts'
import type { Deployment, InvocationResult } from '../../providers/provider.ts'
import type { Contract, Rule } from './contract-setting.ts'
import { completed, first, onStage, type Stage } from './stage.ts'
import { demand, errorOf, inTime } from './violation.ts'

const STUCK_DEADLINE_MS = 2000
const BEFORE_ABORT_MS = 100

/** What holds while a deployment lives. */
export const invocation: readonly Rule[] = [
  {
    name: 'a deployment of each memory size says its size and answers',
    check: (contract) =>
      onStage(contract, async (stage) => {
        for (const memoryMb of contract.setting.memoryMb) {
          const deployment = await stage.deploy({ memoryMb })
          demand(deployment.memoryMb === memoryMb, `a deployment of ${memoryMb} MB must say so, and says ${deployment.memoryMb}`)
          completed(`a task at ${memoryMb} MB`, await deployment.invoke(stage.task('answer'), first))
        }
      }),
  },
  {
    name: 'n invocations at once run in n instances',
    check: (contract) =>
      atOnce(contract, (results) => {
        const instances = new Set(results.flatMap(({ samples }) => samples.map(({ instance }) => instance)))
        demand(
          instances.size === results.length,
          `${results.length} invocations at once must run in as many instances, not ${instances.size}`,
        )
      }),
  },
  {
    name: 'every invocation gets the answer to its own task',
    check: (contract) =>
      atOnce(contract, (results) => {
        const answered = results.map(({ samples }) => samples.map((sample) => sample.invocation).join())
        const right = answered.every((invocations, index) => invocations === String(index))
        demand(right, `invocations 0 to ${results.length - 1} must get their own samples, and got those of ${answered.join('; ')}`)
      }),
  },
  {
    name: 'a task with another secret is refused',
    check: (contract) =>
      onDeployment(contract, async (stage, deployment) => {
        const task = stage.task('answer', {}, `${stage.secret}0`)
        const samples = await deployment.invoke(task, first).then((result) => result.samples, refusal)
        demand(!samples.some(({ outcome }) => outcome === 'completed'), 'a task with another secret must not be measured, and was')
      }),
  },
  {
    name: 'a probe that fails is a sample',
    check: (contract) =>
      onDeployment(contract, async (stage, deployment) => {
        const { samples } = await deployment.invoke(stage.task('fail'), first)
        const outcomes = samples.map(({ outcome }) => outcome)
        demand(outcomes.join() === 'failed', `a probe that fails must give one failed sample, and gave: ${outcomes.join(', ') || 'none'}`)
      }),
  },
  {
    name: 'an agent that dies is a MeasurementError',
    check: (contract) =>
      onDeployment(contract, async (stage, deployment) => {
        await errorOf('an invocation whose agent dies', deployment.invoke(stage.task('die'), first), MeasurementError)
      }),
  },
  {
    name: 'after an agent died the next task is answered',
    check: (contract) =>
      onDeployment(contract, async (stage, deployment) => {
        await deployment.invoke(stage.task('die'), first).catch(refusal)
        completed('the task after a death', await deployment.invoke(stage.task('answer'), first))
      }),
  },
  {
    name: 'an abort ends an invocation at once',
    check: (contract) =>
      onDeployment(contract, async (stage, deployment) => {
        const signal = AbortSignal.timeout(BEFORE_ABORT_MS)
        const invoked = deployment.invoke(stage.task('hang'), { ...first, signal })
        const limit = BEFORE_ABORT_MS + contract.setting.promptMs
        await inTime('an aborted invocation', limit, errorOf('an aborted invocation', invoked, MeasurementError))
      }),
  },
  {
    name: 'a stuck agent is given up after the deadline',
    check: (contract) =>
      onDeployment(contract, async (stage, deployment) => {
        const task = stage.task('block', { deadlineMs: STUCK_DEADLINE_MS })
        const limit = STUCK_DEADLINE_MS + contract.setting.graceMs
        await inTime('an invocation whose agent is stuck', limit, deployment.invoke(task, first).catch(refusal))
      }),
  },
  {
    name: 'billed time is said where time is billed, and only there',
    check: (contract) =>
      onDeployment(contract, async (stage, deployment) => {
        const { billedMs } = await deployment.invoke(stage.task('answer'), first)
        const right = contract.setting.billed ? billedMs !== undefined && Number.isFinite(billedMs) && billedMs > 0 : billedMs === undefined
        demand(right, `billedMs must be ${contract.setting.billed ? 'above 0' : 'absent'}, and is ${billedMs}`)
      }),
  },
]

function onDeployment(contract: Contract, play: (stage: Stage, deployment: Deployment) => Promise<void>): Promise<void> {
  return onStage(contract, async (stage) => play(stage, await stage.deploy()))
}

/** So many tasks that meet at the rendezvous, each measured. */
function atOnce(contract: Contract, look: (results: readonly InvocationResult[]) => void): Promise<void> {
  return onDeployment(contract, async (stage, deployment) => {
    const { concurrency } = contract.setting
    const round = randomUUID() // a target of the setting sees the rounds of all clauses
    const tasks = Array.from({ length: concurrency }, (_, index): Task => stage.task('answer', { round, invocation: index, concurrency }))
    const results = await Promise.all(tasks.map((task) => deployment.invoke(task, first)))
    for (const result of results) completed('a task among several at once', result)
    look(results)
  })
}

/** An error says as well as failed samples that nothing was measured. */
function refusal(error: unknown): readonly never[] {
  if (error instanceof Error) return []
  throw error
}
