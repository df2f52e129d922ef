/** What Lambda says of an invocation in the last lines of its log. */
export interface ReportLine {
  /** Of the handler, in milliseconds. */
  readonly durationMs: number
  /** What is paid for, in milliseconds, the initialisation of a cold start included. */
  readonly billedMs: number
  readonly maxMemoryUsedMb: number
  /** Initialisation, in milliseconds; cold starts only. */
  readonly initMs?: number
}

/**
 * Reads the `REPORT` line.
 * @param logTail as `Invoke` answers with it under `LogType: 'Tail'`: base64 of the last 4 KiB
 * @returns undefined where there is no such line
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */
export function readReportLine(logTail: string | undefined): ReportLine | undefined {
  const log = Buffer.from(logTail ?? '', 'base64').toString('utf8')
  const [, duration, billed, memory, init] = REPORT.exec(log.slice(log.lastIndexOf('REPORT RequestId: '))) ?? []
  if (duration === undefined) return undefined
  const durationMs = Number(duration)
  if (init === undefined) return { durationMs, billedMs: Number(billed), maxMemoryUsedMb: Number(memory) }
  const initMs = Number(init)
  // Since August 2025 the initialisation is billed, and part of the figure; an account or emulator that leaves it out says too little.
  const billedMs = Math.max(Number(billed), Math.ceil(durationMs + initMs))
  return { durationMs, billedMs, maxMemoryUsedMb: Number(memory), initMs }
}

const REPORT =
  /^REPORT RequestId: \S+\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: \d+ MB\tMax Memory Used: (\d+) MB(?:\tInit Duration: ([\d.]+) ms)?/
