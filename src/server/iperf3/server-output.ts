import type { Agreement } from './agreement.ts'
import type { Measured } from './measured.ts'

/** What a client with `--get-server-output` shows: a table like iperf3's own, and what was not applied. */
export function serverOutput(peer: string, agreement: Agreement, measured: Measured): string {
  const rows = measured.streams.map(({ id, bytes, sender }) => row(String(id).padStart(3), bytes, measured.seconds, sender))
  const total = (sender: boolean): string[] => {
    const streams = measured.streams.filter((stream) => stream.sender === sender)
    const bytes = streams.reduce((sum, stream) => sum + stream.bytes, 0)
    return streams.length > 1 ? [row('SUM', bytes, measured.seconds, sender)] : []
  }
  return [
    '-----------------------------------------------------------',
    `netfair target, connection from ${peer}`,
    ...(agreement.title === undefined ? [] : [`Title: ${agreement.title}`]),
    '[ ID] Interval           Transfer      Bitrate',
    ...rows,
    ...total(false),
    ...total(true),
    `CPU Utilization: local/${agreement.mode === 'download' ? 'sender' : 'receiver'} ${measured.cpu.totalPercent.toFixed(1)}%`,
    ...(agreement.notApplied.length > 0 ? [`Not applied by this server: ${agreement.notApplied.join(' ')}`] : []),
    '-----------------------------------------------------------',
  ].join('\n')
}

function row(id: string, bytes: number, seconds: number, sender: boolean): string {
  const interval = `0.00-${seconds.toFixed(2)}`.padEnd(11)
  const megabytes = (bytes / 2 ** 20).toFixed(2).padStart(9)
  const megabits = (seconds > 0 ? (bytes * 8) / seconds / 1e6 : 0).toFixed(2).padStart(9)
  return `[${id}]   ${interval} sec ${megabytes} MBytes ${megabits} Mbits/sec   ${sender ? 'sender' : 'receiver'}`
}
