import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { isProcessAlive, startTimeOf } from '../process-life.ts'

/**
 * Tags of everything that netfair makes in an account; keys and values that all three clouds take (lower case, digits, hyphens, 63
 * characters). A reaper finds what is netfair's by the first, and whether a run still needs it by the others.
 */
export interface OwnershipTags {
  readonly 'netfair-run': string
  /** `<machine>-<pid>-<start time>` of the process that runs it; the machine is a hash. */
  readonly 'netfair-owner': string
  /** Epoch seconds when it was made. */
  readonly 'netfair-made': string
  /** Epoch seconds when its run will have ended at the latest. */
  readonly 'netfair-until': string
}

export const RUN_TAG = 'netfair-run'

/** How long a run may last that does not say. */
const LEASE_MS = 6 * 3_600_000

export interface Ownership {
  readonly runId: string
  readonly endsBeforeMs?: number
}

/** Tags of what this process makes now. */
export function ownershipTags({ runId, endsBeforeMs }: Ownership, nowMs: number = Date.now()): OwnershipTags {
  return {
    [RUN_TAG]: runId
      .toLowerCase()
      .replace(/[^a-z0-9-]/g, '-')
      .slice(0, 63),
    'netfair-owner': `${thisMachine()}-${process.pid}-${startTimeOf(process.pid) ?? '0'}`,
    'netfair-made': seconds(nowMs),
    'netfair-until': seconds(endsBeforeMs ?? nowMs + LEASE_MS),
  }
}

/**
 * Whether a reaper may remove what carries these tags: its run's process on this machine is dead; made elsewhere, its time is over.
 * What is not netfair's, or says nothing that can be read, is never abandoned.
 */
export function isAbandoned(
  tags: Readonly<Record<string, string | undefined>>,
  { olderThanMs = 0, nowMs = Date.now() }: { readonly olderThanMs?: number | undefined; readonly nowMs?: number } = {},
): boolean {
  const made = Number(tags['netfair-made'])
  const until = Number(tags['netfair-until'])
  if (tags[RUN_TAG] === undefined || !(made > 0) || !(until > 0)) return false
  // Tags carry whole seconds.
  if (nowMs - made * 1000 < olderThanMs) return false
  const [, machine, pid, startTime] = /^([0-9a-f]+)-(\d+)-(\d+)$/.exec(tags['netfair-owner'] ?? '') ?? []
  if (machine === thisMachine() && pid !== undefined && startTime !== undefined) return !isProcessAlive(Number(pid), startTime)
  return until * 1000 <= nowMs
}

/** Name of the function of one size (and one level of each factor that its provider sets): lower case, ≤ 50 characters, the same at every call. */
export function functionName(runId: string, memoryMb: number, levels: readonly string[] = []): string {
  const run = createHash('sha256').update(runId).digest('hex').slice(0, 12)
  return ['netfair', run, memoryMb, ...levels].join('-')
}

const seconds = (ms: number): string => String(Math.floor(ms / 1000))

/** Tells apart machines, boots and PID namespaces (two containers of one host see different processes). Nothing can be read back from it. */
function thisMachine(): string {
  const facts = [
    hostname(),
    read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    read(() => readlinkSync('/proc/self/ns/pid')),
  ]
  return createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16)
}

function read(fact: () => string): string {
  try {
    return fact()
  } catch {
    return ''
  }
}
