import { type Bar, Presets, SingleBar } from 'cli-progress'
import type { Factors } from '../model/journal-record.ts'
import type { RunEvent } from '../run/event.ts'

/** Shows a run to a person, on standard error. */
export interface Progress {
  show(event: RunEvent): void
  /** Takes the bar away. */
  stop(): void
}

/** A bar at a terminal, plain lines elsewhere, nothing when quiet. */
export function createProgress({
  quiet = false,
  stream = process.stderr,
}: {
  quiet?: boolean
  stream?: NodeJS.WriteStream
} = {}): Progress {
  if (quiet) return { show: () => undefined, stop: () => undefined }
  return stream.isTTY ? barProgress(stream) : lineProgress(stream)
}

function lineProgress(stream: NodeJS.WriteStream): Progress {
  return {
    show: (event) => {
      const line = describe(event)
      if (line !== undefined) stream.write(`${line}\n`)
    },
    stop: () => undefined,
  }
}

function barProgress(stream: NodeJS.WriteStream): Progress {
  let bar: Bar | undefined
  const stop = () => {
    bar?.stop()
    bar = undefined
  }
  return {
    stop,
    show: (event) => {
      if (event.kind === 'round-started') {
        bar ??= startBar(stream, event.rounds, event.done)
        bar.update(event.done, { cell: cellOf(event.round), left: duration(event.remainingMs) })
        return
      }
      if (event.kind === 'round-ended') {
        bar?.update(event.done)
        return
      }
      stop()
      const line = describe(event)
      if (line !== undefined) stream.write(`${line}\n`)
    },
  }
}

function startBar(stream: NodeJS.WriteStream, rounds: number, done: number): Bar {
  const format = '{bar} {value}/{total} rounds · {cell} · {left} left'
  const bar = new SingleBar({ stream, format, hideCursor: true, clearOnComplete: true, barsize: 24 }, Presets.shades_classic)
  bar.start(rounds, done, { cell: '', left: '' })
  return bar
}

/** One line for an event; undefined where there is nothing to say. */
function describe(event: RunEvent): string | undefined {
  switch (event.kind) {
    case 'tier':
      return describeTier(event)
    case 'waiting':
      return `Waiting: another netfair run (${event.holder}) is using this host.`
    case 'planned': {
      const resumed = event.alreadyDone > 0 ? `, ${event.alreadyDone} of them done before` : ''
      const [rounds, time] = event.atMost ? ['At most ', 'at most'] : ['', 'about']
      return `${rounds}${event.rounds} rounds${resumed}, ${time} ${duration(event.expectedMs)}. Journal: ${event.journal}`
    }
    case 'deploying':
      return `Deploying ${deployedOf(event)} …`
    case 'deployed':
      return `Deployed ${deployedOf(event)} in ${(event.elapsedMs / 1000).toFixed(1)} s.`
    case 'rehearsing':
      return `Rehearsing: ${event.rounds} rounds that do not count …`
    case 'round-started':
      return undefined
    case 'round-repeated': {
      const { concurrency } = event.round
      return `Once more ${cellOf(event.round)}: ${concurrency} invocations ran in ${event.instances} instances`
    }
    case 'round-ended': {
      const failed = event.failed > 0 ? `, ${event.failed} samples failed` : ''
      return `${event.done}/${event.rounds} ${cellOf(event.round)}${failed}`
    }
    case 'contention':
      return `Contention test ${event.test} (of ${event.tests} at most): ${event.senders} of ${event.functions} functions send`
    case 'finished':
      return `Measured ${event.rounds} rounds in ${duration(event.elapsedMs)}${event.failed > 0 ? `; ${event.failed} samples failed` : ''}.`
    case 'kept':
      return `The journal is kept: ${event.journal}`
    default:
      return event satisfies never
  }
}

function describeTier({ tier, refused }: Extract<RunEvent, { kind: 'tier' }>): string {
  const why = Object.entries(refused).map(([better, missing]) => `\n  Not ${better}, for want of ${missing}.`)
  const more = why.length > 0 ? '\n  `netfair providers` says what to do.' : ''
  return `Tier ${tier}: ${cannotTell[tier]}.${why.join('')}${more}`
}

const cannotTell: Readonly<Record<Extract<RunEvent, { kind: 'tier' }>['tier'], string>> = {
  privileged: 'network, CPU and memory as asked for',
  rootless: 'the network is real; CPU and memory have no limits, so nothing is said about them',
  plain: 'processes on loopback, so every verdict about the network is withheld',
}

function cellOf({ memoryMb, concurrency, direction, factors, repetition }: Extract<RunEvent, { kind: 'round-ended' }>['round']): string {
  return `${direction}, ${memoryMb} MB, n = ${concurrency}${levelsOf(factors)}, repetition ${repetition + 1}`
}

function deployedOf({ memoryMb, concurrency, factors }: Extract<RunEvent, { kind: 'deploying' | 'deployed' }>): string {
  return `${concurrency} functions at ${memoryMb} MB${levelsOf(factors)}`
}

const levelsOf = (factors: Factors): string =>
  Object.entries(factors)
    .map(([name, value]) => `, ${name} ${value}`)
    .join('')

function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  return seconds < 90 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
