import { MeasurementError } from '../../model/errors.ts'

/** What iperf3's error numbers mean, for those that a server sends; the others are shown as numbers. */
const MEANINGS: ReadonlyMap<number, string> = new Map([
  [5, 'test duration too long'],
  [6, 'number of parallel streams too large'],
  [7, 'block size too large'],
  [12, 'time to omit too long'],
  [27, 'total rate above the limit of the server'],
  [28, 'test lasts longer than the server allows'],
  [109, 'control connection closed unexpectedly'],
  [114, 'parameters not understood'],
  [117, 'results not understood'],
  [118, 'waiting for the streams failed'],
  [123, 'maximum segment size cannot be set'],
  [124, 'socket buffer cannot be set'],
  [125, 'type of service cannot be set'],
  [131, 'unknown protocol'],
  [134, 'congestion control cannot be set'],
  [200, 'stream cannot be created'],
  [204, 'stream cannot be accepted'],
  [205, 'writing to a stream failed'],
  [206, 'reading from a stream failed'],
])

/** The error behind the state byte SERVER_ERROR: two 32-bit numbers, big-endian, iperf3's and the system's. */
export function serverError(detail: Uint8Array): MeasurementError {
  const view = new DataView(detail.buffer, detail.byteOffset, detail.byteLength)
  const code = view.getInt32(0)
  const errno = view.getInt32(4)
  const meaning = MEANINGS.get(code) ?? 'see the output of the server'
  return new MeasurementError('SERVER_ERROR', `The iperf3 server ended the test with error ${code} (${meaning}), errno ${errno}.`, {
    hint: 'Change what the test asks for, or look at the output of the server.',
  })
}
