import { describe, expect, test } from 'vitest'
import { ExpectationError } from '../../../src/model/errors.ts'
import { providerContract } from '../../../src/testing/index.ts'
import { type Fault, Toy } from './toy-provider.ts'

/** Names of the clauses that a toy with this fault breaks; anything else that goes wrong is thrown. */
async function brokenBy(fault?: Fault): Promise<string[]> {
  const { provider, setting } = new Toy(fault)
  const broken: string[] = []
  for (const { name, run } of providerContract(provider, setting)) {
    const error: unknown = await run().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (error !== undefined && !(error instanceof ExpectationError)) throw new Error(`${name}: ${error}`, { cause: error })
    if (error !== undefined) broken.push(name)
  }
  return broken
}

const caught: Readonly<Record<Fault, string>> = {
  'options with a secret': 'its options are JSON without secrets',
  'check that makes': 'check says where it is and makes nothing',
  'any memory size': 'a memory size that is not offered is refused, and those that are get named',
  'any concurrency': 'a concurrency beyond the limit is refused, and the limit named',
  'ready without credentials': 'what it needs and does not have is said by check, before anything is made',
  'one memory size for all': 'a deployment of each memory size says its size and answers',
  'one instance for all': 'n invocations at once run in n instances',
  'answers mixed up': 'every invocation gets the answer to its own task',
  'any secret': 'a task with another secret is refused',
  'failed probe thrown': 'a probe that fails is a sample',
  'death as a result': 'an agent that dies is a MeasurementError',
  'dead for good': 'after an agent died the next task is answered',
  'deaf to aborts': 'an abort ends an invocation at once',
  'waits for ever': 'a stuck agent is given up after the deadline',
  'nothing billed': 'billed time is said where time is billed, and only there',
  'answers after disposal': 'an invocation after the disposal is refused',
  'disposal waits': 'a disposal ends what is under way',
  'disposal only once': 'disposing again is fine',
  'disposal forgets': 'a disposal leaves nothing behind',
  'failed deployment stays': 'a deployment that fails half-way leaves nothing behind',
  'aborted deployment stays': 'a deployment that is aborted leaves nothing behind',
  'cleanup of everything': 'cleanup never touches a live run',
  'cleanup of nothing': 'cleanup removes what a killed run left behind, and says what',
  'cleanup of all ages': 'cleanup spares what is younger than it was asked for',
  'no hints': 'every error has a code and a hint',
  talkative: 'secrets show in no error and no sample',
}

test('a provider without fault keeps all clauses', async () => {
  expect(await brokenBy()).toEqual([])
})

describe('a fault is caught by its clause and no other', () => {
  test.concurrent.each(Object.entries(caught) as [Fault, string][])('%s', async (fault, clause) => {
    expect(await brokenBy(fault)).toEqual([clause])
  })
})

test('every clause catches a fault', () => {
  const { provider, setting } = new Toy()
  expect(providerContract(provider, setting).map(({ name }) => name)).toEqual(Object.values(caught))
})
