/** What Lambda says of an invocation in the last lines of its log. */
export interface ReportLine {
  /** Of the handler, in milliseconds. */
  readonly durationMs: number
  /** What is paid for, in milliseconds, the initialisation of a cold start included. */
  readonly billedMs: number
  readonly maxMemoryUsedMb?: number
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
  const line = log.match(/^REPORT RequestId: .*$/gm)?.at(-1)
  if (line === undefined) return undefined
  const parts = line.split('\t')
  const figure = (name: string): number | undefined => {
    const part = parts.find((text) => text.startsWith(`${name}: `))
    const value = Number.parseFloat(part?.slice(name.length + 2) ?? '')
    return Number.isFinite(value) ? value : undefined
  }
  const durationMs = figure('Duration')
  const billed = figure('Billed Duration')
  if (durationMs === undefined || billed === undefined) return undefined
  const initMs = figure('Init Duration')
  const maxMemoryUsedMb = figure('Max Memory Used')
  // Since August 2025 the initialisation is billed, and part of the figure; an account or emulator that leaves it out says too little.
  const billedMs = initMs === undefined ? billed : Math.max(billed, Math.ceil(durationMs + initMs))
  return { durationMs, billedMs, ...(maxMemoryUsedMb !== undefined && { maxMemoryUsedMb }), ...(initMs !== undefined && { initMs }) }
}
