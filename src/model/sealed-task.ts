import type { Task } from './task.ts'

/** A task before it is sealed. */
export type TaskContent = Omit<Task, 'seal'>

/** The task with its seal: HMAC-SHA-256 of all that it says, by the secret that its agents were deployed with. */
export function sealTask(content: TaskContent, secret: string): Task {
  const { seal: _, ...unsealed } = content as Task
  return { ...unsealed, seal: sealOf(unsealed, secret) }
}

/** Whether the seal was made with this secret, of this content. The time it takes says nothing about either. */
export function isSealedWith(secret: string, { seal, ...content }: Task): boolean {
  const given = Buffer.from(seal)
  const expected = Buffer.from(sealOf(content, secret))
  return secret !== '' && given.length === expected.length && crypto().timingSafeEqual(given, expected)
}

function sealOf(content: TaskContent, secret: string): string {
  return crypto().createHmac('sha256', secret).update(canonical(content)).digest('base64url')
}

/** JSON with sorted keys: the same before and after a platform has carried it. */
function canonical(content: TaskContent): string {
  return JSON.stringify(content, (_, value: unknown) => (isRecord(value) ? Object.fromEntries(Object.entries(value).sort(byKey)) : value))
}

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1)

// Loaded at the first task: 5 ms of CPU that an agent's start does not need.
const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto')
