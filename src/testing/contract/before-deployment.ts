import { isDeepStrictEqual } from 'node:util'
import { InputError, NetfairError } from '../../model/errors.ts'
import type { Demand } from '../../providers/provider.ts'
import type { Contract, Rule } from './contract-setting.ts'
import { nothingAddedSince } from './remains.ts'
import { onStage } from './stage.ts'
import { demand, errorOf } from './violation.ts'

/** What holds before anything is deployed. */
export const beforeDeployment: readonly Rule[] = [
  {
    name: 'its options are JSON without secrets',
    check: async ({ provider: { options }, setting: { secrets } }) => {
      const text = JSON.stringify(options)
      demand(isDeepStrictEqual(JSON.parse(text), options), `options must be JSON, and are not: ${text}`)
      demand(!secrets.some((secret) => text.includes(secret)), 'options must not hold secrets, and do')
    },
  },
  {
    name: 'check says where it is and makes nothing',
    check: async (contract) => {
      const { provider, setting } = contract
      const before = await setting.remains()
      const { name, environment } = await provider.check({ memoryMb: setting.memoryMb, concurrency: setting.concurrency })
      demand(name === provider.name, `check must give the name "${provider.name}", and gave "${name}"`)
      demand(isDeepStrictEqual(JSON.parse(JSON.stringify(environment)), environment), 'the environment must be JSON, and is not')
      await nothingAddedSince(before, 'after check', contract)
    },
  },
  {
    name: 'a memory size that is not offered is refused, and those that are get named',
    check: (contract) => refuses(contract, contract.setting.refused.memoryMb, { memoryMb: [contract.setting.refused.memoryMb] }),
  },
  {
    name: 'a concurrency beyond the limit is refused, and the limit named',
    check: (contract) => {
      const { refused, memoryMb } = contract.setting
      return refuses(contract, refused.concurrency, { memoryMb, concurrency: refused.concurrency })
    },
  },
  {
    name: 'what it needs and does not have is said by check, before anything is made',
    check: async (contract) => {
      const { unready, memoryMb, remains } = contract.setting
      const before = await remains()
      for (const [index, provider] of unready.entries())
        await errorOf(`check of the unready provider ${index}`, provider.check({ memoryMb: memoryMb.slice(0, 1) }), NetfairError)
      await nothingAddedSince(before, 'after a refusal', contract)
    },
  },
]

/** Both by `check` and by `deploy`, which somebody may call without it. */
async function refuses(contract: Contract, value: number, wanted: Demand): Promise<void> {
  const { provider, setting } = contract
  named(value, await errorOf(`check with ${value}`, provider.check(wanted), InputError))
  await onStage(contract, async (stage) => {
    const before = await setting.remains()
    const { memoryMb: [memoryMb] = setting.memoryMb, concurrency = 1 } = wanted
    const deployed = stage.deploy({ memoryMb: memoryMb ?? setting.memoryMb[0], concurrency })
    named(value, await errorOf(`deploy with ${value}`, deployed, InputError))
    await nothingAddedSince(before, 'after a refusal', contract)
  })
}

/** The message must say what was given and another number: what is allowed. */
function named(value: number, { message, hint }: InputError): void {
  const numbers: readonly string[] = `${message} ${hint}`.replaceAll(/(?<=\d),(?=\d{3})/g, '').match(/\d+(\.\d+)?/g) ?? []
  demand(numbers.includes(String(value)), `a refusal must name the value ${value}, and says: ${message}`)
  demand(
    numbers.some((number) => number !== String(value)),
    `a refusal must name what is allowed, and says: ${message} ${hint}`,
  )
}
