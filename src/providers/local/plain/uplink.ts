import { Worker } from 'node:worker_threads'
import { MeasurementError } from '../../../model/errors.ts'
import type { FromUplink, ToUplink, UplinkSetup } from './uplink-message.ts'

/** What a function's ports are asked with. */
type PortsRequest = Omit<Extract<ToUplink, { kind: 'open' }>, 'kind'>

/** The uplinks of all hosts, from the run's side. */
export class Uplink {
  readonly #worker: Worker
  readonly #waiting = new Map<string, PromiseWithResolvers<readonly number[]>>()
  #failure: string | undefined

  constructor(setup: UplinkSetup) {
    // The same from the sources and as built.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    this.#worker = new Worker(new URL(`./uplink-worker.${extension}`, import.meta.url), { workerData: setup, execArgv: [] })
    this.#worker.on('message', (message: FromUplink) => this.#receive(message))
    this.#worker.on('error', (error) => this.#fail(error instanceof Error ? error.message : String(error)))
    this.#worker.on('exit', () => this.#fail('it has ended'))
  }

  /**
   * Gives a function ports of its own.
   * @returns one for each port of the target
   * @throws MeasurementError `UPLINK_FAILED`
   */
  open(request: PortsRequest): Promise<readonly number[]> {
    if (this.#failure !== undefined) return Promise.reject(failed(this.#failure))
    const opened = Promise.withResolvers<readonly number[]>()
    this.#waiting.set(request.name, opened)
    this.#send({ kind: 'open', ...request })
    return opened.promise
  }

  /** Takes a function's ports away, with all their connections. */
  release(name: string): void {
    if (this.#failure === undefined) this.#send({ kind: 'close', name })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #send(message: ToUplink): void {
    this.#worker.postMessage(message)
  }

  #receive(message: FromUplink): void {
    const waiting = this.#waiting.get(message.name)
    this.#waiting.delete(message.name)
    if (message.kind === 'opened') waiting?.resolve(message.ports)
    else waiting?.reject(failed(message.message))
  }

  #fail(reason: string): void {
    this.#failure ??= reason
    for (const { reject } of this.#waiting.values()) reject(failed(this.#failure))
    this.#waiting.clear()
  }
}

function failed(reason: string): MeasurementError {
  return new MeasurementError('UPLINK_FAILED', `The uplink in user space does not work: ${reason}.`, {
    hint: 'Run again; where it fails again, see whether this machine is out of ports or file descriptors.',
  })
}
