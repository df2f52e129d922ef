import { State } from '../../probes/iperf3/wire.ts'

/** Numbers that real clients turn into text (checked against iperf3 3.12). */
export const IperfError = {
  /** "test duration too long" */
  duration: 5,
  /** "number of parallel streams too large" */
  streams: 6,
  /** "block size too large" */
  blockSize: 7,
  /** "bogus value for --omit" */
  omit: 12,
  /** "total required bandwidth is larger than server limit" */
  totalRate: 27,
  /** "unable to receive parameters from client" */
  parameters: 114,
  /** "unable to receive results" */
  results: 117,
  /** "protocol does not exist" */
  protocol: 131,
} as const
export type IperfError = (typeof IperfError)[keyof typeof IperfError]

/** Why a test does not go on. The client is told; without a reason it is only dropped. */
export class Refusal extends Error {
  readonly reason: IperfError | 'access-denied'

  constructor(reason: IperfError | 'access-denied') {
    super(`refused: ${reason}`)
    this.reason = reason
  }

  /** What goes on the control connection: a state byte, for errors with iperf's number and an errno (none). */
  encode(): Uint8Array {
    if (this.reason === 'access-denied') return Uint8Array.of(State.accessDenied & 0xff)
    const message = new DataView(new ArrayBuffer(9))
    message.setInt8(0, State.serverError)
    message.setInt32(1, this.reason)
    return new Uint8Array(message.buffer)
  }
}
