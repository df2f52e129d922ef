import { type ChildProcess, spawn } from 'node:child_process'

export interface Sum {
  readonly bytes: number
  readonly seconds: number
  readonly bits_per_second: number
}

/** What `iperf3 -c … -J` printed, as far as the tests look at it. */
export interface RealReport {
  readonly error?: string
  readonly server_output_text?: string
  readonly end: {
    readonly sum_sent: Sum
    readonly sum_received: Sum
    readonly sum_sent_bidir_reverse: Sum
    readonly sum_received_bidir_reverse: Sum
    readonly streams: readonly { readonly sender: Sum; readonly receiver: Sum }[]
    readonly cpu_utilization_percent: { readonly remote_total: number }
  }
}

export interface RealRun {
  readonly code: number | null
  readonly report: RealReport
}

/** Runs a real iperf3 client against an address `host:port`. */
export function startRealClient(
  address: string,
  args: readonly string[],
): { readonly child: ChildProcess; readonly ended: Promise<RealRun> } {
  const [host = '', port = ''] = address.split(':')
  const child = spawn('iperf3', ['-c', host, '-p', port, '-J', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<RealRun>((resolve, reject) => {
    let text = ''
    child.once('error', reject)
    child.stdout.on('data', (chunk) => {
      text += String(chunk)
    })
    child.once('close', (code) => resolve({ code, report: text === '' ? { end: {} } : JSON.parse(text) }))
  })
  return { child, ended }
}

export const realClient = (address: string, ...args: string[]): Promise<RealRun> => startRealClient(address, args).ended
