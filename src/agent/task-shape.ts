import { InputError } from '../model/errors.ts'
import type { Task } from '../model/task.ts'

type Rule = readonly [allowed: string, holds: (value: unknown) => boolean]

const text: Rule = ['a text that is not empty', (value) => typeof value === 'string' && value !== '']
const count: Rule = ['an integer of at least 0', (value) => Number.isSafeInteger(value) && (value as number) >= 0]
const positive: Rule = ['a number above 0', (value) => Number.isFinite(value) && (value as number) > 0]
const optionalText: Rule = ['a text', (value) => value === undefined || typeof value === 'string']

const RULES: Readonly<Record<string, Rule>> = {
  seal: text,
  expiresAtMs: positive,
  run: text,
  round: text,
  attempt: count,
  invocation: count,
  concurrency: positive,
  direction: ['download, upload or both', (value) => ['download', 'upload', 'both'].includes(value as string)],
  'probe.name': text,
  'probe.version': text,
  'probe.params': ['an object', (value) => typeof value === 'object' && value !== null],
  'probe.module': optionalText,
  'target.iperf3': text,
  'target.http': text,
  'target.token': optionalText,
  targetIndex: count,
  'rendezvous.iperf3': text,
  'rendezvous.http': text,
  'rendezvous.token': optionalText,
  readyTimeoutMs: positive,
  deadlineMs: positive,
}

/**
 * Makes sure that what came in is a task at all.
 * @throws InputError `TASK_MALFORMED` that names the key and what is allowed, never the value: it may be a secret
 */
export function checkTaskShape(task: unknown): asserts task is Task {
  for (const [path, [allowed, holds]] of Object.entries(RULES)) {
    let value: unknown = task
    for (const key of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[key]
    if (holds(value)) continue
    throw new InputError('TASK_MALFORMED', `The task cannot be used: "${path}" must be ${allowed}, and is not.`, {
      hint: 'Let the run and the agent come from the same version of netfair.',
    })
  }
}
