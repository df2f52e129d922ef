import type { Capabilities, ObjectOptions, ProgramOutput } from '../model/capabilities.ts'
import { MeasurementError } from '../model/errors.ts'
import type { WorkQueue } from '../model/fixed-work.ts'
import { isAllowed } from './allowed-targets.ts'
import { list } from './check-task.ts'
import type { CommonClock } from './common-clock.ts'
import { openDownload } from './http-download.ts'
import { type ObjectSurroundings, openObjects } from './object-session.ts'
import { openTcpStream } from './tcp-stream.ts'
import { sleep } from './within.ts'

/** Runs a program to its end, or kills it when the signal is aborted. */
export type ProgramRunner = (program: 'iperf3', args: readonly string[], signal: AbortSignal) => Promise<ProgramOutput>

export interface CapabilitiesOptions {
  readonly allowedTargets: readonly string[]
  readonly clock: CommonClock
  /** Aborted at the task's deadline and at its end: nothing works afterwards. */
  readonly signal: AbortSignal
  readonly runProgram?: ProgramRunner
  /** In rounds of fixed work. */
  readonly work?: WorkQueue
  /** Where the task has objects to move. */
  readonly objects?: Pick<ObjectSurroundings, 'work' | 'secrets' | 'openClient' | 'credentials'>
}

const TIGHT_MEMORY_BYTES = 256 * 1024 * 1024

/** What a probe may do to the world in this agent: reach allowed targets, read the common clock, draw random bytes. */
export function createCapabilities({ allowedTargets, clock, signal, runProgram, work, objects }: CapabilitiesOptions): Capabilities {
  const now = () => clock.now()
  const check = (address: string) => {
    signal.throwIfAborted()
    if (!isAllowed(address, allowedTargets)) throw notAllowed(address, allowedTargets)
  }
  const isOriginAllowed = (origin: string): boolean => isAllowed(origin, allowedTargets)
  const limitBytes = process.constrainedMemory()
  const tight = limitBytes > 0 && limitBytes < TIGHT_MEMORY_BYTES
  const reads = tight ? { readBytes: 256 * 1024 } : {}
  return {
    signal,
    now,
    fromTarget: (epochMs) => clock.fromTarget(epochMs),
    async connect(address) {
      check(address)
      return openTcpStream(address, { signal, now, ...reads })
    },
    async openDownload(url, options = {}) {
      check(URL.parse(url)?.origin ?? url)
      return openDownload(url, options, { signal, now, isAllowed: isOriginAllowed, ...reads })
    },
    async until(instant) {
      for (let left = instant - now(); left > 0; left = instant - now()) await sleep(left, signal)
      signal.throwIfAborted()
    },
    randomBytes: (length) => new Uint8Array(process.getBuiltinModule('node:crypto').randomBytes(length)),
    ...(work !== undefined && { work }),
    ...(objects !== undefined && {
      async openObjects(options: ObjectOptions) {
        signal.throwIfAborted()
        return openObjects(options, { ...objects, signal, now, isAllowed: isOriginAllowed, ...reads })
      },
    }),
    ...(runProgram !== undefined && {
      async runProgram(program: 'iperf3', args: readonly string[]) {
        check(serverOf(args))
        return runProgram(program, args, signal)
      },
    }),
  }
}

/** `host:port` that the arguments of `iperf3` name. */
function serverOf(args: readonly string[]): string {
  const valueAfter = (flag: string) => args[args.indexOf(flag) + 1] ?? ''
  const host = valueAfter('-c')
  return `${host.includes(':') ? `[${host}]` : host}:${valueAfter('-p')}`
}

function notAllowed(address: string, allowed: readonly string[]): MeasurementError {
  return new MeasurementError('TARGET_NOT_ALLOWED', `The probe may not connect to ${address}; allowed: ${list(allowed)}.`, {
    hint: 'Name the address as a target of the experiment.',
  })
}
