import { existsSync, readFileSync } from 'node:fs'
import type { Health } from '../model/target.ts'

/** Bytes of all interfaces but loopback, from the text of `/proc/net/dev`. */
export function interfaceCounters(text: string): { readonly name: string; readonly receivedBytes: number; readonly sentBytes: number }[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', rest = ''] = /^\s*([^\s:]+):(.*)$/.exec(line) ?? []
    const fields = rest.trim().split(/\s+/).map(Number)
    const [receivedBytes = Number.NaN, sentBytes = Number.NaN] = [fields[0], fields[8]]
    return name === '' || name === 'lo' || Number.isNaN(receivedBytes + sentBytes) ? [] : { name, receivedBytes, sentBytes }
  })
}

/** Counters of this network namespace. The speed counts only where real devices state it: a veth claims a made-up one. */
export function networkInterfaces(): Health['nic'] {
  const counters = interfaceCounters(read('/proc/net/dev'))
  const sum = (key: 'receivedBytes' | 'sentBytes'): number => counters.reduce((total, counter) => total + counter[key], 0)
  const speeds = counters
    .filter(({ name }) => existsSync(`/sys/class/net/${name}/device`))
    .map(({ name }) => Number(read(`/sys/class/net/${name}/speed`)))
  const megabits = speeds.filter((speed) => speed > 0).reduce((total, speed) => total + speed, 0)
  return { receivedBytes: sum('receivedBytes'), sentBytes: sum('sentBytes'), ...(megabits > 0 && { speedBitsPerSecond: megabits * 1e6 }) }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
