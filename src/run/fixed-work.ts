import { InputError } from '../model/errors.ts'
import type { FixedWork } from '../model/fixed-work.ts'
import type { Direction, RoundDirection } from '../model/journal-record.ts'
import type { Probe } from '../model/probe.ts'

/**
 * A fixed amount of bytes that all functions of a round move together, in chunks. What the probe's parameters say about time and bytes does not
 * count then.
 */
export interface WorkOptions {
  /** How many chunks, 1–100,000; at least as many as the highest concurrency. */
  readonly chunks: number
  /** Bytes of each, 1–10^12. Where the probe's bytes lie in an object store: the size of its objects. */
  readonly chunkBytes: number
  /**
   * `pull` (default): n invocations, each takes the next chunk from the target until none is left. `one-per-invocation`: each chunk is an
   * invocation of its own, n of them at once.
   */
  readonly mode?: FixedWork['mode']
}

export const workSchema: Readonly<Record<string, unknown>> = {
  type: 'object',
  required: ['chunks', 'chunkBytes'],
  properties: {
    chunks: { type: 'integer', minimum: 1, maximum: 100_000 },
    chunkBytes: { type: 'integer', minimum: 1, maximum: 1e12 },
    mode: { enum: ['pull', 'one-per-invocation'] },
  },
  additionalProperties: false,
  description: 'For example {chunks: 100, chunkBytes: 10e6, mode: "pull"}; mode is "pull" or "one-per-invocation".',
}

interface Surroundings {
  readonly probe: Probe
  readonly direction: readonly RoundDirection[]
  readonly concurrency: readonly number[]
  readonly factors: object
}

/**
 * @throws InputError `WORK_PROBE` where the probe cannot move chunks in a direction; `INVALID_OPTION`: more functions than chunks, or objects of
 *   another size
 */
export function checkedWork(options: WorkOptions, { probe, direction, concurrency, factors }: Surroundings): FixedWork {
  const { chunks, chunkBytes, mode = 'pull' } = options
  const unable = direction.find((way) => !(probe.fixedWork ?? []).includes(way as Direction))
  if (unable !== undefined)
    throw new InputError('WORK_PROBE', `experiment: the probe ${probe.name} cannot move a fixed work in the direction "${unable}".`, {
      hint: 'Take objectDownload(), objectUpload() or httpDownload(), and one direction at a time.',
    })
  const most = Math.max(...concurrency)
  if (most > chunks)
    throw new InputError('INVALID_OPTION', `experiment: "concurrency" goes up to ${most}, but "work.chunks" is ${chunks}.`, {
      hint: 'Give more chunks, or fewer functions: each must have at least one.',
    })
  const { objects } = probe
  if (objects !== undefined && (objects.chunkBytes !== chunkBytes || 'chunkBytes' in factors))
    throw new InputError(
      'INVALID_OPTION',
      `experiment: "work.chunkBytes" is ${chunkBytes}, but the objects of ${probe.name} have ${objects.chunkBytes} bytes.`,
      { hint: 'Give both the same size, and no factor "chunkBytes".' },
    )
  return { mode, chunks, chunkBytes }
}

/** For plans and quotes: what a function moves, in bits per second. The paper's functions of 128 MB moved 76 Mbit/s. */
export const usualBitsPerSecond = 100e6
/** For deadlines: what all functions together move at least, in bits per second. */
const slowestBitsPerSecond = 20e6

/** How long a round moves bytes, in milliseconds; an estimate. */
export function expectedWorkMs({ chunks, chunkBytes }: FixedWork, concurrency: number, bitsPerSecond: number = usualBitsPerSecond): number {
  return Math.ceil(chunks / concurrency) * ((8000 * chunkBytes) / bitsPerSecond)
}

/** How long n functions may take for so many chunks together, in milliseconds. */
export function longestWorkMs({ chunkBytes }: FixedWork, chunks: number): number {
  return Math.max(5000, (8000 * chunks * chunkBytes) / slowestBitsPerSecond)
}
