import type { Capabilities, TcpStream } from '../../model/capabilities.ts'
import { MeasurementError } from '../../model/errors.ts'
import { ControlConnection } from './control-connection.ts'
import { type Moved, moveBytes } from './move-bytes.ts'
import { directionsOf, type Iperf3Request, notApplied, parametersOf } from './request.ts'
import { parseResults, resultsOf } from './results.ts'
import { cookieBytes, encodeCookie, type Results, State } from './wire.ts'

/** What one test gave. Times on the common clock. */
export interface Iperf3Result extends Moved {
  readonly request: Iperf3Request
  readonly cookie: string
  /** What the server counted, after the omitted part. */
  readonly serverResults: Results
  /** Options that were asked for and that this side cannot apply. */
  readonly notApplied: readonly string[]
}

/** A test that is agreed with the server and waits for its start. */
export interface PreparedTest {
  /**
   * Begins the test (opens the last stream, or says go to a server that holds), moves the bytes, exchanges results and ends the test.
   * @throws MeasurementError as {@link prepareTest}
   */
  start(): Promise<Iperf3Result>
  /** Gives up. Idempotent. */
  close(): void
}

/** A server begins when the last stream comes, so that one is opened at the start; a server that holds has them all before. */
interface OpenTest {
  readonly request: Iperf3Request
  readonly capabilities: Capabilities
  readonly cookie: string
  readonly control: ControlConnection
  readonly streams: TcpStream[]
}

const STEP_TIMEOUT_MS = 10_000

/**
 * Agrees on a test with an iperf3 server, real or netfair's, up to the point where it begins.
 * @throws MeasurementError `TARGET_UNREACHABLE`; `TARGET_REFUSED` (busy, or wrong token); `SERVER_ERROR`; `TARGET_GONE`;
 *   `TARGET_SILENT`; `PROTOCOL_ERROR`
 */
export async function prepareTest(request: Iperf3Request, capabilities: Capabilities): Promise<PreparedTest> {
  const { address, stepTimeoutMs = STEP_TIMEOUT_MS } = request
  const cookie = encodeCookie(capabilities.randomBytes(36))
  const control = new ControlConnection(await capabilities.connect(address), address, stepTimeoutMs)
  const test: OpenTest = { request, capabilities, cookie, control, streams: [] }
  try {
    await control.send(cookieBytes(cookie))
    await control.expect(State.paramExchange)
    await control.sendMessage(parametersOf(request))
    await control.expect(State.createStreams)
    const early = directionsOf(request).length - (request.hold ? 0 : 1)
    while (test.streams.length < early) await openStream(test)
    if (request.hold) await control.expect(State.testStart)
  } catch (error) {
    close(test)
    throw error
  }
  return { start: () => runTest(test), close: () => close(test) }
}

async function openStream({ request, capabilities, cookie, streams }: OpenTest): Promise<void> {
  const stream = await capabilities.connect(request.address)
  streams.push(stream)
  await stream.send(cookieBytes(cookie))
}

async function runTest(test: OpenTest): Promise<Iperf3Result> {
  const { control } = test
  const startedAtMs = test.capabilities.now()
  try {
    await begin(test)
    const moved = await moveBytes({ ...test, startedAtMs })
    await control.sendState(State.testEnd)
    await control.expect(State.exchangeResults)
    await control.sendMessage(resultsOf(moved.streams, (moved.endedAtMs - moved.countedFromMs) / 1000, moved.cpu))
    const serverResults = parseResults(await control.receiveMessage())
    await control.expect(State.displayResults)
    await control.sendState(State.iperfDone)
    const { request, cookie } = test
    return { request, cookie, ...moved, serverResults, notApplied: notApplied(request) }
  } finally {
    close(test)
  }
}

async function begin(test: OpenTest): Promise<void> {
  const { control, request } = test
  if (request.hold) {
    if ((await control.arrived()) !== undefined) throw foreign(request.address)
    await control.sendState(State.testRunning)
  } else {
    await openStream(test)
    await control.expect(State.testStart)
  }
  await control.expect(State.testRunning)
}

function foreign(address: string): MeasurementError {
  return new MeasurementError('TARGET_FOREIGN', `The iperf3 server ${address} began before the agreed start: it is not netfair's.`, {
    hint: 'Give the iperf3 address that `netfair serve` prints.',
  })
}

function close({ control, streams }: OpenTest): void {
  for (const stream of streams) stream.close()
  control.close()
}
