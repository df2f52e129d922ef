import { inspect } from 'node:util'
import { NetfairError } from '../../model/errors.ts'
import type { Contract, Rule } from './contract-setting.ts'
import { first, onStage, type Stage } from './stage.ts'
import { demand, failureOf, failureWithin } from './violation.ts'

/** What holds for everything that a provider says. */
export const disclosure: readonly Rule[] = [
  {
    name: 'every error has a code and a hint',
    check: (contract) =>
      onStage(contract, async (stage) => {
        for (const error of await errorsOf(contract, stage)) {
          if (!(error instanceof NetfairError)) continue // that it is one is the matter of other clauses
          const { code, message, hint } = error
          demand(/^[A-Z][A-Z0-9_]+$/.test(code), `a code must be upper-case words with underscores, and is "${code}": ${message}`)
          demand(hint.trim() !== '', `an error must have a hint, and ${code} has none: ${message}`)
        }
      }),
  },
  {
    name: 'secrets show in no error and no sample',
    check: (contract) =>
      onStage(contract, async (stage) => {
        const deployment = await stage.deploy()
        const tasks = [stage.task('answer'), stage.task('fail'), stage.task('answer', {}, `${stage.secret}0`)]
        const said: unknown[] = await errorsOf(contract, stage)
        for (const task of tasks) said.push(await deployment.invoke(task, first).catch((error: unknown) => error))
        said.push(await contract.provider.check())
        const secrets = [stage.secret, stage.target.token, ...contract.setting.secrets].filter((secret) => secret !== undefined)
        for (const thing of said) {
          const text = inspect(thing, { depth: Number.POSITIVE_INFINITY, maxStringLength: null, maxArrayLength: null })
          const shown = secrets.findIndex((secret) => text.includes(secret))
          const redacted = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text)
          demand(shown === -1, `a secret must show nowhere, and does: ${redacted.slice(0, 500)}`)
        }
      }),
  },
]

/** Errors of all kinds that can be brought about. */
async function errorsOf({ provider, setting }: Contract, stage: Stage): Promise<unknown[]> {
  const { refused, unready, promptMs } = setting
  const deployment = await stage.deploy()
  const errors = [
    await failureOf(deployment.invoke(stage.task('die'), first)),
    await failureWithin(promptMs, deployment.invoke(stage.task('hang'), { ...first, signal: AbortSignal.abort() })),
    await deployment[Symbol.asyncDispose]().then(() => failureOf(deployment.invoke(stage.task('answer'), first))),
    await failureOf(provider.check({ memoryMb: [refused.memoryMb] })),
    await failureOf(stage.deploy({ concurrency: refused.concurrency })),
    await failureOf(setting.deployBroken(stage.request())),
    ...(await Promise.all(unready.map((other) => failureOf(other.check())))),
  ]
  return errors.filter((error) => error !== undefined)
}
