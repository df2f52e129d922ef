/** A signal ended the run; what was measured is in the journal. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
  /** 130 for SIGINT, 143 for SIGTERM. */
  readonly exitCode: number

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`${signal}: ended cleanly.`)
    this.exitCode = signal === 'SIGINT' ? 130 : 143
  }
}

/** Runs `work` with a signal that Ctrl-C and SIGTERM abort. The library itself installs no signal handlers. */
export async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController()
  const onInterrupt = () => controller.abort(new Interruption('SIGINT'))
  const onTerminate = () => controller.abort(new Interruption('SIGTERM'))
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate)
  try {
    return await work(controller.signal)
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate)
  }
}
